package node_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/transport/transporttest"
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

const (
	asapPort = 3863
	enrpPort = 9901
	idA      = wire.ServerID(0xa)
	idB      = wire.ServerID(0xb)
)

// running is a node with what it has published and logged.
type running struct {
	*node.Node
	mu      sync.Mutex
	changes []feed.Message
	batches int
	log     bytes.Buffer
	stall   atomic.Int64 // how long the node stands still when it publishes next
}

// Write takes the log.
func (r *running) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(b)
}

func (r *running) publish(_ time.Time, changes []feed.Message) {
	time.Sleep(time.Duration(r.stall.Swap(0)))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes = append(r.changes, changes...)
	r.batches++
}

// published gives what has been published so far.
func (r *running) published() []feed.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changes
}

func (r *running) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// config is that of a registrar on host of the network.
func config(network *memory.Network, id wire.ServerID, host netip.Addr, peers ...netip.Addr) node.Config {
	c := node.Config{
		Registrar: registrar.DefaultConfig(),
		Transport: network.Transport(host),
		ASAP:      []transport.Address{{Port: asapPort}},
		ENRP:      []transport.Address{{Port: enrpPort}},
	}
	c.Registrar.ID = id
	for _, p := range peers {
		c.Peers = append(c.Peers, at(p, enrpPort))
	}
	return c
}

func at(host netip.Addr, port uint16) transport.Address {
	return transport.Address{Addrs: []netip.Addr{host}, Port: port}
}

// start runs a node until the end of the test.
func start(t *testing.T, c node.Config) *running {
	t.Helper()
	r := &running{}
	c.Publish = r.publish
	c.Log = slog.New(slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug}))
	n, err := node.Start(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	r.Node = n
	t.Cleanup(func() {
		if err := n.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log of %v:\n%s", n.ID(), r.logged())
		}
	})
	return r
}

// script plays one endpoint by hand.
type script struct {
	t *testing.T
	transport.Association
	ppid uint32
}

// dial connects from host to a port of a registrar.
func dial(t *testing.T, network *memory.Network, from netip.Addr, to transport.Address) script {
	t.Helper()
	l, err := network.Transport(from).Listen(transport.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	a, err := l.Dial(context.Background(), to)
	if err != nil {
		t.Fatal(err)
	}
	ppid := transport.PPIDASAP
	if to.Port == enrpPort {
		ppid = transport.PPIDENRP
	}
	return script{t, a, ppid}
}

func (s script) sendRaw(ppid uint32, data []byte) {
	s.t.Helper()
	if err := s.Send(context.Background(), transport.Message{PPID: ppid, Data: data}); err != nil {
		s.t.Fatal(err)
	}
}

func encode(t *testing.T, m asap.Message) []byte {
	t.Helper()
	b, err := asap.Append(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s script) send(m asap.Message) {
	s.t.Helper()
	s.sendRaw(s.ppid, encode(s.t, m))
}

// receive returns the next ASAP message, or fails when none comes in a minute.
func (s script) receive() asap.Message {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	m, err := s.Recv(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	d, err := asap.Parse(m.Data)
	if err != nil {
		s.t.Fatal(err)
	}
	return d.Message
}

// silent fails if a message comes before anything else could happen.
func (s script) silent() {
	s.t.Helper()
	synctest.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if m, err := s.Recv(ctx); err == nil {
		s.t.Errorf("got a message of %d bytes, want none", len(m.Data))
	}
}

// register registers element id of the pool and waits for the answer.
func (s script) register(pool wire.PoolHandle, id wire.PEIdentifier) {
	s.t.Helper()
	s.send(registration(pool, id, hostPE))
	got, ok := s.receive().(asap.RegistrationResponse)
	if !ok || got.Reject || got.ID != id {
		s.t.Fatalf("answer to the registration is %+v, want acceptance of %v", got, id)
	}
}

func registration(pool wire.PoolHandle, id wire.PEIdentifier, host netip.Addr) asap.Registration {
	return asap.Registration{Handle: pool, Element: wire.PoolElement{
		ID: id, Life: 300, Policy: wire.Policy{Type: wire.RoundRobin},
		UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: []netip.Addr{host}},
	}}
}

// updates are the actions that have been published about an element.
func (r *running) updates(pool wire.PoolHandle, id wire.PEIdentifier) []enrp.Action {
	var actions []enrp.Action
	for _, m := range r.published() {
		if u, ok := m.(enrp.HandleUpdate); ok && u.Handle == pool && u.Element.ID == id {
			actions = append(actions, u.Action)
		}
	}
	return actions
}

// events are the names of the events that have been published.
func (r *running) events() []string {
	var names []string
	for _, m := range r.published() {
		if e, ok := m.(feed.Event); ok {
			names = append(names, e.Name)
		}
	}
	return names
}

// bothWays plays a test with associations that goroutines read, and with such that hand
// on what arrives.
func bothWays(t *testing.T, play func(t *testing.T, over func(transport.Transport) transport.Transport)) {
	for name, over := range map[string]func(transport.Transport) transport.Transport{
		"read by a goroutine": func(t transport.Transport) transport.Transport { return t },
		"handed on": func(t transport.Transport) transport.Transport {
			return transporttest.Direct(t, func() bool { return true })
		},
	} {
		t.Run(name, func(t *testing.T) { play(t, over) })
	}
}
