package endpoint_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

func TestConfig(t *testing.T) {
	good := endpoint.DefaultConfig()
	good.Rand = rand.New(rand.NewPCG(1, 2))
	good.Servers = []endpoint.Address{server(1)}
	if _, err := endpoint.New(good); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		change func(*endpoint.Config)
		want   string
	}{
		{"no servers", func(c *endpoint.Config) { c.Servers = nil }, "no registrar to connect to"}, // ASAP-6.6-01
		{"server without port", func(c *endpoint.Config) { c.Servers = []endpoint.Address{{Addrs: ownAddrs}} }, "need an address and a port"},
		{"no entropy", func(c *endpoint.Config) { c.Rand = nil }, "randomness"},
		{"T1", func(c *endpoint.Config) { c.RequestTimeout = 0 }, "T1"},
		{"T5 above its maximum", func(c *endpoint.Config) { c.MaxHuntTimeout = time.Second }, "below the first"},
		{"life in minutes", func(c *endpoint.Config) { c.LifeUnit = time.Minute }, "in seconds or milliseconds"},
		{"no attempts", func(c *endpoint.Config) { c.MaxRegistrations = 0 }, "at least 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := good
			test.change(&c)
			if _, err := endpoint.New(c); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("New: %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestSpec(t *testing.T) {
	good := endpoint.Spec{
		Handle: "EchoPool", Life: 300, Policy: wire.Policy{Type: wire.RoundRobin},
		User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7},
	}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		change func(*endpoint.Spec)
		want   string
	}{
		{"no handle", func(s *endpoint.Spec) { s.Handle = "" }, "handle"},
		{"no transport", func(s *endpoint.Spec) { s.User = wire.Transport{} }, "transport"},
		{"no port", func(s *endpoint.Spec) { s.User.Port = 0 }, "port"},
		{"life 0", func(s *endpoint.Spec) { s.Life = 0 }, "life"},
		{"life -2", func(s *endpoint.Spec) { s.Life = -2 }, "life"},
		{"re-registers too late", func(s *endpoint.Spec) { s.Reregister = 300 * time.Second }, "shorter"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := good
			test.change(&s)
			if err := s.Validate(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Validate: %v, want an error with %q", err, test.want)
			}
		})
	}
}

// A thousand elements choose as many PE identifiers, none of them 0. // ASAP-5.1-04, INC-56
func TestIdentifiers(t *testing.T) {
	w := newWorld(t, 1)
	w.step(endpoint.Start{})
	w.up(1)
	seen := make(map[wire.PEIdentifier]bool)
	for i := range 1000 {
		w.out = nil
		w.step(endpoint.Register{Element: endpoint.ElementID(i + 1), Spec: endpoint.Spec{
			Handle: "EchoPool", Life: 300, Policy: wire.Policy{Type: wire.RoundRobin},
			User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7},
		}})
		id, err := wire.ParseID(strings.Fields(w.out[0])[5])
		if err != nil || id == 0 || seen[wire.PEIdentifier(id)] {
			t.Fatalf("element %d: %s", i, w.out[0])
		}
		seen[wire.PEIdentifier(id)] = true
	}
}
