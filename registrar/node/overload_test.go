package node_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/wire"
)

// Under a flood of resolutions, with turns that take long, registrations and keep-alives
// are answered and no element is lost; each resolution has one answer, a refusal mostly;
// and soon after the flood all is as before.
//
// SEC-27: service for others goes on.
func TestOverload(t *testing.T) { bothWays(t, testOverload) }

func testOverload(t *testing.T, over func(transport.Transport) transport.Transport) {
	const (
		elements = 20
		users    = 40
		depth    = 4 // more would wait for the lock of who takes a turn, which virtual time does not know
		flood    = 5 * time.Second
	)
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		c := config(network, idA, hostA)
		c.Transport = over(c.Transport)
		c.Registrar.KeepAliveInterval, c.Registrar.KeepAliveTimeout = 2*time.Second, time.Second
		a := start(t, c)
		for id := wire.PEIdentifier(1); id <= elements; id++ {
			pe := dial(t, network, hostPE, at(hostA, asapPort))
			pe.register("EchoPool", id)
			go pe.acknowledge(id)
		}

		answers := make(chan outcome, users)
		for range users {
			pu := dial(t, network, hostPU, at(hostA, asapPort))
			go func() { answers <- pu.flood(depth, flood) }()
		}
		busy := dial(t, network, hostPE, at(hostA, asapPort))
		for end := time.Now().Add(flood); time.Now().Before(end); {
			a.stall.Store(int64(150 * time.Millisecond)) // behind the turn that publishes a registration
			asked := time.Now()
			busy.send(registration("BusyPool", 1, hostPE))
			for answered := false; !answered; {
				switch m := busy.receive().(type) {
				case asap.EndpointKeepAlive:
					busy.send(asap.EndpointKeepAliveAck{Handle: m.Handle, ID: 1})
				case asap.RegistrationResponse:
					answered = true
				default:
					t.Fatalf("busy gets %+v, want a keep-alive or the answer", m)
				}
			}
			if took := time.Since(asked); took > time.Second {
				t.Fatalf("a registration took %v in an overload", took)
			}
		}
		go busy.acknowledge(1)
		if !slices.Contains(a.events(), "overload.begun") {
			t.Errorf("events are %v, want overload.begun among them", a.events())
		}
		var all outcome
		for range users {
			got := <-answers
			all.answered += got.answered
			all.refused += got.refused
		}
		if all.refused == 0 || all.answered == 0 {
			t.Errorf("%d answers and %d refusals, want some of each", all.answered, all.refused)
		}
		time.Sleep(5 * time.Second)
		if !slices.Contains(a.events(), "overload.ended") {
			t.Errorf("events are %v, want overload.ended among them 5 s after the flood", a.events())
		}
		m, err := a.Measures(t.Context())
		if err != nil || m.Overloaded || m.Tally.Shed != uint64(all.refused) || m.Counters.ByUnreachable > 0 {
			t.Errorf("error %v, overloaded %v, %d refusals counted of %d, %d elements lost",
				err, m.Overloaded, m.Tally.Shed, all.refused, m.Counters.ByUnreachable)
		}
		pu := dial(t, network, hostPU, at(hostA, asapPort))
		pu.send(asap.HandleResolution{Handle: "EchoPool"})
		if r, ok := pu.receive().(asap.HandleResolutionResponse); !ok || len(r.Elements) != elements {
			t.Errorf("after the overload the answer is %+v, want all %d elements", r, elements)
		}
	})
}

// acknowledge answers the keep-alives to an element until the association ends.
func (s script) acknowledge(id wire.PEIdentifier) {
	for {
		m, err := s.Recv(context.Background())
		if err != nil {
			return
		}
		d, err := asap.Parse(m.Data)
		if k, ok := d.Message.(asap.EndpointKeepAlive); ok && err == nil {
			s.send(asap.EndpointKeepAliveAck{Handle: k.Handle, ID: id})
		}
	}
}

type outcome struct{ answered, refused int }

// refusal is what a resolution of EchoPool gets in an overload: the pool handle, and an
// operation error of cause 6, lack of resources (RFC 5352 section 2.2.6).
var refusal = []byte("\x06\x00\x00\x18" + "\x00\x09\x00\x0cEchoPool" + "\x00\x0c\x00\x08" + "\x00\x06\x00\x04")

// flood asks for a time, depth questions at once, and wants one answer to each.
func (s script) flood(depth int, long time.Duration) (o outcome) {
	question := transport.Message{PPID: transport.PPIDASAP, Data: encode(s.t, asap.HandleResolution{Handle: "EchoPool"})}
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for range depth {
			if err := s.Send(context.Background(), question); err != nil {
				s.t.Error(err)
				return o
			}
		}
		for range depth {
			m, err := s.Recv(context.Background())
			switch {
			case err != nil:
				s.t.Error(err)
				return o
			case bytes.Equal(m.Data, refusal):
				o.refused++
			default:
				o.answered++
			}
		}
	}
	return o
}
