package browser_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/client"
	"rserpool/registrar/feed"
	"rserpool/registrar/node"
	"rserpool/registrar/replica"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/udp"
	"rserpool/registrar/wire"
	"rserpool/ui/view"
	"rserpool/web"
)

// token is the operator token of every registrar here.
const token = "correct-horse-battery-staple"

var loopback = transport.Address{Addrs: []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}}

// server is a registrar with its dashboard.
type server struct {
	t       *testing.T
	node    *node.Node
	hub     *web.Hub
	handler http.Handler
	place
	http   *http.Server
	served sync.WaitGroup

	mu    sync.Mutex
	moved chan struct{} // closed with the next change
	feeds map[net.Conn]bool
}

// place is where a dashboard is served. It stays the same over halt and open.
type place struct {
	address string // host and port
	base    string // path below which everything lives
	private bool   // reads need the token too
}

// startRegistrar runs a registrar on free ports, and its dashboard.
func startRegistrar(t *testing.T, id wire.ServerID, peers ...*server) *server {
	t.Helper()
	return startRegistrarAt(t, place{address: "127.0.0.1:0"}, id, peers...)
}

// startRegistrarAt is startRegistrar with a given place for the dashboard.
func startRegistrarAt(t *testing.T, where place, id wire.ServerID, peers ...*server) *server {
	t.Helper()
	now := time.Now()
	s := &server{t: t, place: where, moved: make(chan struct{}), feeds: map[net.Conn]bool{}}
	s.hub = web.NewHub(feed.Hello{
		Schema: feed.Schema, Registrar: id, Epoch: uint64(now.UnixNano()),
		Started: feed.At(now), Now: feed.At(now), Version: "test", Dialect: "rfc", Transport: "udp",
	}, web.DefaultLimits(), slog.New(slog.DiscardHandler))
	cfg := node.Config{
		Registrar: registrar.DefaultConfig(), Transport: udp.New(),
		ASAP: []transport.Address{loopback}, ENRP: []transport.Address{loopback}, Publish: s.publish, Capture: s.hub.Recorder(),
	}
	cfg.Registrar.ID = id
	// Checksums are compared, and shown, after a presence.
	cfg.Registrar.PeerHeartbeatCycle = time.Second
	for _, p := range peers {
		cfg.Peers = append(cfg.Peers, at(p.node.ENRPAddrs()[0]))
	}
	var err error
	if s.node, err = node.Start(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	s.handler, err = web.New(web.Config{
		Hub: s.hub, Registrar: s.node, Token: token, BasePath: s.base, Private: s.private,
		ASAP: s.node.ASAPAddrs()[0].String(), ENRP: s.node.ENRPAddrs()[0].String(),
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.open()
	s.await("it serves", func(r *replica.Replica) bool { return r.State().Phase == feed.Serving })
	return s
}

func at(a netip.AddrPort) transport.Address {
	return transport.Address{Addrs: []netip.Addr{a.Addr()}, Port: a.Port()}
}

// publish passes changes on, and wakes whoever awaits one.
func (s *server) publish(now time.Time, changes []feed.Message) {
	s.hub.Publish(now, changes)
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.moved)
	s.moved = make(chan struct{})
}

// await waits until something is true of the registrar's handlespace.
func (s *server) await(what string, holds func(*replica.Replica) bool) {
	s.t.Helper()
	limit := time.After(patience)
	for {
		s.mu.Lock()
		moved := s.moved
		s.mu.Unlock()
		ok := false
		s.hub.View(func(r *replica.Replica) { ok = holds(r) })
		if ok {
			return
		}
		select {
		case <-moved:
		case <-limit:
			s.t.Fatalf("registrar %v: waited in vain until %s", s.node.ID(), what)
		}
	}
}

// has reports whether an element is registered.
func has(h wire.PoolHandle, id wire.PEIdentifier) func(*replica.Replica) bool {
	return func(r *replica.Replica) bool { _, ok := r.Element(h, id); return ok }
}

// hasNot is the opposite of has.
func hasNot(h wire.PoolHandle, id wire.PEIdentifier) func(*replica.Replica) bool {
	return func(r *replica.Replica) bool { return !has(h, id)(r) }
}

// open starts the HTTP server, at the address that it had before.
func (s *server) open() {
	s.t.Helper()
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.address = listener.Addr().String()
	s.http = &http.Server{Handler: s.handler, ReadHeaderTimeout: patience, ConnState: s.track}
	s.served.Go(func() { _ = s.http.Serve(listener) }) // ends with halt
}

// track knows the WebSockets: a server forgets them when they are upgraded.
func (s *server) track(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == http.StateHijacked {
		s.feeds[c] = true
	}
}

// halt ends the HTTP server as a crash would: without a word to anybody. The
// registrar lives on.
func (s *server) halt() {
	_ = s.http.Close() // what is cut off is meant to be
	s.served.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.feeds {
		_ = c.Close() // may be closed already
	}
	clear(s.feeds)
}

// stop ends all in good order.
func (s *server) stop() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.node.Stop(ctx); err != nil {
		s.t.Errorf("registrar %v: %v", s.node.ID(), err)
	}
	s.hub.Close()
	if s.http != nil {
		s.halt()
	}
}

// url gives the address of a page.
func (s *server) url(path string) string { return "http://" + s.address + s.base + path }

// login is the link that an operator gets.
func (s *server) login() string { return s.url("/?token=" + token) }

// poolURL is the address of a pool's page.
func (s *server) poolURL(h wire.PoolHandle) string { return s.url("/pools/" + view.Key(h)) }

// elements registers pool elements; they stay out when they are removed.
type elements struct {
	t      *testing.T
	client *client.Client
}

// newElements opens a client at a registrar.
func newElements(s *server) *elements {
	s.t.Helper()
	c, err := client.Open(client.Config{Registrars: []transport.Address{at(s.node.ASAPAddrs()[0])}, Transport: udp.New(), Local: loopback})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			s.t.Errorf("client: %v", err)
		}
	})
	return &elements{s.t, c}
}

// roundRobin is the policy of pools for which it does not matter.
var roundRobin = wire.Policy{Type: wire.RoundRobin}

// add registers one element.
func (e *elements) add(h wire.PoolHandle, id wire.PEIdentifier, p wire.Policy) *client.Registration {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := e.client.Register(ctx, client.Element{
		Pool: h, ID: id, Policy: p, Life: 300, StayOut: true,
		User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7, Addresses: loopback.Addrs},
	})
	if err != nil {
		e.t.Fatalf("register %v in %q: %v", id, h, err)
	}
	return r
}

// remove deregisters one element.
func (e *elements) remove(r *client.Registration) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.Close(ctx); err != nil {
		e.t.Fatal(err)
	}
}

// pair is a scope of two registrars that have heard each other; each has an
// element in EchoPool, and the first has two more pools.
func pair(t *testing.T) (a, b *server, at *elements) {
	t.Helper()
	a = startRegistrar(t, 0x0a0a0a0a)
	b = startRegistrar(t, 0x0b0b0b0b, a)
	at = newElements(a)
	weight := wire.Policy{Type: wire.WeightedRoundRobin, Weight: 5}
	for id := wire.PEIdentifier(1); id <= 3; id++ {
		at.add("EchoPool", id, weight)
	}
	at.add("CalcAppPool", 0x11, wire.Policy{Type: wire.LeastUsed, Load: 0x50000000})
	at.add("\x00raw\xff", 0x21, roundRobin)
	newElements(b).add("EchoPool", 4, weight)
	a.await("it knows the peer's element", has("EchoPool", 4))
	b.await("it knows all elements", has("\x00raw\xff", 0x21))
	return a, b, at
}

// row selects the row of an element.
func row(id wire.PEIdentifier) string { return fmt.Sprintf(`tr[data-key="%v"]`, id) }
