package node_test

import (
	"context"
	"errors"
	"slices"
	"strings"
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

// settle lets start-up timers pass.
func settle() {
	<-time.After(time.Minute) // virtual time
	synctest.Wait()
}

func TestRegistrationReachesPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		a := start(t, config(network, idA, hostA))
		b := start(t, config(network, idB, hostB, hostA))
		settle()
		if !a.Ready() || !b.Ready() {
			t.Fatalf("ready: A %t, B %t, want both", a.Ready(), b.Ready())
		}
		pe := dial(t, network, hostPE, at(hostA, asapPort))
		pe.register("EchoPool", 0x77)
		synctest.Wait()
		if got, want := b.updates("EchoPool", 0x77), []enrp.Action{enrp.AddPE}; !cmp.Equal(got, want) {
			t.Errorf("B published the updates %v, want %v", got, want)
		}
		pu := dial(t, network, hostPU, at(hostB, asapPort))
		pu.send(asap.HandleResolution{Handle: "EchoPool"})
		answer, ok := pu.receive().(asap.HandleResolutionResponse)
		if !ok || len(answer.Elements) != 1 || answer.Elements[0].HomeServer != idA {
			t.Errorf("B resolves to %+v, want the element of A", answer)
		}
	})
}

// PAR-4-12
func TestForeignPayload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		a := start(t, config(network, idA, hostA))
		message := encode(t, registration("EchoPool", 0x77, hostPE))
		pe := dial(t, network, hostPE, at(hostA, asapPort))
		for _, ppid := range []uint32{0, transport.PPIDENRP, 46} {
			pe.sendRaw(ppid, message)
		}
		pe.silent()
		registrarPort := dial(t, network, hostPE, at(hostA, enrpPort))
		registrarPort.sendRaw(transport.PPIDASAP, message)
		registrarPort.silent()
		m, err := a.Measures(t.Context())
		if want := [2]uint64{registrar.ASAP: 3, registrar.ENRP: 1}; err != nil || m.Foreign != want {
			t.Errorf("%v foreign messages counted, error %v, want %v", m.Foreign, err, want)
		}
		if got := a.updates("EchoPool", 0x77); got != nil {
			t.Errorf("updates %v out of foreign messages, want none", got)
		}
		pe.register("EchoPool", 0x77)
	})
}

func TestENRPLeavesFromItsPort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		peer, err := network.Transport(hostB).Listen(transport.Config{Local: transport.Address{Port: enrpPort}})
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		start(t, config(network, idA, hostA, hostB))
		a, err := peer.Accept(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Peer().Port; got != enrpPort {
			t.Errorf("the association comes from port %d, want %d", got, enrpPort)
		}
	})
}

func TestKeepAliveIsDialledFromASAPPort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		start(t, config(network, idA, hostA))
		element, err := network.Transport(hostPE).Listen(transport.Config{Local: transport.Address{Port: 40112}})
		if err != nil {
			t.Fatal(err)
		}
		defer element.Close()
		first, err := element.Dial(context.Background(), at(hostA, asapPort))
		if err != nil {
			t.Fatal(err)
		}
		script{t, first, transport.PPIDASAP}.register("EchoPool", 0x77)
		if err := first.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		second, err := element.Accept(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got := second.Peer().Port; got != asapPort {
			t.Errorf("the association comes from port %d, want %d", got, asapPort)
		}
		if m, ok := (script{t, second, transport.PPIDASAP}).receive().(asap.EndpointKeepAlive); !ok || m.Handle != "EchoPool" {
			t.Errorf("the registrar sends %+v, want a keep-alive for EchoPool", m)
		}
	})
}

func TestSlowPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		a := start(t, config(network, idA, hostA))
		pe := dial(t, network, hostPE, at(hostA, asapPort))
		for id := wire.PEIdentifier(1); id <= 200; id++ {
			pe.register("EchoPool", id)
		}
		slow := dial(t, network, hostPU, at(hostA, asapPort))
		question := encode(t, asap.HandleResolution{Handle: "EchoPool"})
		for slow.Err() == nil {
			if err := slow.Send(context.Background(), transport.Message{PPID: transport.PPIDASAP, Data: question}); err != nil {
				break
			}
			synctest.Wait()
		}
		<-slow.Done()
		synctest.Wait()
		if !errors.Is(slow.Err(), transport.ErrAborted) {
			t.Errorf("the slow association ended with %v, want %v", slow.Err(), transport.ErrAborted)
		}
		if !slices.Contains(a.events(), "association.slow") {
			t.Errorf("events are %v, want association.slow among them", a.events())
		}
		if !strings.Contains(a.logged(), "level=WARN msg=association.slow") {
			t.Error("no warning about the slow association in the log")
		}
		pe.register("EchoPool", 201) // everybody else is served
	})
}

func TestDeregister(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		a := start(t, config(network, idA, hostA))
		b := start(t, config(network, idB, hostB, hostA))
		settle()
		pe := dial(t, network, hostPE, at(hostA, asapPort))
		pe.register("EchoPool", 0x77)
		synctest.Wait()
		tests := []struct {
			name string
			at   *running
			id   wire.PEIdentifier
			want registrar.Deregistered
		}{
			{"no such element", a, 0x78, registrar.Deregistered{Outcome: registrar.NotFound}},
			{"owned by a peer", b, 0x77, registrar.Deregistered{Outcome: registrar.OwnedByPeer, HomeServer: idA}},
			{"own", a, 0x77, registrar.Deregistered{Outcome: registrar.Removed, Told: 1, Peers: 1}},
			{"gone", a, 0x77, registrar.Deregistered{Outcome: registrar.NotFound}},
		}
		for _, tt := range tests {
			got, err := tt.at.Deregister(t.Context(), registrar.Deregister{Handle: "EchoPool", ID: tt.id, Reason: "test"})
			if err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			got.Request, tt.want.Request = 0, 0
			if tt.want.HomeServer == 0 {
				got.HomeServer = 0
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
			// Who has the answer finds what it says.
			if got.Outcome == registrar.Removed && !slices.Contains(a.updates("EchoPool", 0x77), enrp.DelPE) {
				t.Errorf("%s: answered before it was published", tt.name)
			}
		}
		synctest.Wait()
		if got, want := b.updates("EchoPool", 0x77), []enrp.Action{enrp.AddPE, enrp.DelPE}; !cmp.Equal(got, want) {
			t.Errorf("B published the updates %v, want %v", got, want)
		}
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		a := start(t, config(network, idA, hostA))
		b := start(t, config(network, idB, hostB, hostA))
		settle()
		pe := dial(t, network, hostPE, at(hostA, asapPort))
		pe.register("EchoPool", 0x77)
		began := time.Now()
		if err := a.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		// The element listens nowhere, so that nobody can take it over.
		if took, limit := time.Since(began), node.DefaultDrainTimeout; took > limit {
			t.Errorf("Stop took %v, want at most %v", took, limit)
		}
		<-a.Done()
		if a.Err() != nil || a.Ready() {
			t.Errorf("after Stop: Err %v, Ready %t, want nil and false", a.Err(), a.Ready())
		}
		<-pe.Done()
		if !errors.Is(pe.Err(), transport.ErrShutdown) {
			t.Errorf("the element's association ended with %v, want %v", pe.Err(), transport.ErrShutdown)
		}
		synctest.Wait()
		if got, want := b.updates("EchoPool", 0x77), []enrp.Action{enrp.AddPE}; !cmp.Equal(got, want) {
			t.Errorf("B published the updates %v, want %v: a stop removes nothing", got, want)
		}
		if _, err := a.Deregister(context.Background(), registrar.Deregister{Handle: "EchoPool", ID: 0x77}); !errors.Is(err, node.ErrStopped) {
			t.Errorf("Deregister after Stop: %v, want %v", err, node.ErrStopped)
		}
		if err := a.Stop(context.Background()); err != nil {
			t.Errorf("second Stop: %v, want nil", err)
		}
		start(t, config(network, idA, hostA)) // the ports are free again
	})
}

// A peer that does not answer the shutdown delays the end by DrainTimeout at
// most, and not at all when the caller has no more time.
func TestStopIsBounded(t *testing.T) {
	tests := []struct {
		name     string
		patience time.Duration
		took     time.Duration
		want     error
	}{
		{"drain timeout", time.Hour, 3 * time.Second, nil},
		{"context", time.Second, time.Second, context.DeadlineExceeded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := memory.NewNetwork()
				c := config(network, idA, hostA)
				c.DrainTimeout = 3 * time.Second
				a := start(t, c)
				pe := dial(t, network, hostPE, at(hostA, asapPort))
				pe.register("EchoPool", 0x77)
				network.Cut(hostA, hostPE)
				ctx, cancel := context.WithTimeout(context.Background(), tt.patience)
				defer cancel()
				began := time.Now()
				if err := a.Stop(ctx); !errors.Is(err, tt.want) {
					t.Errorf("Stop: %v, want %v", err, tt.want)
				}
				if took := time.Since(began); took != tt.took {
					t.Errorf("Stop took %v, want %v", took, tt.took)
				}
				if log := a.logged(); !strings.Contains(log, "association.undrained") || !strings.Contains(log, hostPE.String()) {
					t.Error("the log does not say who delayed the end")
				}
			})
		})
	}
}

func TestContextEndsNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		n, err := node.Start(ctx, config(memory.NewNetwork(), idA, hostA))
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		<-n.Done()
		if n.Err() != nil {
			t.Errorf("Err is %v, want nil: it was asked for", n.Err())
		}
	})
}

func TestUnreachablePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := start(t, config(memory.NewNetwork(), idA, hostA, hostB))
		settle()
		if !a.Ready() {
			t.Error("not ready a minute after the start, want service without the peer")
		}
		if !strings.Contains(a.logged(), "level=WARN") {
			t.Error("no warning about the peer in the log")
		}
	})
}

// Changes come in the batches of their turns, events among them at their place.
func TestPublish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		a := start(t, config(network, idA, hostA))
		synctest.Wait()
		if _, ok := a.published()[0].(feed.RegistrarState); !ok {
			t.Errorf("the first change is %T, want feed.RegistrarState", a.published()[0])
		}
		before := a.batches
		pe := dial(t, network, hostPE, at(hostA, asapPort))
		pe.register("EchoPool", 0x77)
		synctest.Wait()
		if !slices.Contains(a.events(), "element.registered") {
			t.Errorf("events are %v, want element.registered among them", a.events())
		}
		if a.batches <= before || a.batches > before+2 { // the association, the registration
			t.Errorf("%d batches for one registration, want 1 or 2", a.batches-before)
		}
	})
}
