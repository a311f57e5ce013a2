package client_test

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"rserpool/registrar/client"
	"rserpool/registrar/policy"
	"rserpool/registrar/transport"
)

// text is a log that may be read.
type text struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *text) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *text) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// SEC-27: an element serves so many users and no more. Who is refused goes to another
// element, those who are served go on, and the log says so once.
func TestMaxSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		var log text
		c, err := client.Open(client.Config{
			Transport: s.network.Transport(hostPE), Registrars: []transport.Address{at(hostA, asapPort)}, CookieKey: key,
			MaxSessions: 2, Log: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		s.clients = append(s.clients, c)
		l, err := c.Listen(transport.Address{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Register(t.Context(), client.Element{Pool: "EchoPool", ID: 7, Policy: policy.Priority(1000), Listener: l}); err != nil {
			t.Fatal(err)
		}
		s.work.Go(func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				s.work.Go(func() { counting(7, conn.(*client.Conn)) })
			}
		})
		first := raw(t, s.network, l.Addr())
		raw(t, s.network, l.Addr())
		other, err := s.network.Transport(hostPU).Listen(transport.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		for range 3 {
			if _, err := other.Dial(t.Context(), transport.Address(l.Addr().(client.SCTPAddr))); !errors.Is(err, transport.ErrRefused) {
				t.Errorf("a third user: %v, want it refused", err)
			}
		}
		if got := l.Refused(); got != 3 || strings.Count(log.String(), "msg=limit.reached") != 1 || !strings.Contains(log.String(), "max_sessions=2") {
			t.Errorf("%d refused, log %q, want 3, told once", got, log.String())
		}
		s.element(2, counting)
		session, err := s.open(hostPU).Dial(t.Context(), "EchoPool")
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		if got := ask(t, session, "a"); got != "2 a 1" {
			t.Errorf("answer %q, want that of the other element", got)
		}
		if m, err := s.node.Measures(t.Context()); err != nil || m.Counters.Reports != 0 {
			t.Errorf("%d reports of an element that has no room, error %v, want none: it lives", m.Counters.Reports, err)
		}
		first.Abort("it has what it wants")
		synctest.Wait()
		if _, err := other.Dial(t.Context(), transport.Address(l.Addr().(client.SCTPAddr))); err != nil {
			t.Errorf("after one has gone: %v", err)
		}
	})
}

// What is no number of sessions is refused.
func TestMaxSessionsOfNothing(t *testing.T) {
	if c, err := client.Open(client.Config{MaxSessions: -1}); err == nil || !strings.Contains(err.Error(), "must be 1 or more") {
		t.Errorf("client %v, error %v", c, err)
	}
}
