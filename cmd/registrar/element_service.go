package main

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxSessions is how many sessions an element serves at once; its load is
	// measured against it. More are closed at once.
	maxSessions = 256
	// sessionTimeout ends a session in which nothing happens.
	sessionTimeout = 5 * time.Minute
)

// services are what elements can do: one TCP session each call.
var services = map[string]func(net.Conn){
	"echo":    echo,
	"discard": discard,
	"daytime": daytime,
}

// serviceNames is for messages, in the order of the contract.
const serviceNames = "echo, discard or daytime"

// echo is RFC 862.
func echo(c net.Conn) { io.Copy(c, idle{c}) } //nolint:errcheck // the session is over either way

// discard is RFC 863.
func discard(c net.Conn) { io.Copy(io.Discard, idle{c}) } //nolint:errcheck // as above

// daytime is RFC 867.
func daytime(c net.Conn) {
	c.SetDeadline(time.Now().Add(sessionTimeout))                   //nolint:errcheck // as above
	io.WriteString(c, time.Now().UTC().Format(time.RFC1123)+"\r\n") //nolint:errcheck // as above
}

// idle is a connection that gives up after sessionTimeout without data, so that
// also a peer that never reads what is sent to it is found.
type idle struct{ net.Conn }

func (c idle) Read(b []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(sessionTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// server serves sessions on one listener. Use newServer.
type server struct {
	listener net.Listener
	serve    func(net.Conn)
	sessions atomic.Int32
	running  sync.WaitGroup

	mu     sync.Mutex
	open   map[net.Conn]struct{}
	closed bool
}

func newServer(ctx context.Context, service, addr string) (*server, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &server{listener: l, serve: services[service], open: make(map[net.Conn]struct{})}
	s.running.Go(s.accept)
	return s, nil
}

func (s *server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		if !s.admit(c) {
			c.Close()
			continue
		}
		s.running.Go(func() {
			s.serve(c)
			s.forget(c)
		})
	}
}

func (s *server) admit(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.open) >= maxSessions {
		return false
	}
	s.open[c] = struct{}{}
	s.sessions.Add(1)
	return true
}

func (s *server) forget(c net.Conn) {
	c.Close()
	s.sessions.Add(-1)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

// load is the share of maxSessions in use, in the unit of RFC 5356.
func (s *server) load() uint32 {
	return uint32(uint64(s.sessions.Load()) * 0xffffffff / maxSessions)
}

// close ends the listener and all sessions.
func (s *server) close() {
	s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for c := range s.open {
		c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}
