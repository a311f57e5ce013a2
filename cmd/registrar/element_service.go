package main

import (
	"io"
	"net"
	"time"

	"rserpool/registrar/wire"
)

// sessionTimeout ends a session in which nothing happens.
const sessionTimeout = 5 * time.Minute

// service is what an element can do; it is told under which identifier.
type service struct {
	// session serves one connection.
	session func(net.Conn, wire.PEIdentifier)
	// answer is what a datagram gets back, nil for nothing.
	answer func([]byte, wire.PEIdentifier) []byte
}

var services = map[string]service{
	"echo":     {echo, func(b []byte, _ wire.PEIdentifier) []byte { return b }},
	"discard":  {discard, func([]byte, wire.PEIdentifier) []byte { return nil }},
	"daytime":  {daytime, func([]byte, wire.PEIdentifier) []byte { return []byte(timeOfDay()) }},
	"pingpong": {pingPong, pong},
}

// serviceNames is for messages, in the order of the contract.
const serviceNames = "echo, discard, daytime, pingpong or exec"

// echo is RFC 862.
func echo(c net.Conn, _ wire.PEIdentifier) { io.Copy(c, idle{c}) } //nolint:errcheck // the session is over either way

// discard is RFC 863.
func discard(c net.Conn, _ wire.PEIdentifier) { io.Copy(io.Discard, idle{c}) } //nolint:errcheck // as above

// daytime is RFC 867.
func daytime(c net.Conn, _ wire.PEIdentifier) {
	c.SetDeadline(time.Now().Add(sessionTimeout)) //nolint:errcheck // as above
	io.WriteString(c, timeOfDay())                //nolint:errcheck // as above
}

func timeOfDay() string { return time.Now().UTC().Format(time.RFC1123) + "\r\n" }

// idle is a connection that gives up after sessionTimeout without data, so that
// also a peer that never reads what is sent to it is found.
type idle struct{ net.Conn }

func (c idle) Read(b []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(sessionTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}
