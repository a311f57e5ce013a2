package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// The element is killed: the session goes on in less than a second, with the
// state that the dead one had saved, and with what OnFailover writes before
// anything else. ASAP-6.8-02, ASAP-5.8-03, ASAP-6.5-08, ASAP-6.5-04, ASAP-6.3-15
func TestSessionFailsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		s.element(1, counting)
		s.element(2, counting)
		pu := s.open(hostPU)
		var told []client.Failover
		session, err := pu.Dial(t.Context(), "EchoPool", client.OnFailover(func(f client.Failover) {
			told = append(told, f)
			if _, err := io.WriteString(f.Conn, "hello"); err != nil {
				t.Error(err)
			}
		}))
		if err != nil {
			t.Fatal(err)
		}
		if got := session.Element(); got != (client.PEHandle{Pool: "EchoPool", ID: 1}) {
			t.Errorf("session with %v, want the element with the highest priority", got)
		}
		for i, want := range []string{"1 a 1", "1 b 2"} {
			if got := ask(t, session, string(rune('a'+i))); got != want {
				t.Errorf("answer %q, want %q", got, want)
			}
		}
		synctest.Wait() // the cookie is here
		s.kill(1)
		began := time.Now()
		if got := ask(t, session, "c"); got != "2 hello 3" {
			t.Errorf("answer %q, want that to what OnFailover wrote", got)
		}
		if d := time.Since(began); d >= time.Second {
			t.Errorf("answer after %v, want less than a second", d)
		}
		if len(told) != 1 || told[0].From.ID != 1 || told[0].To.ID != 2 || told[0].Reason != "no answer" {
			t.Errorf("told of %+v", told)
		}
		if session.Element().ID != 2 || !strings.Contains(session.RemoteAddr().String(), s.hosts[2].String()) {
			t.Errorf("session with %v at %v", session.Element(), session.RemoteAddr())
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
		if _, err := session.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Read after Close: %v", err)
		}
		if _, err := session.Write(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Write after Close: %v", err)
		}
		if err := session.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("second Close: %v", err)
		}
	})
}

// A Read that waits goes on with the next element, after what the old one sent.
func TestReadBlocksAcrossFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		var leave sync.Once // the user comes again to see whether it is still there
		speak := func(id wire.PEIdentifier, conn *client.Conn) {
			fmt.Fprintf(conn, "from %d", id)
			if id == 1 { // it leaves, and ends the connection
				leave.Do(func() {
					if err := s.regs[id].Close(context.Background()); err != nil {
						t.Error(err)
					}
				})
				return
			}
			io.Copy(io.Discard, conn)
		}
		s.element(1, speak)
		s.element(2, speak)
		session, err := s.open(hostPU).Dial(t.Context(), "EchoPool")
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		for _, want := range []string{"fro", "m 1", "from 2"} {
			b := make([]byte, len(want))
			n, err := session.Read(b)
			if err != nil || string(b[:n]) != want {
				t.Fatalf("read %q, %v; want %q", b[:n], err, want)
			}
		}
	})
}

// An element that has said all ends the session, as it would end a connection.
func TestElementEndsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		for id := wire.PEIdentifier(1); id <= 2; id++ {
			s.element(id, func(_ wire.PEIdentifier, conn *client.Conn) { io.WriteString(conn, "all there is") })
		}
		session, err := s.open(hostPU).Dial(t.Context(), "EchoPool")
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		if got, err := io.ReadAll(session); err != nil || string(got) != "all there is" {
			t.Errorf("read %q, %v", got, err)
		}
		if _, err := session.Write([]byte("more")); !errors.Is(err, endpoint.ErrEnded) {
			t.Errorf("write: %v, want that it has ended", err)
		}
	})
}

// A client that is closed turns users away before it ends their sessions: however long
// its end takes, and also where no registrar tells that its elements have left, they go
// on with others.
func TestClosedClientIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		leaver := s.element(1, counting)
		s.element(2, counting)
		session, err := s.open(hostPU).Dial(t.Context(), "EchoPool")
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		slow, err := s.open(hostB).Dial(t.Context(), "EchoPool")
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Close()
		for _, s := range []*client.Session{session, slow} {
			if got := ask(t, s, "a"); got != "1 a 1" {
				t.Fatalf("answer %q", got)
			}
		}
		synctest.Wait() // the cookie is here
		s.network.Cut(hostB, s.hosts[1])
		s.network.Cut(hostPU, hostA)
		closeClient(t, leaver)
		if got := ask(t, session, "b"); got != "2 b 2" {
			t.Errorf("answer %q, want that of the other element", got)
		}
	})
}

// All elements are gone: Read and Write say so, with a type. So does a pool that
// does not exist. ASAP-6.5-05, ASAP-6.3-06
func TestSessionFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		s.element(1, counting)
		s.element(2, counting)
		pu := s.open(hostPU)
		if _, err := pu.Dial(t.Context(), "NoPool"); !errors.Is(err, endpoint.ErrUnknownPool) {
			t.Errorf("Dial of no pool: %v", err)
		}
		session, err := pu.Dial(t.Context(), "EchoPool", client.Prefer(2))
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		if session.Element().ID != 2 {
			t.Errorf("session with %v, want the preferred one", session.Element())
		}
		read := make(chan error)
		go func() {
			_, err := session.Read(make([]byte, 8))
			read <- err
		}()
		s.kill(1)
		s.kill(2)
		var none *endpoint.NoElementError
		if err := <-read; !errors.As(err, &none) || len(none.Failures) != 2 {
			t.Errorf("Read: %v, want both elements with reasons", err)
		}
		if _, err := session.Write([]byte("x")); !errors.As(err, &none) {
			t.Errorf("Write: %v", err)
		}
	})
}

// The registrar dies together with the element: the cache is enough.
// ASAP-6.3-15
func TestSessionFailsOverAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		s.element(1, counting)
		s.element(2, counting)
		session, err := s.open(hostPU).Dial(t.Context(), "EchoPool")
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		ask(t, session, "a")
		pass(10 * time.Minute) // no answer of that time is fresh any more
		s.network.Cut(hostA, hostPU)
		s.kill(1)
		began := time.Now()
		read := make(chan error)
		go func() {
			_, err := session.Read(make([]byte, 64))
			read <- err
		}()
		for session.Element().ID != 2 {
			pass(10 * time.Millisecond)
		}
		if _, err := io.WriteString(session, "b"); err != nil {
			t.Error(err)
		}
		if err := <-read; err != nil || time.Since(began) >= time.Second {
			t.Errorf("Read: %v after %v", err, time.Since(began))
		}
	})
}
