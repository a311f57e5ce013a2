package interop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"log/slog"
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
	"rserpool/registrar/transport/kernel"
	"rserpool/registrar/transport/mixed"
	"rserpool/registrar/transport/tcp"
	"rserpool/registrar/transport/udp"
	"rserpool/registrar/wire"
)

// scopePatience is how long a scope may take for anything; only a failure does.
const scopePatience = 60 * time.Second

// member is a running registrar, and what it has told of itself.
type member struct {
	*node.Node
	kill    context.CancelFunc
	changed chan struct{}

	mu      sync.Mutex
	replica *replica.Replica
	log     bytes.Buffer
}

// start runs a registrar until the end of the test, or until it is killed.
func start(t *testing.T, id wire.ServerID, over transport.Transport, asap, enrp transport.Address, peers ...transport.Address) *member {
	t.Helper()
	m := &member{changed: make(chan struct{}, 1), replica: replica.New()}
	m.replica.Apply(feed.Hello{Schema: feed.Schema, Registrar: id})
	c := node.Config{
		Registrar: registrar.DefaultConfig(), Transport: over, Peers: peers,
		ASAP: []transport.Address{asap}, ENRP: []transport.Address{enrp}, ASAPStream: []transport.Address{asap},
		Publish: m.publish, Log: slog.New(slog.NewTextHandler(m, nil)),
	}
	c.Registrar.ID = id
	c.Registrar.PeerHeartbeatCycle, c.Registrar.MaxTimeLastHeard, c.Registrar.MaxTimeNoResponse = time.Second, 3*time.Second, 2*time.Second
	ctx, kill := context.WithCancel(context.Background())
	n, err := node.Start(ctx, c)
	if err != nil {
		kill()
		t.Fatal(err)
	}
	m.Node, m.kill = n, kill
	t.Cleanup(func() {
		kill()
		<-n.Done()
		if t.Failed() {
			m.mu.Lock()
			defer m.mu.Unlock()
			t.Logf("log of %v:\n%s", id, m.log.String())
		}
	})
	return m
}

// Write takes the log.
func (m *member) Write(b []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.log.Write(b)
}

func (m *member) publish(_ time.Time, changes []feed.Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range changes {
		m.replica.Apply(c)
	}
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

// await returns when what the registrar has told makes until true.
func (m *member) await(t *testing.T, what string, until func(*replica.Replica) bool) {
	t.Helper()
	late := time.After(scopePatience)
	for {
		m.mu.Lock()
		ok := until(m.replica)
		m.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-m.changed:
		case <-late:
			t.Fatalf("registrar %v: no %s in %v", m.ID(), what, scopePatience)
		}
	}
}

func (m *member) digest() [sha256.Size]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return [sha256.Size]byte(m.replica.Digest(sha256.New()))
}

// homes counts the elements by their home.
func homes(r *replica.Replica) map[wire.ServerID]int {
	count := make(map[wire.ServerID]int)
	for e := range r.AllElements() {
		count[e.HomeServer]++
	}
	return count
}

func at(port uint16, hosts ...string) transport.Address {
	a := transport.Address{Port: port}
	for _, h := range hosts {
		a.Addrs = append(a.Addrs, netip.MustParseAddr(h))
	}
	return a
}

// TestScope: registrars, elements and users on the kernel's SCTP, and on that beside
// SCTP in user space; a registrar dies, and the other calls its elements and takes
// them over.
func TestScope(t *testing.T) {
	needKernel(t)
	both := mixed.Both(kernel.New(), udp.New())
	for _, c := range []struct {
		name      string
		registrar transport.Transport
		elements  []transport.Transport
		a, b      []string
	}{
		{"kernel, two addresses each", kernel.New(), []transport.Transport{kernel.New()}, []string{"127.0.1.1", "127.0.1.2"}, []string{"127.0.2.1", "127.0.2.2"}},
		{"kernel, IPv6", kernel.New(), []transport.Transport{kernel.New()}, []string{"::1"}, []string{"127.0.2.1", "::1"}},
		{"kernel and udp", both, []transport.Transport{kernel.New(), udp.New(), both}, []string{"127.0.1.1"}, []string{"127.0.2.1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			const idA, idB, each = 0xa, 0xb, 4
			first := start(t, idA, c.registrar, at(3863, c.a...), at(9901, c.a...))
			second := start(t, idB, c.registrar, at(3873, c.b...), at(9911, c.b...), at(9901, c.a...))
			second.await(t, "service", func(r *replica.Replica) bool { return r.State().Phase == feed.Serving })
			total := each * len(c.elements)
			for _, over := range c.elements {
				register(t, over, each, at(3863, c.a...))
			}
			for _, m := range []*member{first, second} {
				m.await(t, "elements at their home", func(r *replica.Replica) bool { return homes(r)[idA] == total })
			}
			if first.digest() != second.digest() {
				t.Error("the registrars differ")
			}
			first.kill()
			second.await(t, "elements at a new home", func(r *replica.Replica) bool { return homes(r)[idB] == total })
			for _, over := range append(c.elements, tcp.New()) {
				u := openClient(t, over, at(3873, c.b...))
				if got, err := u.Resolve(t.Context(), "EchoPool", 64); err != nil || len(got.Elements) != total {
					t.Errorf("a user over %s is told of %d elements (%v), want %d", over.Name(), len(got.Elements), err, total)
				}
			}
		})
	}
}

// openClient makes a client until the end of the test.
func openClient(t *testing.T, over transport.Transport, registrars ...transport.Address) *client.Client {
	t.Helper()
	c, err := client.Open(client.Config{Transport: over, Registrars: registrars})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = c.Close(ctx)
	})
	return c
}

// register makes elements until the end of the test.
func register(t *testing.T, over transport.Transport, count int, registrars ...transport.Address) {
	t.Helper()
	c := openClient(t, over, registrars...)
	for range count {
		e := client.Element{Pool: "EchoPool", User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7}}
		if _, err := c.Register(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}
