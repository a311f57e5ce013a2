package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/wire"
)

// accept gives the next user's connection.
func accept(t *testing.T, l *client.Listener) *client.Conn {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return conn.(*client.Conn)
}

// raw is a user that the test plays by hand.
func raw(t *testing.T, network *memory.Network, to net.Addr) link {
	t.Helper()
	l, err := network.Transport(hostPU).Listen(transport.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	a, err := l.Dial(t.Context(), transport.Address(to.(client.SCTPAddr)))
	if err != nil {
		t.Fatal(err)
	}
	return link{t, a}
}

func (l link) data(s string) {
	l.t.Helper()
	if err := l.Send(l.t.Context(), transport.Message{Data: []byte(s)}); err != nil {
		l.t.Fatal(err)
	}
}

func read(t *testing.T, r io.Reader) string {
	t.Helper()
	b := make([]byte, 64)
	n, err := r.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

// What goes over the control channel of an element. ASAP-5.8-01, ASAP-5.8-02,
// ASAP-5.8-03, ASAP-5.9-01, ASAP-5.9-02, ASAP-5.9-03
func TestConn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		c := s.open(hostPE)
		l, err := c.Listen(transport.Address{})
		if err != nil {
			t.Fatal(err)
		}
		accepted := make(chan *client.Conn)
		go func() { accepted <- accept(t, l) }() // before there is an element
		user := raw(t, s.network, l.Addr())
		if _, err := c.Register(t.Context(), client.Element{Pool: "EchoPool", ID: 7, Listener: l}); err != nil {
			t.Fatal(err)
		}
		conn := <-accepted
		if card := recv[asap.BusinessCard](user); card.Handle != "EchoPool" || card.Elements[0].ID != 7 {
			t.Errorf("first of all %+v, want the element's card", card)
		}
		if err := conn.SaveState([]byte("state")); err != nil {
			t.Fatal(err)
		}
		cookie := recv[asap.Cookie](user).Cookie
		if err := conn.SendBusinessCard(7); err != nil {
			t.Error(err)
		}
		recv[asap.BusinessCard](user)
		var size *client.SizeError
		if err := conn.SaveState(make([]byte, endpoint.MaxState+1)); !errors.As(err, &size) {
			t.Errorf("a state that is too long: %v", err)
		}

		bad := []byte(cookie)
		bad[36] ^= 1
		user.data("before")
		user.send(asap.CookieEcho{Cookie: string(bad)})
		user.send(asap.CookieEcho{Cookie: cookie})
		user.data("after")
		synctest.Wait()
		if got := read(t, conn); got != "before" || conn.State() != nil {
			t.Errorf("read %q, state %q", got, conn.State())
		}
		if _, err := conn.Read(make([]byte, 64)); !errors.Is(err, endpoint.ErrCookie) {
			t.Errorf("cookie with a flipped bit: %v", err)
		}
		if got := read(t, conn); got != "after" || string(conn.State()) != "state" {
			t.Errorf("read %q, state %q", got, conn.State())
		}
		if _, err := io.WriteString(conn, "answer"); err != nil {
			t.Error(err)
		}
		if m, err := user.Recv(t.Context()); err != nil || m.PPID != 0 || string(m.Data) != "answer" {
			t.Errorf("received %q with PPID %d, %v", m.Data, m.PPID, err)
		}
		user.data("last")
		if err := user.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got := read(t, conn); got != "last" {
			t.Errorf("read %q", got)
		}
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("Read after the end: %v", err)
		}
		if err := conn.SaveState(nil); !errors.Is(err, io.EOF) {
			t.Errorf("SaveState after the end: %v", err)
		}
		if err := errors.Join(conn.Close(), l.Close()); err != nil {
			t.Error(err)
		}
		if err := conn.SaveState(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("SaveState after Close: %v", err)
		}
	})
}

// An element that leaves its pool, and closes its Listener, goes on serving who
// is there. ASAP-5.2-05
func TestDeregisteredServesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		c, pu := s.open(hostPE), s.open(hostPU)
		l, err := c.Listen(transport.Address{})
		if err != nil {
			t.Fatal(err)
		}
		reg, err := c.Register(t.Context(), client.Element{Pool: "EchoPool", ID: 7, Listener: l})
		if err != nil {
			t.Fatal(err)
		}
		session, err := pu.Dial(t.Context(), "EchoPool")
		if err != nil {
			t.Fatal(err)
		}
		conn := accept(t, l)
		if err := errors.Join(reg.Close(t.Context()), l.Close()); err != nil {
			t.Error(err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept after Close: %v", err)
		}
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("second Close: %v", err)
		}
		for range 2 {
			if _, err := io.WriteString(session, "still there?"); err != nil {
				t.Fatal(err)
			}
			if got := read(t, conn); got != "still there?" {
				t.Errorf("read %q", got)
			}
			if err := conn.SaveState([]byte("x")); err != nil {
				t.Error(err)
			}
			pass(time.Minute)
		}
		if err := errors.Join(conn.Close(), session.Close()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		again, err := c.Listen(transport.Address{Port: l.Addr().(client.SCTPAddr).Port})
		if err != nil {
			t.Errorf("the port is not free: %v", err)
		} else if err := again.Close(); err != nil {
			t.Error(err)
		}
	})
}

// What Register says of an element that cannot be.
func TestElementRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		c, other := s.open(hostPE), s.open(hostPU)
		l, err := other.Listen(transport.Address{})
		if err != nil {
			t.Fatal(err)
		}
		unix, err := net.Listen("unix", t.TempDir()+"/s")
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close()
		for name, e := range map[string]client.Element{
			"nowhere":                 {Pool: "EchoPool"},
			"two places":              {Pool: "EchoPool", Listener: l, User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7}},
			"another client's socket": {Pool: "EchoPool", Listener: l},
			"a socket of no network":  {Pool: "EchoPool", Listener: unix},
			"no pool":                 {User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7}},
			"another host's address": {Pool: "EchoPool", User: wire.Transport{ // ASAP-5.1-02
				Type: wire.TypeTCPTransport, Port: 7, Addresses: []netip.Addr{hostB}}},
		} {
			if r, err := c.Register(t.Context(), e); err == nil {
				t.Errorf("registered %s", name)
				r.Abandon()
			}
		}
	})
}

// The client is closed: everything that waits ends, and says why.
func TestClientClosesAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		s.element(1, counting)
		pu := s.open(hostPU)
		session, err := pu.Dial(t.Context(), "EchoPool")
		if err != nil {
			t.Fatal(err)
		}
		l, err := pu.Listen(transport.Address{})
		if err != nil {
			t.Fatal(err)
		}
		errs := make(chan error)
		go func() { _, err := session.Read(make([]byte, 1)); errs <- err }()
		go func() { errs <- pu.Watch(context.Background(), "EchoPool", func(client.Resolution, error) {}) }()
		synctest.Wait()
		closeClient(t, pu)
		for range 2 {
			if err := <-errs; !errors.Is(err, client.ErrClosed) {
				t.Errorf("%v, want %v", err, client.ErrClosed)
			}
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept: %v", err)
		}
		if _, err := pu.Listen(transport.Address{}); !errors.Is(err, client.ErrClosed) {
			t.Errorf("Listen: %v", err)
		}
		if _, err := pu.Dial(t.Context(), "EchoPool"); !errors.Is(err, client.ErrClosed) {
			t.Errorf("Dial: %v", err)
		}
		if _, err := pu.Send(t.Context(), client.PEHandle{Pool: "EchoPool"}, []byte("x"), 0); !errors.Is(err, client.ErrClosed) {
			t.Errorf("Send: %v", err)
		}
		if err := errors.Join(pu.Populate("EchoPool"), pu.Purge("EchoPool")); !errors.Is(err, client.ErrClosed) {
			t.Errorf("Populate: %v", err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
}
