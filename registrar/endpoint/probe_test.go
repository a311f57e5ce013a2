package endpoint_test

import (
	"testing"
	"time"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// An element that ends a channel in good order has ended the session if it lives,
// is replaced and reported if not (ASAP-6.5-01), and is looked at once for all.
func TestOrderlyEnd(t *testing.T) {
	const down = "session 1 down 1 (EOF)"
	ended := func(t *testing.T, ids ...wire.PEIdentifier) (*scene, endpoint.ChannelDown) {
		s := newScene(t, ids...)
		s.do(open, "HR EchoPool", "connect 1")
		c := s.up(1, "session 1 up c1 1")
		s.pass(time.Second)
		return s, endpoint.ChannelDown{Channel: c, Reason: "EOF", Orderly: true}
	}
	t.Run("it lives", func(t *testing.T) {
		s, end := ended(t, 1, 2)
		s.do(endpoint.OpenSession{Session: 2, Handle: "EchoPool", Prefer: 1}, "HR EchoPool", "connect 1")
		other := s.up(1, "session 2 up c2 1")
		s.do(end, down, "connect 1", "HR EchoPool")
		s.do(endpoint.ChannelDown{Channel: other, Reason: "EOF", Orderly: true}, "session 2 down 1 (EOF)")
		s.up(1)
		s.pass(99 * time.Millisecond)
		s.pass(time.Millisecond, "close c3", "session 1 failed: the element has ended the session", "session 2 failed: the element has ended the session")
	})
	t.Run("it lives, and says all once more", func(t *testing.T) {
		s, end := ended(t, 1, 2)
		s.do(end, down, "connect 1", "HR EchoPool")
		c := s.up(1)
		s.do(endpoint.ChannelDown{Channel: c, Reason: "EOF", Orderly: true})
		s.pass(100*time.Millisecond, "connect 1")
		c = s.up(1)
		s.do(endpoint.ChannelDown{Channel: c, Reason: "EOF", Orderly: true}, "session 1 failed: the element has ended the session")
		s.pass(time.Second)
	})
	t.Run("it is about to stop", func(t *testing.T) {
		s, end := ended(t, 1, 2)
		s.do(end, down, "connect 1", "HR EchoPool")
		c := s.up(1)
		s.do(endpoint.ChannelDown{Channel: c, Reason: "EOF", Orderly: true})
		s.pass(100*time.Millisecond, "connect 1")
		s.fail(1, "UNREACH EchoPool 1", "connect 2")
	})
	t.Run("it is just dying", func(t *testing.T) {
		s, end := ended(t, 1, 2)
		s.do(end, down, "connect 1", "HR EchoPool")
		s.down(s.up(1), "UNREACH EchoPool 1", "connect 2")
		s.up(2, "session 1 up c3 2 from 1 (EOF)")
		s.pass(time.Second)
	})
	t.Run("it is dead", func(t *testing.T) {
		s, end := ended(t, 1, 2)
		s.do(end, down, "connect 1", "HR EchoPool")
		s.fail(1, "UNREACH EchoPool 1", "connect 2")
		s.up(2, "session 1 up c2 2 from 1 (EOF)")
	})
	t.Run("it is silent", func(t *testing.T) {
		s, end := ended(t, 1, 2)
		s.do(end, down, "connect 1", "HR EchoPool")
		s.pass(499 * time.Millisecond)
		s.pass(time.Millisecond, "connect 2")
		s.up(2, "session 1 up c2 2 from 1 (EOF)")
		s.fail(1, "UNREACH EchoPool 1")
	})
	t.Run("it lives, and its registrar is slow", func(t *testing.T) {
		s, end := ended(t, 1, 2)
		s.silent = true
		s.do(end, down, "connect 1", "HR EchoPool")
		s.up(1)
		s.pass(499*time.Millisecond, "close c2")
		s.pass(time.Millisecond, "session 1 failed: the element has ended the session")
	})
	t.Run("it lives, in a large pool", func(t *testing.T) {
		ids := make([]wire.PEIdentifier, 40)
		for i := range ids {
			ids[i] = wire.PEIdentifier(i + 1)
		}
		s, end := ended(t, ids...)
		s.pools["EchoPool"] = roundRobin(ids[1:33]...) // that many were asked for
		s.do(end, down, "connect 1", "HR EchoPool")
		s.up(1)
		s.pass(time.Second, "close c2", "session 1 failed: the element has ended the session")
	})
	t.Run("it has left the pool", func(t *testing.T) {
		s, end := ended(t, 1, 2)
		s.pools["EchoPool"] = roundRobin(2)
		s.do(end, down, "connect 1", "HR EchoPool", "connect 2")
		s.up(1)
		s.up(2, "session 1 up c3 2 from 1 (EOF)")
		s.pass(time.Second, "close c2")
	})
	t.Run("nobody can look", func(t *testing.T) {
		s, end := ended(t, 1, 2)
		s.do(end, down, "connect 1", "HR EchoPool")
		s.do(endpoint.ConnectFailed{Connect: s.connect(1), Reason: "no port left", Local: true}, "connect 2")
	})
	t.Run("the user has gone", func(t *testing.T) {
		s, end := ended(t, 1, 2)
		s.do(end, down, "connect 1", "HR EchoPool")
		s.do(endpoint.CloseSession{Session: 1})
		s.pass(time.Second)
		s.up(1)
		s.pass(time.Second, "close c2")
	})
	t.Run("with a message", func(t *testing.T) {
		s := newScene(t, 1, 2)
		s.do(sendTo(1, 1, 0), "HR EchoPool", "connect 1")
		c := s.up(1, "c1 < message 1")
		s.do(endpoint.ChannelDown{Channel: c, Reason: "EOF", Orderly: true}, "connect 1",
			`message 1 done []: no element of pool "EchoPool" can be reached: 0x00000001 (EOF)`)
		s.fail(1, "UNREACH EchoPool 1")
	})
}
