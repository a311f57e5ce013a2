package transporttest

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"rserpool/registrar/transport"
)

// patience is how long anything in the suite may take; only a failure does.
const patience = 30 * time.Second

// Env is what a backend provides for one test.
type Env struct {
	// A and B are two hosts that reach each other.
	A, B Host
	// Breakable returns an address at which A reaches l, a listener of B, and a
	// switch that makes the way to it silent in both directions.
	Breakable func(l transport.Listener) (to transport.Address, cut func())
	// Stream declares a backend over TCP: its messages are ASAP's, with a header
	// and padding, and have no other PPID; each dial leaves from a port of its own,
	// so that there may be many between two listeners; a peer is refused by an abort
	// right after the connection is made; and an abort gives no reason.
	Stream bool
	// Curt declares that the reason of an abort can be lost: the end of what carries the
	// association may overtake it.
	Curt bool
	// Late declares that a peer above a limit may also be refused as with Stream: the
	// system makes associations faster than the backend can tell it to stop.
	Late bool
}

// headerSize is that of an ASAP message, RFC 5354 section 4.
const headerSize = 4

// message carries data in what the backend takes for a message.
func (e Env) message(ppid uint32, data []byte) transport.Message {
	if !e.Stream {
		return transport.Message{PPID: ppid, Data: data}
	}
	n := headerSize + len(data)
	framed := make([]byte, (n+3)&^3)
	framed[0], framed[2], framed[3] = 0x0e, byte(n>>8), byte(n)
	copy(framed[headerSize:], data)
	return transport.Message{PPID: e.ppid(ppid), Data: framed}
}

// data is what message was given for m.
func (e Env) data(m transport.Message) []byte {
	if !e.Stream {
		return m.Data
	}
	return m.Data[headerSize : int(m.Data[2])<<8|int(m.Data[3])]
}

// ppid is how p arrives.
func (e Env) ppid(p uint32) uint32 {
	if e.Stream {
		return transport.PPIDASAP
	}
	return p
}

// largest is how much data one message carries.
func (e Env) largest() int {
	if e.Stream {
		return transport.MaxMessage - 1 - headerSize // a length has 16 bits
	}
	return transport.MaxMessage
}

// Host is a place to listen: Local has port 0.
type Host struct {
	Transport transport.Transport
	Local     transport.Address
}

// Run runs the suite. newEnv is called once for each test.
func Run(t *testing.T, newEnv func(t *testing.T) Env) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Env)
	}{
		{"echo sizes", testEchoSizes}, // UDP-6-01
		{"order and PPID", testOrder},
		{"unordered", testUnordered},
		{"send does not keep the data", testSendCopies},
		{"empty and too big", testRefusedMessages},
		{"contexts", testContexts},
		{"addresses", testAddresses},
		{"shutdown", testShutdown},
		{"shutdown from both ends", testShutdownBoth},
		{"shutdown without a reader", testShutdownTimeout},
		{"abort", testAbort},
		{"lost", testLost},
		{"close ends all", testClose},
		{"close wakes", testCloseWakes},
		{"peer that never reads", testSlowReader}, // UDP-6-02
		{"both directions at once", testDuplex},
		{"hands on by itself", testDirect},
		{"sends without waiting", testPrompt},
		{"association limit", testAssociationLimit},
		{"backlog limit", testBacklogLimit},
		{"dial nobody", testDialNobody},
		{"dial canceled", testDialCanceled},
		{"dial itself", testDialSelf},
		{"dial twice", byPort(testDialTwice, testDialAgain)},
		{"dial each other", byPort(testDialEachOther, testDialBoth)},
		{"port in use and free again", testPort},
		{"many associations", testMany},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, newEnv(t)) })
	}
}

// byPort chooses the test by what a backend dials from.
func byPort(one, own func(*testing.T, Env)) func(*testing.T, Env) {
	return func(t *testing.T, e Env) {
		if e.Stream {
			own(t, e)
		} else {
			one(t, e)
		}
	}
}

// calm is a Config for tests: it forgives a machine that stands still for a while.
func calm(h Host) transport.Config {
	c := quick(h)
	c.MaxMissed = 50
	return c
}

// quick is a Config with which a silent peer is found within a second or so.
func quick(h Host) transport.Config {
	return transport.Config{
		Local:            h.Local,
		Heartbeat:        200 * time.Millisecond,
		MaxMissed:        4,
		HandshakeTimeout: 10 * time.Second,
	}
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func listen(t *testing.T, h Host, c transport.Config) transport.Listener {
	t.Helper()
	l, err := h.Transport.Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return l
}

// AddressOf is the address at which peers reach l.
func AddressOf(l transport.Listener) transport.Address { return addressOf(l.Addrs()) }

func addressOf(places []netip.AddrPort) transport.Address {
	var to transport.Address
	for _, a := range places {
		to.Addrs = append(to.Addrs, a.Addr())
		to.Port = a.Port()
	}
	return to
}

// Connect dials from a to b, and returns both ends.
func Connect(t *testing.T, a, b transport.Listener) (dialled, accepted transport.Association) {
	t.Helper()
	ctx := testContext(t)
	dialled, err := a.Dial(ctx, AddressOf(b))
	if err != nil {
		t.Fatal(err)
	}
	accepted, err = b.Accept(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return dialled, accepted
}

func connected(t *testing.T, e Env) (dialled, accepted transport.Association) {
	t.Helper()
	return Connect(t, listen(t, e.A, calm(e.A)), listen(t, e.B, calm(e.B)))
}

func send(t *testing.T, s transport.Association, m transport.Message) {
	t.Helper()
	if err := s.Send(testContext(t), m); err != nil {
		t.Fatalf("Send of %d bytes: %v", len(m.Data), err)
	}
}

func recv(t *testing.T, s transport.Association) transport.Message {
	t.Helper()
	m, err := s.Recv(testContext(t))
	if err != nil {
		t.Fatalf("Recv: %v", err)
	}
	return m
}

func waitDone(t *testing.T, s transport.Association) {
	t.Helper()
	select {
	case <-s.Done():
	case <-testContext(t).Done():
		t.Fatal("association has not ended")
	}
}
