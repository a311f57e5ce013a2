package client_test

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rserpool/registrar/asap"
	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The hosts of the tests.
var (
	hostA  = netip.MustParseAddr("192.0.2.1")
	hostB  = netip.MustParseAddr("192.0.2.2")
	hostPE = netip.MustParseAddr("192.0.2.7")
	hostPU = netip.MustParseAddr("192.0.2.8")
)

const asapPort = 3863

func at(host netip.Addr, port uint16) transport.Address {
	return transport.Address{Addrs: []netip.Addr{host}, Port: port}
}

// open makes a client on host; the test closes it.
func open(t *testing.T, network *memory.Network, host netip.Addr, registrars ...netip.Addr) *client.Client {
	t.Helper()
	cfg := client.Config{Transport: network.Transport(host)}
	for _, r := range registrars {
		cfg.Registrars = append(cfg.Registrars, at(r, asapPort))
	}
	c, err := client.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func closeClient(t *testing.T, c *client.Client) {
	t.Helper()
	if err := c.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// echo is an element of EchoPool.
func echo(policy wire.Policy) client.Element {
	return client.Element{
		Pool: "EchoPool", ID: 7, Policy: policy, Life: 300,
		User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7},
	}
}

var roundRobin = wire.Policy{Type: wire.RoundRobin}

// events collects what is told of an element.
type events struct {
	mu   sync.Mutex
	list []client.Event
}

func (e *events) notify(ev client.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, ev)
}

func (e *events) kinds() []endpoint.Kind {
	e.mu.Lock()
	defer e.mu.Unlock()
	kinds := make([]endpoint.Kind, len(e.list))
	for i, ev := range e.list {
		kinds[i] = ev.Kind
	}
	return kinds
}

func (e *events) last() client.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.list[len(e.list)-1]
}

// peer is a registrar that the test plays by hand.
type peer struct {
	t *testing.T
	transport.Listener
}

func newRegistrar(t *testing.T, network *memory.Network, host netip.Addr) peer {
	t.Helper()
	l, err := network.Transport(host).Listen(transport.Config{Local: transport.Address{Port: asapPort}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return peer{t, l}
}

func (r peer) accept() link {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	a, err := r.Accept(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	return link{r.t, a}
}

// dial opens an association to a client, as for keep-alives.
func (r peer) dial(c *client.Client) link {
	r.t.Helper()
	to := c.Addrs()[0]
	a, err := r.Dial(context.Background(), at(to.Addr(), to.Port()))
	if err != nil {
		r.t.Fatal(err)
	}
	return link{r.t, a}
}

// link is an association to a client.
type link struct {
	t *testing.T
	transport.Association
}

func (l link) send(m asap.Message) {
	l.t.Helper()
	b, err := asap.Append(nil, m)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.Send(context.Background(), transport.Message{PPID: transport.PPIDASAP, Data: b}); err != nil {
		l.t.Fatal(err)
	}
}

// recv returns the next message, which must be a T.
func recv[T asap.Message](l link) T {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	m, err := l.Recv(ctx)
	if err != nil {
		l.t.Fatal(err)
	}
	d, err := asap.Parse(m.Data)
	if err != nil || m.PPID != transport.PPIDASAP {
		l.t.Fatalf("message %x, PPID %d: %v", m.Data, m.PPID, err)
	}
	got, ok := d.Message.(T)
	if !ok {
		l.t.Fatalf("message %#v", d.Message)
	}
	return got
}

// pass lets virtual time pass.
func pass(d time.Duration) { <-time.After(d) }
