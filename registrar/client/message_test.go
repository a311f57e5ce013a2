package client_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// user is a client whose answers come out of a channel.
func (s *scope) user(answers chan<- client.Data) *client.Client {
	s.t.Helper()
	c, err := client.Open(client.Config{
		Transport:  s.network.Transport(hostPU),
		Registrars: []transport.Address{at(hostA, asapPort)},
		Received:   func(d client.Data) { answers <- d },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.clients = append(s.clients, c)
	return c
}

func ids(list []client.PEHandle) (out []wire.PEIdentifier) {
	for _, h := range list {
		out = append(out, h.ID)
	}
	slices.Sort(out)
	return out
}

// Messages to a pool, with the options of RFC 5352 section 6.5.5. ASAP-6.3-14,
// ASAP-6.5-04, ASAP-6.5-06
func TestSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		for id := wire.PEIdentifier(1); id <= 3; id++ {
			s.element(id, counting)
		}
		answers := make(chan client.Data, 10)
		pu := s.user(answers)
		pool := client.PEHandle{Pool: "EchoPool"}
		for _, test := range []struct {
			name    string
			to      client.PEHandle
			options endpoint.SendOptions
			want    []wire.PEIdentifier
		}{
			{"by policy", pool, 0, []wire.PEIdentifier{1}},
			{"to one element", client.PEHandle{Pool: "EchoPool", ID: 3}, 0, []wire.PEIdentifier{3}},
			{"to the last", pool, endpoint.SendToLast, []wire.PEIdentifier{3}},
			{"to all", pool, endpoint.SendToAll, []wire.PEIdentifier{1, 2, 3}},
		} {
			reached, err := pu.Send(t.Context(), test.to, []byte("x"), test.options)
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			var from []client.PEHandle
			for range test.want {
				d := <-answers
				from = append(from, d.From)
				if d.Transport.Port == 0 || !strings.Contains(string(d.Data), " x ") {
					t.Errorf("%s: answer %q of %+v", test.name, d.Data, d.Transport)
				}
			}
			if diff := cmp.Diff([][]wire.PEIdentifier{test.want, test.want}, [][]wire.PEIdentifier{ids(reached), ids(from)}); diff != "" {
				t.Errorf("%s: reached and answering (-want +got):\n%s", test.name, diff)
			}
		}
		s.kill(1)
		pass(2 * time.Minute) // its connection has ended; the pool's cache has, too
		var none *endpoint.NoElementError
		gone := client.PEHandle{Pool: "EchoPool", ID: 1}
		if reached, err := pu.Send(t.Context(), gone, []byte("x"), endpoint.SendNoFailover); !errors.As(err, &none) || len(reached) != 0 {
			t.Errorf("without failover: %v, %v", reached, err)
		}
		if reached, err := pu.Send(t.Context(), gone, []byte("x"), endpoint.SendFailover); err != nil || len(reached) != 1 || reached[0].ID == 1 {
			t.Errorf("with failover: %v, %v", reached, err)
		}
		<-answers
	})
}

// A message to a transport address goes there and nowhere else. ASAP-6.5-07
func TestSendTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		s.element(1, counting)
		answers := make(chan client.Data, 1)
		pu := s.user(answers)
		res, err := pu.Resolve(t.Context(), "EchoPool", 1)
		if err != nil {
			t.Fatal(err)
		}
		to := res.Elements[0].UserTransport
		if err := pu.SendTo(t.Context(), to, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if d := <-answers; d.From != (client.PEHandle{}) || d.Transport.Port != to.Port || string(d.Data) != "1 x 1" {
			t.Errorf("answer %+v", d)
		}
		to.Port++
		began := time.Now()
		if err := pu.SendTo(t.Context(), to, []byte("x")); err == nil || !strings.Contains(err.Error(), "refused") || time.Since(began) != 0 {
			t.Errorf("to a port where nobody is: %v after %v", err, time.Since(began))
		}
		if err := pu.SendTo(t.Context(), wire.Transport{Type: wire.TypeDCCPTransport, Port: 1, Addresses: to.Addresses}, []byte("x")); err == nil || !strings.Contains(err.Error(), "only SCTP, TCP and UDP") {
			t.Errorf("over DCCP: %v", err)
		}
		var size *client.SizeError
		if err := pu.SendTo(t.Context(), to, make([]byte, transport.MaxMessage+1)); !errors.As(err, &size) {
			t.Errorf("a message that is too long: %v", err)
		}
		if err := pu.SendTo(t.Context(), to, nil); !errors.Is(err, transport.ErrEmpty) {
			t.Errorf("an empty message: %v", err)
		}
	})
}
