package tcp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"rserpool/registrar/transport"
)

const patience = 20 * time.Second

var loopback = netip.MustParseAddr("127.0.0.1")

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// open listens on the loopback.
func open(t *testing.T, c transport.Config) *listener {
	t.Helper()
	return openWith(t, New(), c)
}

// openWith listens on the loopback over this transport.
func openWith(t *testing.T, tr Transport, c transport.Config) *listener {
	t.Helper()
	if len(c.Local.Addrs) == 0 {
		c.Local.Addrs = []netip.Addr{loopback}
	}
	l, err := tr.Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l.(*listener)
}

// bare connects without this package.
func bare(t *testing.T, l *listener) (*net.TCPConn, transport.Association) {
	t.Helper()
	conn, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(l.Addrs()[0]))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	a, err := l.Accept(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	return conn, a
}

func write(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

func ended(t *testing.T, a transport.Association) error {
	t.Helper()
	select {
	case <-a.Done():
	case <-bounded(t).Done():
		t.Fatal("the association has not ended")
	}
	return a.Err()
}

// PAR-4-11: messages are found in any segments; one that is not finished ends the
// connection, and waiting before one does not.
func TestSlowSender(t *testing.T) {
	l := open(t, transport.Config{})
	l.limits.message = 50 * time.Millisecond
	conn, a := bare(t, l)
	idle, other := bare(t, l)
	for i := range len(ctrl) { // its time begins anew with each message, not with each byte
		write(t, conn, ctrl[i:i+1])
	}
	m, err := a.Recv(bounded(t))
	if err != nil || string(m.Data) != ctrl || m.PPID != transport.PPIDASAP {
		t.Fatalf("got %q, PPID %d, %v, want %q", m.Data, m.PPID, err, ctrl)
	}
	write(t, conn, ctrl[:9])
	if err := ended(t, a); !errors.Is(err, transport.ErrAborted) || !strings.Contains(err.Error(), "too long") {
		t.Errorf("ended with %v, want ErrAborted that says what took too long", err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the sender reads %v, want a reset", err)
	}
	write(t, idle, echo) // it has waited longer than a message may take
	if m, err := other.Recv(bounded(t)); err != nil || string(m.Data) != echo {
		t.Errorf("after a pause: %q, %v", m.Data, err)
	}
}

// Whatever ends a stream badly ends the association with what was wrong.
func TestBadStreams(t *testing.T) {
	for _, tc := range []struct{ name, stream, want string }{
		{"broken length", echo + "\x05\x00\x00\x02", "want at least 4, have 2"},
		{"ends in a header", echo + "\x05", "ended inside a message"},
		{"ends in a message", echo + "\x05\x00\xff\xff", "ended inside a message"},
	} {
		l := open(t, transport.Config{})
		conn, a := bare(t, l)
		write(t, conn, tc.stream)
		_ = conn.CloseWrite() // too late after a broken length
		if err := ended(t, a); !errors.Is(err, transport.ErrAborted) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: ended with %v, want ErrAborted and %q", tc.name, err, tc.want)
		}
		if m, err := a.Recv(bounded(t)); err != nil || string(m.Data) != echo {
			t.Errorf("%s: what was whole before it: %q, %v", tc.name, m.Data, err)
		}
	}
}

// A peer that closes its side gets what is queued for it, and not for ever.
func TestPeerClosesItsSide(t *testing.T) {
	l := open(t, transport.Config{})
	for _, reads := range []bool{true, false} {
		if l.limits.farewell = patience; !reads {
			l.limits.farewell = 100 * time.Millisecond
		}
		conn, a := bare(t, l)
		sent := fill(t, a)
		if err := conn.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if reads {
			got, err := io.ReadAll(conn)
			if want := bytes.Repeat(largest(), sent); err != nil || !bytes.Equal(got, want) {
				t.Errorf("read %d bytes, %v, want %d", len(got), err, len(want))
			}
		}
		if err := ended(t, a); !errors.Is(err, transport.ErrShutdown) {
			t.Errorf("peer reads %t: ended with %v, want ErrShutdown", reads, err)
		}
	}
}

// A reset is noticed even while the peer's messages are not taken.
func TestResetWhileStalled(t *testing.T) {
	l := open(t, transport.Config{})
	conn, a := bare(t, l)
	if err := conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := conn.Write(largest()); err != nil {
			break // nothing more gets in
		}
	}
	if err := conn.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if err := ended(t, a); !errors.Is(err, transport.ErrAborted) {
		t.Errorf("ended with %v, want ErrAborted", err)
	}
	if m, err := a.Recv(bounded(t)); err != nil || !bytes.Equal(m.Data, largest()) {
		t.Errorf("what had arrived: %d bytes, %v", len(m.Data), err)
	}
}
