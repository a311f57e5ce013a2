package tcp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/identity"
)

// secured opens a listener with TLS, and says what callers need.
func secured(t *testing.T, c transport.Config) (*listener, identity.Credentials) {
	t.Helper()
	ca := newAuthority(t)
	l := openWith(t, Secure(identity.Credentials{Certificate: ca.issue(t, leaf{ips: []string{"127.0.0.1"}})}), c)
	return l, identity.Credentials{Roots: ca.roots}
}

// tapped is a caller of l without this package, whose records can be tampered with:
// tap is the connection below TLS.
func tapped(t *testing.T, l *listener, c identity.Credentials) (conn *tls.Conn, tap *tap, a transport.Association) {
	t.Helper()
	raw, err := net.Dial("tcp", l.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	if err := raw.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	tap = newTap(raw)
	conn = tls.Client(tap, &tls.Config{RootCAs: c.Roots, ServerName: "127.0.0.1"})
	if err := conn.HandshakeContext(bounded(t)); err != nil {
		t.Fatal(err)
	}
	if a, err = l.Accept(bounded(t)); err != nil {
		t.Fatal(err)
	}
	return conn, tap, a
}

// tap is who is on the way: it keeps what goes out, and may hold it back.
type tap struct {
	net.Conn
	sent bytes.Buffer
	held bool
}

func newTap(c net.Conn) *tap { return &tap{Conn: c} }

func (t *tap) Write(b []byte) (int, error) {
	t.sent.Write(b)
	if t.held {
		return len(b), nil
	}
	return t.Conn.Write(b)
}

// record gives the record with the message, without sending it.
func (t *tap) record(test *testing.T, conn *tls.Conn, message string) []byte {
	test.Helper()
	before := t.sent.Len()
	t.held = true
	write(test, conn, message)
	t.held = false
	return bytes.Clone(t.sent.Bytes()[before:])
}

// Who is on the way can end a connection and nothing else: neither repeat a
// message, in the same session (SEC-16) or a new one, nor change one (SEC-17), nor
// make a cut look like an end in good order.
func TestWhoIsOnTheWay(t *testing.T) {
	const cut = "without the end of TLS"
	for _, tc := range []struct {
		name     string
		tamper   func(record []byte) []byte // with the second message
		end      func(*net.TCPConn) error
		messages int // that get through after the first
		want     string
	}{
		{"cut behind it", bytes.Clone, (*net.TCPConn).CloseWrite, 1, cut},
		{"cut before it", func([]byte) []byte { return nil }, (*net.TCPConn).CloseWrite, 0, cut},
		{"cut inside it", func(r []byte) []byte { return r[:len(r)-1] }, (*net.TCPConn).CloseWrite, 0, cut},
		{"changed", func(r []byte) []byte { r[len(r)/2] ^= 1; return r }, nil, 0, "bad record MAC"},
		{"repeated", func(r []byte) []byte { return append(r, r...) }, nil, 1, "bad record MAC"},
		{"in clear", func([]byte) []byte { return []byte(echo) }, nil, 0, "TLS has failed"},
		{"reset", func([]byte) []byte { return nil }, func(c *net.TCPConn) error {
			_ = c.SetLinger(0)
			return c.Close()
		}, 0, "by the peer"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, c := secured(t, transport.Config{})
			conn, w, a := tapped(t, l, c)
			write(t, conn, ctrl)
			if m, err := a.Recv(bounded(t)); err != nil || string(m.Data) != ctrl {
				t.Fatalf("%q, %v", m.Data, err)
			}
			write(t, w.Conn, string(tc.tamper(w.record(t, conn, echo))))
			if tc.end != nil {
				if err := tc.end(w.Conn.(*net.TCPConn)); err != nil {
					t.Fatal(err)
				}
			}
			if err := ended(t, a); !errors.Is(err, transport.ErrAborted) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("ended with %v, want ErrAborted and %q", err, tc.want)
			}
			got := 0
			for m, err := a.Recv(bounded(t)); err == nil; m, err = a.Recv(bounded(t)) {
				if got++; string(m.Data) != echo {
					t.Errorf("got %q", m.Data)
				}
			}
			if got != tc.messages {
				t.Errorf("%d more messages, want %d", got, tc.messages)
			}
		})
	}
}

// SEC-16: a session that was recorded is worth nothing.
func TestReplayedSession(t *testing.T) {
	heard := newRefusals()
	l, c := secured(t, heard.config(transport.Config{}))
	conn, w, a := tapped(t, l, c)
	write(t, conn, ctrl)
	if _, err := a.Recv(bounded(t)); err != nil {
		t.Fatal(err)
	}
	a.Abort("")
	again, err := net.Dial("tcp", l.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	write(t, again, w.sent.String())
	heard.next(t, "bad record MAC")
	noneAccepted(t, l)
}

// The end of TLS is the end of what a peer sends, whether the connection lasts or
// not, and inside a message it is none in good order.
func TestEndOfTLS(t *testing.T) {
	for _, tc := range []struct {
		name, before string
		is           error
	}{
		{"behind a message", echo, transport.ErrShutdown},
		{"inside a message", echo[:9], transport.ErrAborted},
	} {
		l, c := secured(t, transport.Config{})
		conn, _, a := tapped(t, l, c)
		write(t, conn, tc.before)
		if err := conn.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if err := ended(t, a); !errors.Is(err, tc.is) {
			t.Errorf("%s: ended with %v, want %v", tc.name, err, tc.is)
		}
		if _, err := conn.Read(make([]byte, 1)); errors.Is(tc.is, transport.ErrShutdown) && !errors.Is(err, io.EOF) {
			t.Errorf("%s: the peer reads %v, want the end of TLS", tc.name, err)
		}
	}
}

// fill queues messages for a peer that does not read, until no more fit.
func fill(t *testing.T, a transport.Association) (sent int) {
	t.Helper()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		err := a.Send(ctx, transport.Message{PPID: transport.PPIDASAP, Data: largest()})
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return sent
		}
		if err != nil {
			t.Fatal(err)
		}
		sent++
	}
}

// A peer that has ended its side gets what is queued for it, and not for ever.
func TestPeerEndsItsSideOfTLS(t *testing.T) {
	l, c := secured(t, transport.Config{})
	for _, reads := range []bool{true, false} {
		if l.limits.farewell = patience; !reads {
			l.limits.farewell = 100 * time.Millisecond
		}
		conn, _, a := tapped(t, l, c)
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
func TestResetWhileStalledOverTLS(t *testing.T) {
	l, c := secured(t, transport.Config{})
	conn, w, a := tapped(t, l, c)
	if err := w.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := conn.Write(largest()); err != nil {
			break // nothing more gets in
		}
	}
	if err := w.Conn.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if err := ended(t, a); !errors.Is(err, transport.ErrAborted) {
		t.Errorf("ended with %v, want ErrAborted", err)
	}
	if m, err := a.Recv(bounded(t)); err != nil || !bytes.Equal(m.Data, largest()) {
		t.Errorf("what had arrived: %d bytes, %v", len(m.Data), err)
	}
}

// silent connects and does no handshake.
func silent(t *testing.T, l *listener) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", l.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// Callers in the handshake count for the limit, until they give up.
func TestHalfOpenLimit(t *testing.T) {
	heard := newRefusals()
	l, c := secured(t, heard.config(transport.Config{MaxHalfOpen: 1, HandshakeTimeout: patience}))
	first := silent(t, l)
	from := openWith(t, Secure(c), transport.Config{})
	if _, err := from.Dial(bounded(t), at(l)); !errors.Is(err, transport.ErrRefused) {
		t.Errorf("the second caller gets %v, want ErrRefused", err)
	}
	first.Close()
	heard.next(t, "the connection ended")
	a, err := from.Dial(bounded(t), at(l))
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Accept(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	exchange(t, a, b)
}

// A caller has so much time for the handshake and no more.
func TestHandshakeTimeout(t *testing.T) {
	heard := newRefusals()
	l, _ := secured(t, heard.config(transport.Config{HandshakeTimeout: 50 * time.Millisecond}))
	conn := silent(t, l)
	heard.next(t, "no end of it within 50ms")
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the caller reads %v, want the end", err)
	}
	noneAccepted(t, l)
}

// Closing does not wait for callers in the handshake, and does not call them
// turned away.
func TestCloseDuringHandshake(t *testing.T) {
	heard := newRefusals()
	l, _ := secured(t, heard.config(transport.Config{HandshakeTimeout: 10 * patience}))
	silent(t, l)
	ctx := bounded(t)
	for tick := time.Tick(time.Millisecond); ; {
		l.mu.Lock()
		n := l.welcoming
		l.mu.Unlock()
		if n == 1 {
			break
		}
		select {
		case <-tick:
		case <-ctx.Done():
			t.Fatal("the caller does not get to the handshake")
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-heard:
		t.Errorf("turned away: %v", err)
	default:
	}
}

// Who speaks no TLS is told apart, on both sides.
func TestNoTLS(t *testing.T) {
	heard := newRefusals()
	l, c := secured(t, heard.config(transport.Config{}))
	a, err := open(t, transport.Config{}).Dial(bounded(t), at(l))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Send(bounded(t), transport.Message{PPID: transport.PPIDASAP, Data: []byte(echo)}); err != nil {
		t.Fatal(err)
	}
	heard.next(t, "does not look like a TLS handshake")
	noneAccepted(t, l)
	ended(t, a)

	s, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	go func() {
		if conn, err := s.Accept(); err == nil {
			_, _ = io.WriteString(conn, "220 some other service\r\n")
			_, _ = io.Copy(io.Discard, conn)
			conn.Close()
		}
	}()
	to := at(l)
	to.Port = uint16(s.Addr().(*net.TCPAddr).Port)
	_, err = openWith(t, Secure(c), transport.Config{}).Dial(bounded(t), to)
	if err == nil || !strings.Contains(err.Error(), "want its port for TLS, 3864 as a rule") {
		t.Errorf("%v, want the port for TLS", err)
	}
}

// Without a certificate a listener can only dial.
func TestNoCertificate(t *testing.T) {
	l := openWith(t, Secure(identity.Credentials{}), transport.Config{})
	if _, err := openWith(t, Secure(identity.Credentials{}), transport.Config{}).Dial(bounded(t), at(l)); !errors.Is(err, transport.ErrRefused) {
		t.Errorf("%v, want ErrRefused", err)
	}
}
