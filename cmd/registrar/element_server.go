package main

import (
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"rserpool/registrar/client"
	"rserpool/registrar/wire"
)

const (
	// defaultSessions is how many sessions an element serves at once; its load is
	// measured against that. More are closed at once.
	defaultSessions = 256
	// fullEvery is the least time between two words in the log on such.
	fullEvery = 10 * time.Second
	// acceptPause is the time until an element that had no descriptor left for a
	// session tries again.
	acceptPause = 100 * time.Millisecond
)

// worker is what serves behind one element.
type worker interface {
	// offer says where it serves.
	offer(*client.Element)
	// named tells under which identifier it is in the pool.
	named(wire.PEIdentifier)
	// ended gets the reason where it ends by itself, nil for success.
	ended() <-chan error
	// close ends it.
	close()
}

// server serves sessions on one listener. Use newServer.
type server struct {
	listener net.Listener
	serve    func(net.Conn, wire.PEIdentifier)
	// most is how many sessions there are at once.
	most     int
	log      *slog.Logger
	id       atomic.Uint32
	sessions atomic.Int32
	running  sync.WaitGroup
	closing  chan struct{}

	mu     sync.Mutex
	open   map[net.Conn]struct{}
	closed bool
	// refused were sessions beyond most, tell is for the log to hear of that.
	refused int
	tell    rate.Sometimes
}

func newServer(l net.Listener, most int, log *slog.Logger, serve func(net.Conn, wire.PEIdentifier)) *server {
	s := &server{listener: l, most: most, log: log, serve: serve, closing: make(chan struct{}), tell: rate.Sometimes{Interval: fullEvery}}
	s.running.Go(s.accept)
	return s
}

// accept serves until close; a lack of descriptors passes.
func (s *server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			select {
			case <-s.closing:
				return
			case <-time.After(acceptPause):
				continue
			}
		}
		s.running.Go(func() {
			if !s.admit(c) {
				c.Close()
				return
			}
			s.serve(c, wire.PEIdentifier(s.id.Load()))
			s.forget(c)
		})
	}
}

func (s *server) admit(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.full() {
		return false
	}
	if s.open == nil {
		s.open = make(map[net.Conn]struct{})
	}
	s.open[c] = struct{}{}
	s.sessions.Add(1)
	return true
}

// full reports whether there is no room for a session, and says so in the log at times.
func (s *server) full() bool {
	if len(s.open) < s.most {
		return false
	}
	s.refused++
	s.tell.Do(func() {
		s.log.Warn("limit.reached", slog.String("text", "a user is refused; --max-sessions moves the limit"),
			slog.Int("max_sessions", s.most), slog.Int("refused", s.refused))
	})
	return true
}

func (s *server) forget(c net.Conn) {
	c.Close()
	s.sessions.Add(-1)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

// load is the share of the sessions in use.
func (s *server) load() (float64, error) { return float64(s.sessions.Load()) / float64(s.most), nil }

func (s *server) offer(e *client.Element) { e.Listener = s.listener }

func (s *server) named(id wire.PEIdentifier) { s.id.Store(uint32(id)) }

// ended: it serves until it is closed.
func (s *server) ended() <-chan error { return nil }

// close ends the listener and all sessions, at once: each may take its time.
func (s *server) close() {
	close(s.closing)
	s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for c := range s.open {
		s.running.Go(func() { c.Close() })
	}
	s.mu.Unlock()
	s.running.Wait()
}
