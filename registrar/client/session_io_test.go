package client_test

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/client"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// What waits for an answer ends at its deadline, and works again after that.
func TestSessionDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		s.element(1, counting)
		session, err := s.open(hostPU).Dial(t.Context(), "EchoPool")
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		began := time.Now()
		session.SetReadDeadline(began.Add(3 * time.Second))
		go func() {
			pass(time.Second)
			session.SetReadDeadline(began.Add(2 * time.Second)) // counts for the Read under way
		}()
		_, err = session.Read(make([]byte, 8))
		var timeout net.Error
		if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("Read: %v", err)
		}
		if d := time.Since(began); d != 2*time.Second {
			t.Errorf("after %v, want 2s", d)
		}
		if _, err := session.Read(make([]byte, 8)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Read again: %v", err)
		}
		session.SetDeadline(time.Time{})
		if got := ask(t, session, "a"); got != "1 a 1" {
			t.Errorf("answer %q", got)
		}
		session.SetWriteDeadline(time.Unix(1, 0))
		if _, err := session.Write([]byte("b")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write: %v", err)
		}
		if err := session.SetDeadline(time.Time{}); err != nil {
			t.Error(err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
		if err := session.SetDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("SetDeadline after Close: %v", err)
		}
	})
}

// Messages keep their bounds; an element that does not read holds the user up
// instead of filling the memory.
func TestSessionMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		begin := make(chan struct{})
		sizes := make(chan int, 1000)
		s.element(1, func(_ wire.PEIdentifier, conn *client.Conn) {
			<-begin
			b := make([]byte, transport.MaxMessage)
			for {
				n, err := conn.Read(b)
				if err != nil {
					close(sizes)
					return
				}
				sizes <- n
			}
		})
		session, err := s.open(hostPU).Dial(t.Context(), "EchoPool")
		if err != nil {
			t.Fatal(err)
		}
		var size *client.SizeError
		if _, err := session.Write(make([]byte, transport.MaxMessage+1)); !errors.As(err, &size) || size.Limit != transport.MaxMessage {
			t.Errorf("a longer message: %v", err)
		}
		session.SetWriteDeadline(time.Now().Add(time.Minute))
		written := 0
		for {
			if _, err := session.Write(make([]byte, transport.MaxMessage)); err != nil {
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error(err)
				}
				break
			}
			written++
		}
		if written < 4 || written > 40 {
			t.Errorf("%d of the longest messages were taken without a Read", written)
		}
		close(begin)
		session.SetWriteDeadline(time.Time{})
		if _, err := session.Write([]byte("end")); err != nil {
			t.Error(err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
		var got []int
		for n := range sizes {
			got = append(got, n)
		}
		if len(got) != written+1 || got[0] != transport.MaxMessage || got[written] != 3 {
			t.Errorf("read %v, want %d whole messages and one of 3", got, written)
		}
	})
}

// Three sessions with the same element: each has a connection of its own, from a
// port of its own, that is free again after it.
func TestSessionsShareAnElement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		s.element(1, counting)
		pu := s.open(hostPU)
		var sessions []*client.Session
		for range 3 {
			session, err := pu.Dial(t.Context(), "EchoPool")
			if err != nil {
				t.Fatal(err)
			}
			sessions = append(sessions, session)
		}
		var got []string
		for _, session := range sessions {
			got = append(got, ask(t, session, "a"))
		}
		if diff := cmp.Diff([]string{"1 a 1", "1 a 1", "1 a 1"}, got); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
		ports := make(map[string]bool)
		for _, session := range sessions {
			ports[session.LocalAddr().String()] = true
			if err := session.Close(); err != nil {
				t.Error(err)
			}
		}
		again, err := pu.Dial(t.Context(), "EchoPool")
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if len(ports) != 3 || !ports[again.LocalAddr().String()] {
			t.Errorf("left from %v, then from %v; want three ports and one of them again", ports, again.LocalAddr())
		}
	})
}
