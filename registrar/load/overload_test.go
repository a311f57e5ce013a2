package load_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/load"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/wire"
)

// frail is a registrar that takes a millisecond for each answer, refuses resolutions for
// a time, and then has lost one element of each pool.
type frail struct {
	listener        transport.Listener
	refuses, listed time.Time // from, until
}

// serve answers all associations until the listener is closed.
func (f *frail) serve() {
	for {
		a, err := f.listener.Accept(context.Background())
		if err != nil {
			return
		}
		go f.answer(a)
	}
}

func (f *frail) answer(a transport.Association) {
	for {
		in, err := a.Recv(context.Background())
		if err != nil {
			return
		}
		time.Sleep(time.Millisecond)
		d, err := asap.Parse(in.Data)
		if err != nil {
			return
		}
		var m asap.Message
		switch q := d.Message.(type) {
		case asap.Registration:
			m = asap.RegistrationResponse{Handle: q.Handle, ID: q.Element.ID}
		case asap.Deregistration:
			m = asap.DeregistrationResponse{Handle: q.Handle, ID: q.ID}
		case asap.HandleResolution:
			m = f.resolve(q)
		}
		data, err := asap.Append(nil, m)
		if err != nil || a.Send(context.Background(), transport.Message{PPID: transport.PPIDASAP, Data: data}) != nil {
			return
		}
	}
}

func (f *frail) resolve(q asap.HandleResolution) asap.HandleResolutionResponse {
	r := asap.HandleResolutionResponse{Handle: q.Handle}
	now := time.Now()
	if now.After(f.refuses) && now.Before(f.listed) {
		r.Causes = []wire.Cause{{Code: wire.CauseLackOfResources}}
		return r
	}
	many := 10
	if now.After(f.listed) {
		many--
	}
	r.Policy = wire.Policy{Type: wire.RoundRobin}
	for id := range wire.PEIdentifier(many) {
		r.Elements = append(r.Elements, wire.PoolElement{
			ID: id + 1, Policy: r.Policy,
			UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: []netip.Addr{here}},
		})
	}
	return r
}

// What a flood does to a registrar is seen from beside it: who is refused until when, and
// who is lost.
func TestOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		l, err := network.Transport(server).Listen(transport.Config{Local: transport.Address{Port: 3863}})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		f := &frail{listener: l, refuses: start.Add(10 * time.Second), listed: start.Add(17 * time.Second)}
		go f.serve()
		o := options(t, network, "")
		o.Duration = 10 * time.Second // after 5 s of calm
		out, err := load.Overload(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		var names []string
		for _, p := range out.Phases {
			names = append(names, p.Name)
			refused := p.Errors["refused: 0x0006 lack of resources"]
			if in := p.Name == "flood" || p.Name == "after"; in != (refused > 0) || p.Requests == 0 {
				t.Errorf("%s: %d answers and %d refusals, want refusals in the flood and after it alone", p.Name, p.Requests, refused)
			}
		}
		if got, want := strings.Join(names, " "), "register calm flood meanwhile after deregister"; got != want {
			t.Errorf("phases %s, want %s", got, want)
		}
		if out.Before != 40 || out.After != 36 || out.Recovered < 1500*time.Millisecond || out.Recovered > 2*time.Second {
			t.Errorf("%d elements, then %d, refused until %v after the flood; want 40, 36 and a little less than 2 s", out.Before, out.After, out.Recovered)
		}
	})
}
