package load_test

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"rserpool/registrar"
	"rserpool/registrar/load"
	"rserpool/registrar/node"
	"rserpool/registrar/policy"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	server = netip.MustParseAddr("192.0.2.1")
	here   = netip.MustParseAddr("192.0.2.2")
)

// serve runs a registrar until the end of the test.
func serve(t *testing.T, network *memory.Network, change func(*registrar.Config)) *node.Node {
	t.Helper()
	c := node.Config{
		Registrar: registrar.DefaultConfig(), Transport: network.Transport(server),
		ASAP: []transport.Address{{Port: 3863}}, ENRP: []transport.Address{{Port: 9901}},
	}
	if change != nil {
		change(&c.Registrar)
	}
	n, err := node.Start(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	synctest.Wait()
	return n
}

// options ask for 40 elements in 4 pools over 3 associations.
func options(t *testing.T, network *memory.Network, work load.Work) load.Options {
	t.Helper()
	lu, err := policy.Parse("lu:10%")
	if err != nil {
		t.Fatal(err)
	}
	return load.Options{
		Transport: network.Transport(here), Registrar: transport.Address{Addrs: []netip.Addr{server}, Port: 3863},
		Work: work, Associations: 3, Depth: 4, Duration: time.Minute, Requests: 500,
		Pools: 4, Elements: 10, Policy: lu, Prefix: "bench-", Items: 3, Updates: 0.5,
	}
}

func TestRun(t *testing.T) {
	const elements = 40
	type counts struct{ registrations, reregistrations, resolutions, deregistrations uint64 }
	tests := []struct {
		work   load.Work
		change func(*load.Options)
		phases string
		check  func(counts) bool
	}{
		{load.Resolve, nil, "register 40, resolve 500, deregister 40", func(c counts) bool { return c == counts{elements, 0, 500, elements} }},
		{load.Reregister, nil, "register 40, reregister 500, deregister 40", func(c counts) bool { return c == counts{elements, 500, 0, elements} }},
		{load.Mixed, nil, "register 40, mixed 500, deregister 40", func(c counts) bool {
			return c.reregistrations > 150 && c.resolutions > 150 && c.reregistrations+c.resolutions == 500
		}},
		{
			load.Register, func(o *load.Options) { o.Requests = 100 }, "register 120, deregister 120",
			func(c counts) bool { return c == counts{3 * elements, 0, 0, 3 * elements} },
		},
		{
			load.Resolve, func(o *load.Options) { o.Rate, o.Requests, o.Duration = 100, 0, 9995*time.Millisecond }, "register 40, resolve 1000, deregister 40",
			func(c counts) bool { return c == counts{elements, 0, 1000, elements} },
		},
	}
	for _, tt := range tests {
		t.Run(string(tt.work), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := memory.NewNetwork()
				n := serve(t, network, nil)
				o := options(t, network, tt.work)
				if tt.change != nil {
					tt.change(&o)
				}
				phases, err := load.Run(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				if got := text(phases); got != tt.phases {
					t.Errorf("phases %q, want %q", got, tt.phases)
				}
				m, err := n.Measures(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				c := m.Counters
				if got := (counts{c.Registrations, c.Reregistrations, c.Resolutions, c.ByPE}); !tt.check(got) {
					t.Errorf("the registrar counted %+v", got)
				}
			})
		})
	}
}

// text is the phases with their requests, and errors if there are any.
func text(phases []load.Phase) string {
	var b strings.Builder
	for _, p := range phases {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.Name + " " + u(p.Requests))
		for _, why := range slices.Sorted(maps.Keys(p.Errors)) {
			b.WriteString(" [" + why + " " + u(p.Errors[why]) + "]")
		}
		if p.Latency.TotalCount() != int64(p.Requests) {
			b.WriteString(" with other latencies")
		}
	}
	return b.String()
}

func u(n uint64) string { return strconv.FormatUint(n, 10) }

// Elements stay while nothing is asked: their keep-alives are answered, and not
// those of others.
func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		n := serve(t, network, nil)
		o := options(t, network, load.Hold)
		o.Duration = 2 * time.Minute
		phases, err := load.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := text(phases), "register 40, hold 0, deregister 40"; got != want {
			t.Errorf("phases %q, want %q", got, want)
		}
		m, err := n.Measures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if kept := phases[1].KeepAlives; kept < 200 || m.Counters.KeepAlives < 200 {
			t.Errorf("%d keep-alives answered, %d sent, want each of 40 elements asked every 15 s", kept, m.Counters.KeepAlives)
		}
	})
}

func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		serve(t, network, func(c *registrar.Config) { c.Limits.Elements = 35 })
		phases, err := load.Run(t.Context(), options(t, network, load.Resolve))
		if want := "5 of 40 registrations failed: refused: 0x0006 lack of resources"; err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
		if got := text(phases); !strings.HasPrefix(got, "register 35 [refused: 0x0006 lack of resources 5], deregister ") {
			t.Errorf("phases %q: want those that were accepted deregistered", got)
		}
	})
}

// A registrar that dies under way costs what had no answer, and no more time than
// that takes to be sure of.
func TestDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		n := serve(t, network, nil)
		o := options(t, network, load.Resolve)
		o.Rate, o.Requests, o.Duration = 10, 0, time.Minute
		go func() {
			time.Sleep(30 * time.Second)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_ = n.Stop(ctx)
		}()
		phases, err := load.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if got := phases[1].Requests; got < 299 || got > 301 {
			t.Errorf("%d resolutions answered, want those of 30 s at 10 a second", got)
		}
		if got := phases[2].Requests; got != 0 {
			t.Errorf("%d deregistrations answered by nobody", got)
		}
	})
}

func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		serve(t, network, nil)
		o := options(t, network, load.Resolve)
		o.Rate, o.Requests, o.Duration = 10, 0, time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), 9950*time.Millisecond)
		defer cancel()
		phases, err := load.Run(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := text(phases), "register 40, resolve 100, deregister 40"; got != want {
			t.Errorf("phases %q, want %q", got, want)
		}
	})
}

func TestOptions(t *testing.T) {
	tests := []struct {
		change func(*load.Options)
		want   string
	}{
		{func(o *load.Options) { o.Associations = 0 }, "associations: want 1 to 20000, have 0"},
		{func(o *load.Options) { o.Depth = 5000 }, "depth: want 1 to 4096, have 5000"},
		{func(o *load.Options) { o.Pools = 0 }, "pools: want 1 to 2000000, have 0"},
		{func(o *load.Options) { o.Pools, o.Elements = 2000, 2000 }, "2000 pools of 2000 elements are 4000000, want at most 2000000"},
		{func(o *load.Options) { o.Policy.Type = 0x77 }, "a registrar cannot select by it"},
		{func(o *load.Options) { o.Duration = 0 }, "duration 0s: want more than 0"},
		{func(o *load.Options) { o.Requests = -1 }, "requests -1: want 0 (no limit) or more"},
		{func(o *load.Options) { o.Rate = -1 }, "rate -1: want 0"},
		{func(o *load.Options) { o.Rate, o.Work = 5, load.Register }, "registering has none"},
		{func(o *load.Options) { o.Updates = 2 }, "updates 2: want a share from 0 to 1"},
		{func(o *load.Options) { o.Pool, o.Work = "theirs", load.Mixed }, `pool "theirs": only resolutions`},
	}
	for _, tt := range tests {
		o := options(t, memory.NewNetwork(), load.Resolve)
		tt.change(&o)
		if _, err := load.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
}

func TestPingPong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		l, err := network.Transport(server).Listen(transport.Config{Local: transport.Address{Port: 3863}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- load.Echo(ctx, l) }()
		o := options(t, network, "")
		p, err := load.PingPong(t.Context(), o)
		if err != nil || text([]load.Phase{p}) != "pingpong 500" {
			t.Errorf("phases %q, error %v", text([]load.Phase{p}), err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A registrar does not answer what is no message.
func TestPingPongWithRegistrar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		serve(t, network, nil)
		p, err := load.PingPong(t.Context(), options(t, network, ""))
		if want := "pingpong 0 [no answer: is that registrar bench echo? 12]"; err != nil || text([]load.Phase{p}) != want {
			t.Errorf("phases %q, error %v, want %q", text([]load.Phase{p}), err, want)
		}
	})
}
