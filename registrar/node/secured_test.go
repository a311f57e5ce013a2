package node_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/wire"
)

// identify is the table of identities of a scope.
func identify(p transport.Peer) (registrar.Credential, bool) {
	c, ok := map[string]registrar.Credential{
		"A":  {Role: registrar.RoleRegistrar, Server: idA},
		"B":  {Role: registrar.RoleRegistrar, Server: idB},
		"PE": {Role: registrar.RoleElement, Pools: []wire.PoolHandle{"EchoPool"}},
	}[p.Identity]
	return c, ok
}

// securedConfig is config for a registrar that proves an identity, and demands that
// others do.
func securedConfig(network *memory.Network, id wire.ServerID, host netip.Addr, identity string, peers ...netip.Addr) node.Config {
	network.Secure(host, identity)
	c := config(network, id, host, peers...)
	c.Registrar.Secured, c.Identify = true, identify
	return c
}

// SEC-04 SEC-05 SEC-10 SEC-11: a secured scope serves its members, and no others.
func TestSecuredScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		a := start(t, securedConfig(network, idA, hostA, "A"))
		b := start(t, securedConfig(network, idB, hostB, "B", hostA))
		settle()
		network.Secure(hostPE, "PE")
		pe := dial(t, network, hostPE, at(hostA, asapPort))
		pe.register("EchoPool", 0x77)
		synctest.Wait()
		if got, want := b.updates("EchoPool", 0x77), []enrp.Action{enrp.AddPE}; !cmp.Equal(got, want) {
			t.Errorf("B published the updates %v, want %v", got, want)
		}
		pe.send(registration("secret", 0x78, hostPE))
		if m, ok := pe.receive().(asap.RegistrationResponse); !ok || !m.Reject || m.Causes[0].Code != wire.CauseRejectedSecurity {
			t.Errorf("answer %+v of a pool that is not its own, want a refusal with cause 0xa", m)
		}
		for _, tt := range []struct {
			name   string
			secure func(host netip.Addr)
			want   int
		}{
			{"plain", func(netip.Addr) {}, 0},
			{"anonymous", func(host netip.Addr) { network.Secure(host, "") }, 1},
			{"unknown", func(host netip.Addr) { network.Secure(host, "nobody") }, 1},
		} {
			tt.secure(hostPU)
			pu := dial(t, network, hostPU, at(hostB, asapPort))
			pu.send(asap.HandleResolution{Handle: "EchoPool"})
			if m, ok := pu.receive().(asap.HandleResolutionResponse); !ok || len(m.Elements) != tt.want {
				t.Errorf("%s: B resolves to %+v, want %d elements", tt.name, m, tt.want)
			}
			stranger := dial(t, network, hostPU, at(hostA, enrpPort))
			<-stranger.Done()
			if !errors.Is(stranger.Err(), transport.ErrAborted) {
				t.Errorf("%s: ENRP association ended with %v, want an abort", tt.name, stranger.Err())
			}
		}
		if got := a.logged(); strings.Count(got, "association.refused") != 3 {
			t.Errorf("log of A:\n%s\nwant 3 associations refused", got)
		}
	})
}

// listening is a transport whose listeners' Refused and Full can be called.
type listening struct {
	transport.Transport
	mu      sync.Mutex
	refused []func(from netip.AddrPort, why error)
	full    []func(halfOpen bool)
}

func (l *listening) Listen(c transport.Config) (transport.Listener, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused, l.full = append(l.refused, c.Refused), append(l.full, c.Full)
	return l.Transport.Listen(c)
}

// Those whom the transport turns away are noted: ten a second, and how many more.
func TestTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config(memory.NewNetwork(), idA, hostA)
		l := &listening{Transport: c.Transport}
		c.Transport = l
		a := start(t, c)
		settle()
		from := netip.AddrPortFrom(hostPE, 7)
		flood := func(n int) {
			var callers sync.WaitGroup
			for i := range n {
				callers.Go(func() { l.refused[i%2](from, errors.New("its key is wrong")) })
			}
			callers.Wait()
			synctest.Wait()
		}
		texts := func() (list []string) {
			for _, m := range a.published() {
				if e, ok := m.(feed.Event); ok && e.Name == "association.refused" {
					list = append(list, e.Text)
				}
			}
			return list
		}
		flood(1000)
		if got := texts(); len(got) != 10 || !strings.Contains(got[0], "from 192.0.2.7:7 refused: its key is wrong") {
			t.Errorf("%d events %q, want 10 that say who and why", len(got), got)
		}
		<-time.After(time.Second) // virtual time
		flood(1)
		if got := texts(); len(got) != 11 || !strings.Contains(got[10], "(990 more") {
			t.Errorf("after a second %q, want one more with the number of those left out", got[10:])
		}
		if got := strings.Count(a.logged(), "level=WARN msg=association.refused"); got != 11 {
			t.Errorf("%d warnings in the log, want 11", got)
		}
		if err := a.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		flood(20) // a transport may be late
	})
}

// What a transport says is lost while the node has more to do, and is counted.
func TestTurnedAwayWhileBusy(t *testing.T) {
	if got := node.TurnAway(2*node.HeardLimit, 3); got != 3 {
		t.Errorf("%d counted as left out, want 3", got)
	}
	if got := node.TurnAway(0, 3); got != 0 {
		t.Errorf("%d counted as left out, want none", got)
	}
}
