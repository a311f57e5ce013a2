package main

import (
	queue "container/list"
	"net"
	"net/http"
	"sync"
	"time"

	"rserpool/web"
)

const (
	// unreadTime is how long a client may leave a piece of an answer unread.
	unreadTime = 10 * time.Second
	// pieceSize is that of such a piece: at 6 KB in a second nobody is cut off.
	pieceSize = 64 << 10
)

// conns bounds the connections of a server. Above the limit the one that has waited
// longest for a request to be complete gives way: whoever only holds connections keeps
// nobody out.
type conns struct {
	limit int
	// hub is told how many there are.
	hub *web.Hub

	mu   sync.Mutex
	open int
	// waiting are those without a request, the longest first.
	waiting queue.List
	places  map[net.Conn]*queue.Element
}

func newConns(limit int, hub *web.Hub) *conns {
	return &conns{limit: limit, hub: hub, places: make(map[net.Conn]*queue.Element)}
}

// state is http.Server.ConnState.
func (c *conns) state(conn net.Conn, s http.ConnState) {
	if over := c.move(conn, s); over != nil {
		c.hub.GaveWay(over.RemoteAddr())
		go func() { _ = over.Close() }() // one with TLS says goodbye first
	}
}

// move keeps account, and gives the connection that has to go.
func (c *conns) move(conn net.Conn, s http.ConnState) (over net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.places[conn]; at != nil {
		c.waiting.Remove(at)
		delete(c.places, conn)
	}
	switch s {
	case http.StateNew:
		c.open++
		c.places[conn] = c.waiting.PushBack(conn)
		if c.open > c.limit {
			over = c.waiting.Remove(c.waiting.Front()).(net.Conn)
			delete(c.places, over)
		}
	case http.StateIdle:
		c.places[conn] = c.waiting.PushBack(conn)
	case http.StateHijacked, http.StateClosed:
		c.open--
	case http.StateActive:
	}
	c.hub.Connected(c.open)
	return over
}

// patientListener gives connections that wait for their readers, but not for ever.
type patientListener struct{ net.Listener }

func (l patientListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return patientConn{conn}, nil
}

// patientConn ends when the other end does not read. An answer may be long, and its
// reader slow: what counts is that something is read.
type patientConn struct{ net.Conn }

func (c patientConn) Write(b []byte) (n int, err error) {
	for err == nil && n < len(b) {
		if err = c.SetWriteDeadline(time.Now().Add(unreadTime)); err == nil {
			var more int
			more, err = c.Conn.Write(b[n:min(n+pieceSize, len(b))])
			n += more
		}
	}
	return n, err
}
