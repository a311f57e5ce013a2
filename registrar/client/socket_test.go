package client_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/feed"
	"rserpool/registrar/node"
	"rserpool/registrar/policy"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/tcp"
	"rserpool/registrar/transport/udp"
	"rserpool/registrar/wire"
)

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// launch starts a registrar on free ports of the loopback, and waits until it
// serves. stop ends it, without waiting for its elements.
func launch(groups ...netip.AddrPort) (n *node.Node, stop func(), err error) {
	return launchAt(0, groups...)
}

// launchAt is launch with a port for ASAP.
func launchAt(port uint16, groups ...netip.AddrPort) (n *node.Node, stop func(), err error) {
	serving := make(chan struct{}, 1)
	local := []transport.Address{at(loopback, 0)}
	cfg := node.Config{
		Registrar: registrar.DefaultConfig(), Transport: udp.New(),
		ASAP: []transport.Address{at(loopback, port)}, ENRP: local, ASAPStream: local,
		AnnounceASAP: groups,
		Publish: func(_ time.Time, changes []feed.Message) {
			for _, m := range changes {
				if s, ok := m.(feed.RegistrarState); ok && s.Phase == feed.Serving {
					select {
					case serving <- struct{}{}:
					default:
					}
				}
			}
		},
	}
	if n, err = node.Start(context.Background(), cfg); err != nil {
		return nil, nil, err
	}
	stop = func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		n.Stop(ctx) // what it has to complain of is that nobody waits
	}
	select {
	case <-serving:
		return n, stop, nil
	case <-time.After(20 * time.Second):
		stop()
		return nil, nil, errors.New("no registrar after 20 s")
	}
}

// mustLaunch is launch for the time of a test.
func mustLaunch(tb testing.TB) *node.Node {
	tb.Helper()
	n, stop, err := launch()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(stop)
	return n
}

func addressOf(a netip.AddrPort) transport.Address { return at(a.Addr(), a.Port()) }

// patience keeps a busy machine from being taken for a dead element.
const patience = 5 * time.Second

// dialUp makes a client of a registrar, for the time of a test.
func dialUp(tb testing.TB, cfg client.Config, registrars ...netip.AddrPort) *client.Client {
	tb.Helper()
	for _, r := range registrars {
		cfg.Registrars = append(cfg.Registrars, addressOf(r))
	}
	cfg.Local, cfg.Heartbeat = at(loopback, 0), patience
	c, err := client.Open(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			tb.Error(err)
		}
	})
	return c
}

// serveLines answers every line of a TCP connection with name and line, until
// stop is called, which also ends all connections.
func serveLines(tb testing.TB, name string) (l net.Listener, stop func()) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(ctx, func() { conn.Close() })
			go func() {
				for in := bufio.NewScanner(conn); in.Scan(); {
					fmt.Fprintf(conn, "%s %s\n", name, in.Text())
				}
			}()
		}
	}()
	stop = func() { cancel(); l.Close(); <-done }
	tb.Cleanup(stop)
	return l, stop
}

// A user who reaches the registrar over TCP, and elements that serve over TCP: one
// is killed, the session goes on. Elements cannot register that way.
func TestStreamUser(t *testing.T) {
	n := mustLaunch(t)
	pe := dialUp(t, client.Config{}, n.ASAPAddrs()...)
	stops := make(map[wire.PEIdentifier]func())
	for id := wire.PEIdentifier(1); id <= 2; id++ {
		l, stop := serveLines(t, strconv.Itoa(int(id)))
		stops[id] = stop
		if _, err := pe.Register(t.Context(), client.Element{Pool: "Lines", ID: id, Policy: policy.Priority(9 - uint32(id)), Listener: l}); err != nil {
			t.Fatal(err)
		}
	}
	pu := dialUp(t, client.Config{Transport: tcp.New()}, n.ASAPStreamAddrs()...)
	if _, err := pu.Register(t.Context(), client.Element{Pool: "Lines", User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7}}); !errors.Is(err, endpoint.ErrStream) {
		t.Errorf("registered over TCP: %v", err)
	}
	failed := make(chan client.Failover, 1)
	session, err := pu.Dial(t.Context(), "Lines", client.OnFailover(func(f client.Failover) {
		failed <- f
		io.WriteString(f.Conn, "again\n")
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	in := bufio.NewScanner(session)
	expect := func(want string) {
		t.Helper()
		if !in.Scan() || in.Text() != want {
			t.Fatalf("line %q, %v; want %q", in.Text(), in.Err(), want)
		}
	}
	fmt.Fprintln(session, "a")
	expect("1 a")
	stops[1]()
	expect("2 again")
	if f := <-failed; f.From.ID != 1 || f.To.ID != 2 {
		t.Errorf("failover %+v", f)
	}
	fmt.Fprintln(session, "b")
	expect("2 b")
	if _, ok := session.RemoteAddr().(*net.TCPAddr); !ok {
		t.Errorf("connected with %v", session.RemoteAddr())
	}
	stops[2]()
	if in.Scan() {
		t.Errorf("line %q of nobody", in.Text())
	}
	if _, ok := errors.AsType[*endpoint.NoElementError](in.Err()); !ok {
		t.Errorf("Read: %v", in.Err())
	}
}

// An element that serves datagrams. When nobody is there any more, the first
// write is lost, and the next one goes to another element.
func TestDatagramSession(t *testing.T) {
	n := mustLaunch(t)
	pe := dialUp(t, client.Config{}, n.ASAPAddrs()...)
	sockets := make(map[wire.PEIdentifier]net.PacketConn)
	for id := wire.PEIdentifier(1); id <= 2; id++ {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		sockets[id] = conn
		if _, err := pe.Register(t.Context(), client.Element{Pool: "Datagrams", ID: id, Policy: policy.Priority(9 - uint32(id)), PacketConn: conn}); err != nil {
			t.Fatal(err)
		}
	}
	failed := make(chan client.Failover, 1)
	session, err := dialUp(t, client.Config{}, n.ASAPAddrs()...).Dial(t.Context(), "Datagrams",
		client.OnFailover(func(f client.Failover) { failed <- f }))
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	var size *client.SizeError
	if _, err := session.Write(make([]byte, 65508)); !errors.As(err, &size) {
		t.Errorf("a datagram that is too long: %v", err)
	}
	echo := func(id wire.PEIdentifier, want string) {
		t.Helper()
		if _, err := io.WriteString(session, want); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 64)
		k, from, err := sockets[id].ReadFrom(b)
		if err != nil || string(b[:k]) != want {
			t.Fatalf("element got %q, %v", b[:k], err)
		}
		if _, err := sockets[id].WriteTo(b[:k], from); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{want[:2], want[2:]} { // a datagram in two Reads
			if k, err = session.Read(b[:2]); err != nil || string(b[:k]) != part {
				t.Fatalf("read %q, %v", b[:k], err)
			}
		}
	}
	echo(1, "abc")
	sockets[1].Close()
	if _, err := io.WriteString(session, "lost"); err != nil {
		t.Fatal(err)
	}
	if f := <-failed; f.To.ID != 2 {
		t.Errorf("failover to %v", f.To)
	}
	echo(2, "def")
}

// The same over real SCTP in UDP: the element dies without a word, the session
// is with the other one in about a second.
func TestSCTPSession(t *testing.T) {
	n := mustLaunch(t)
	var listeners []*client.Listener
	var regs []*client.Registration
	for id := wire.PEIdentifier(1); id <= 2; id++ {
		pe := dialUp(t, client.Config{CookieKey: key}, n.ASAPAddrs()...)
		l, err := pe.Listen(at(loopback, 0))
		if err != nil {
			t.Fatal(err)
		}
		r, err := pe.Register(t.Context(), client.Element{Pool: "Messages", ID: id, Policy: policy.Priority(9 - uint32(id)), Listener: l})
		if err != nil {
			t.Fatal(err)
		}
		listeners, regs = append(listeners, l), append(regs, r)
	}
	session, err := dialUp(t, client.Config{}, n.ASAPAddrs()...).Dial(t.Context(), "Messages")
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	first := accept(t, listeners[0])
	if _, err := io.WriteString(session, "a"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, first); got != "a" {
		t.Errorf("element got %q", got)
	}
	if err := first.SaveState([]byte("state")); err != nil {
		t.Fatal(err)
	}
	io.WriteString(first, "b")
	if got := read(t, session); got != "b" { // and the cookie before it
		t.Errorf("user got %q", got)
	}
	if err := regs[0].Close(t.Context()); err != nil { // it stops in good order
		t.Error(err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	second := accept(t, listeners[1])
	defer second.Close()
	if _, err := io.WriteString(session, "c"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, second); got != "c" || string(second.State()) != "state" {
		t.Errorf("element got %q, state %q", got, second.State())
	}
}

// An element that is in its pool but not at its port: each has its reason.
func TestNobodyListens(t *testing.T) {
	n := mustLaunch(t)
	pe := dialUp(t, client.Config{}, n.ASAPAddrs()...)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if _, err := pe.Register(t.Context(), client.Element{Pool: "Nobody", ID: 7, Listener: l}); err != nil {
		t.Fatal(err)
	}
	pu := dialUp(t, client.Config{Transport: tcp.New()}, n.ASAPStreamAddrs()...)
	_, err = pu.Dial(t.Context(), "Nobody")
	none, ok := errors.AsType[*endpoint.NoElementError](err)
	if !ok || len(none.Failures) != 1 || none.Failures[0].Element != 7 || !strings.Contains(none.Failures[0].Reason, "refused") {
		t.Errorf("Dial: %v", err)
	}
	if _, err := pu.Send(t.Context(), client.PEHandle{Pool: "Nobody"}, []byte("x"), endpoint.SendFailover); !errors.As(err, &none) {
		t.Errorf("Send: %v", err)
	}
}
