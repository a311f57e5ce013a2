package client_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/wire"
)

const enrpPort = 9901

func startNode(t *testing.T, network *memory.Network, id wire.ServerID, host netip.Addr, peers ...netip.Addr) *node.Node {
	t.Helper()
	cfg := node.Config{
		Registrar: registrar.DefaultConfig(),
		Transport: network.Transport(host),
		ASAP:      []transport.Address{{Port: asapPort}},
		ENRP:      []transport.Address{{Port: enrpPort}},
	}
	cfg.Registrar.ID = id
	for _, p := range peers {
		cfg.Peers = append(cfg.Peers, at(p, enrpPort))
	}
	n, err := node.Start(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return n
}

// Elements and a user at a real registrar, for an hour of registrations and
// keep-alives.
func TestWithNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		n := startNode(t, network, 0xa, hostA)
		pass(time.Minute) // until it serves
		pe, pu := open(t, network, hostPE, hostA), open(t, network, hostPU, hostA)
		defer closeClient(t, pu)
		var told events
		for id := wire.PEIdentifier(1); id <= 3; id++ {
			e := echo(roundRobin)
			e.ID, e.Notify = id, told.notify
			if _, err := pe.Register(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		pass(time.Hour)
		if home := told.last().Home; home.Server != n.ID() {
			t.Errorf("home %v, want %v as keep-alives say", home.Server, n.ID())
		}
		for _, ev := range told.list {
			if ev.Kind != endpoint.Registered && ev.Kind != endpoint.Reregistered {
				t.Errorf("element %v: %v", ev.ID, ev.Kind)
			}
		}
		first := make(map[wire.PEIdentifier]int)
		for range 6 {
			res, err := pu.Resolve(t.Context(), "EchoPool", 1)
			if err != nil {
				t.Fatal(err)
			}
			if len(res.Elements) != 1 || res.Elements[0].HomeServer != n.ID() || res.Policy.Type != wire.RoundRobin {
				t.Fatalf("resolved %+v", res)
			}
			first[res.Elements[0].ID]++
		}
		if first[1] != 2 || first[2] != 2 || first[3] != 2 {
			t.Errorf("first places %v, want two each", first)
		}
		e := echo(wire.Policy{Type: wire.WeightedRoundRobin, Weight: 1})
		var refused *endpoint.RefusedError
		if _, err := pe.Register(t.Context(), e); !errors.As(err, &refused) || !refused.Has(wire.CauseInconsistentPolicy) {
			t.Errorf("another policy: %v, want a refusal", err)
		}
		closeClient(t, pe)
		if _, err := pu.Refresh(t.Context(), "EchoPool", 1); !errors.Is(err, endpoint.ErrUnknownPool) {
			t.Errorf("pool without elements: %v, want unknown", err)
		}
	})
}

// The home registrar vanishes: the element is at the other one, and users find
// it there.
func TestWithTwoNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		startNode(t, network, 0xa, hostA, hostB)
		b := startNode(t, network, 0xb, hostB, hostA)
		pass(2 * time.Minute)
		network.Cut(hostB, hostPE)
		pe, pu := open(t, network, hostPE, hostA, hostB), open(t, network, hostPU, hostB)
		defer closeClient(t, pu)
		var reg *client.Registration
		reg, err := pe.Register(t.Context(), echo(roundRobin))
		if err != nil {
			t.Fatal(err)
		}
		if home := reg.State().Home.Address.Addrs[0]; home != hostA {
			t.Fatalf("home at %v, want %v", home, hostA)
		}
		network.Heal(hostB, hostPE)
		for _, host := range []netip.Addr{hostB, hostPE, hostPU} {
			network.Cut(hostA, host)
		}
		pass(5 * time.Minute)
		res, err := pu.Resolve(t.Context(), "EchoPool", 0)
		if err != nil {
			t.Fatal(err)
		}
		if e := res.Elements[0]; e.ID != 7 || e.HomeServer != b.ID() {
			t.Errorf("element %v with home %v, want 0x00000007 with %v", e.ID, e.HomeServer, b.ID())
		}
		closeClient(t, pe)
	})
}
