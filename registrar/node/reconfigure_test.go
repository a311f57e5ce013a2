package node_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/feed"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/wire"
)

// but is the table of identities without some.
func but(gone ...string) func(transport.Peer) (registrar.Credential, bool) {
	return func(p transport.Peer) (registrar.Credential, bool) {
		if slices.Contains(gone, p.Identity) {
			return registrar.Credential{}, false
		}
		return identify(p)
	}
}

// SEC-04: who is not in the table any more is ended, and refused when it comes again;
// nobody else is disturbed, and a bad peer changes nothing at all.
func TestReconfigureIdentities(t *testing.T) {
	wildcard := transport.Address{Port: enrpPort}
	for _, tt := range []struct {
		name  string
		s     node.Settings
		wrong bool
		ends  bool // the element's association
	}{
		{"the same", node.Settings{Identify: identify}, false, false},
		{"the element is gone", node.Settings{Identify: but("PE")}, false, true},
		{"the element is gone, and a peer is none", node.Settings{Identify: but("PE"), Peers: []transport.Address{wildcard}}, true, false},
		{"the element has another pool", node.Settings{Identify: func(p transport.Peer) (registrar.Credential, bool) {
			c, known := identify(p)
			if p.Identity == "PE" {
				c.Pools = []wire.PoolHandle{"Other"}
			}
			return c, known
		}}, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := memory.NewNetwork()
				a := start(t, securedConfig(network, idA, hostA, "A"))
				start(t, securedConfig(network, idB, hostB, "B", hostA))
				network.Secure(hostPE, "PE")
				network.Secure(hostPU, "")
				settle()
				pe, user := dial(t, network, hostPE, at(hostA, asapPort)), dial(t, network, hostPU, at(hostA, asapPort))
				pe.register("EchoPool", 0x77)
				if err := a.Reconfigure(t.Context(), tt.s); (err != nil) != tt.wrong {
					t.Errorf("error %v, want one: %t", err, tt.wrong)
				}
				synctest.Wait()
				select {
				case <-pe.Done():
					if !tt.ends || !errors.Is(pe.Err(), transport.ErrAborted) {
						t.Errorf("the element's association ended with %v, want an end: %t", pe.Err(), tt.ends)
					}
					again := dial(t, network, hostPE, at(hostA, asapPort))
					again.send(registration("EchoPool", 0x78, hostPE))
					if m, ok := again.receive().(asap.RegistrationResponse); !ok || !m.Reject {
						t.Errorf("answer %+v to a registration, want it refused", m)
					}
				default:
					if tt.ends {
						t.Error("the element's association goes on")
					}
				}
				user.send(asap.HandleResolution{Handle: "EchoPool"})
				user.receive()
				events := a.events()
				if told := slices.Contains(events, "association.revoked"); told != tt.ends {
					t.Errorf("events %v, association.revoked in them: %t, want %t", events, told, tt.ends)
				}
				if told := slices.Contains(events, "config.reloaded"); told == tt.wrong {
					t.Errorf("events %v, config.reloaded in them: %t", events, told)
				}
				if slices.Contains(events, "peer.suspect") {
					t.Errorf("events %v: the peer was disturbed", events)
				}
			})
		})
	}
}

func TestReconfigurePeers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		a, b := start(t, config(network, idA, hostA)), start(t, config(network, idB, hostB))
		settle()
		if err := a.Reconfigure(t.Context(), node.Settings{Peers: []transport.Address{at(hostB, enrpPort)}, What: "log-level"}); err != nil {
			t.Fatal(err)
		}
		settle()
		for _, r := range []*running{a, b} {
			if !slices.Contains(r.events(), "peer.discovered") {
				t.Errorf("%v does not know the other: events %v", r.ID(), r.events())
			}
		}
		if !slices.ContainsFunc(a.published(), func(m feed.Message) bool {
			e, ok := m.(feed.Event)
			return ok && e.Name == "config.reloaded" && strings.HasPrefix(e.Text, "log-level, peer 192.0.2.2:9901")
		}) {
			t.Errorf("events %v, want what has changed", a.events())
		}
	})
}

func TestReconfigureStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := start(t, config(memory.NewNetwork(), idA, hostA))
		if err := a.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := a.Reconfigure(t.Context(), node.Settings{}); !errors.Is(err, node.ErrStopped) {
			t.Errorf("error %v, want ErrStopped", err)
		}
	})
}
