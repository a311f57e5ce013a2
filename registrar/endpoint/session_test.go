package endpoint_test

import (
	"fmt"
	"testing"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

var open = endpoint.OpenSession{Session: 1, Handle: "EchoPool"}

// ASAP-6.3-15: there are others to go to, without another question.
// ASAP-6.5-01: the home hears of the failure.
// ASAP-6.5-08, SEC-23: SessionDown and SessionUp frame the time without an
// element, SessionUp names the new one before data can go to it.
func TestSessionFailsOver(t *testing.T) {
	s := newScene(t, 1, 2, 3)
	s.do(open, "HR EchoPool", "connect 1")
	c := s.up(1, "session 1 up c1 1")
	s.pass(10 * time.Second)
	s.down(c, "session 1 down 1 (lost)", "UNREACH EchoPool 1", "connect 2")
	s.up(2, "session 1 up c2 2 from 1 (lost)")
	s.do(endpoint.CloseSession{Session: 1}, "close c2")
	s.down(2) // is nobody's any more
}

// ASAP-6.5-05: each element once per round, one question for new ones, then an
// error.
func TestSessionRound(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(open, "HR EchoPool", "connect 1")
	s.fail(1, "UNREACH EchoPool 1", "connect 2")
	s.pools["EchoPool"] = roundRobin(1, 2, 3)
	s.fail(2, "UNREACH EchoPool 2", "HR EchoPool", "connect 3")
	s.fail(3, "UNREACH EchoPool 3",
		`session 1 failed: no element of pool "EchoPool" can be reached: 0x00000001 (refused), 0x00000002 (refused), 0x00000003 (refused)`)
	s.pass(time.Hour)
}

// Who has no room for another user lives: another one is tried, and the home does not hear
// of it. SEC-27: filling an element does not take it out of its pool.
func TestSessionLeavesFull(t *testing.T) {
	s := newScene(t, 1, 2, 3)
	s.do(open, "HR EchoPool", "connect 1")
	s.do(endpoint.ConnectFailed{Connect: s.connect(1), Reason: "full", Full: true}, "connect 2")
	c := s.up(2, "session 1 up c1 2")
	s.pass(10 * time.Second)
	s.do(endpoint.OpenSession{Session: 2, Handle: "EchoPool"}, "connect 3") // 1 is avoided for a while
	s.up(3, "session 2 up c2 3")
	s.down(c, "session 1 down 2 (lost)", "UNREACH EchoPool 2", "connect 3")
}

// TestSessionLeavesHost: 1 to 4 are at one host. When that is gone, it does not take a
// time-out each to find out.
func TestSessionLeavesHost(t *testing.T) {
	s := newScene(t, 1, 2, 3, 4, 5, 6)
	elements := s.pools["EchoPool"].elements
	for i := range 4 {
		elements[i].UserTransport.Addresses = elements[0].UserTransport.Addresses
	}
	s.do(open, "HR EchoPool", "connect 1")
	c := s.up(1, "session 1 up c1 1")
	s.pass(10 * time.Second)
	s.down(c, "session 1 down 1 (lost)", "UNREACH EchoPool 1", "connect 2") // it may have been 1 alone
	s.fail(2, "UNREACH EchoPool 2", "connect 5")
	s.fail(5, "UNREACH EchoPool 5", "connect 6")
	s.fail(6, "UNREACH EchoPool 6", "connect 3") // nobody else is left
	s.up(3, "session 1 up c2 3 from 1 (lost)")
}

// TestSessionAsksForAll: those that it was told of are all gone, as where they were one
// program; the second question is for the whole pool. ASAP-6.5-05
func TestSessionAsksForAll(t *testing.T) {
	const told = 32
	all := make([]wire.PEIdentifier, told+1)
	for i := range all {
		all[i] = wire.PEIdentifier(i + 1)
	}
	s := newScene(t, all...)
	s.do(open, "HR EchoPool", "connect 1")
	for id := wire.PEIdentifier(1); id < told; id++ {
		s.fail(id, fmt.Sprintf("UNREACH EchoPool %d", id), fmt.Sprintf("connect %d", id+1))
	}
	s.fail(told, fmt.Sprintf("UNREACH EchoPool %d", told), "HR EchoPool", fmt.Sprintf("connect %d", told+1))
	s.up(told+1, fmt.Sprintf("session 1 up c1 %d", told+1))
}

// A success ends the round: what failed before may be tried again.
func TestSessionNextRound(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(open, "HR EchoPool", "connect 1")
	s.fail(1, "UNREACH EchoPool 1", "connect 2")
	c := s.up(2, "session 1 up c1 2")
	s.pass(time.Minute)
	s.do(endpoint.Resolve{Request: 1, Handle: "EchoPool"}, "HR EchoPool") // the home lists 1 still
	s.down(c, "session 1 down 2 (lost)", "UNREACH EchoPool 2", "connect 1")
	s.up(1, "session 1 up c2 1 from 2 (lost)")
}

// Elements that take a channel and drop it within a second are in one round: the
// session ends. One that served longer begins another round.
func TestSessionDoesNotSpin(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(open, "HR EchoPool", "connect 1")
	c := s.up(1, "session 1 up c1 1")
	s.down(c, "session 1 down 1 (lost)", "UNREACH EchoPool 1", "connect 2")
	c = s.up(2, "session 1 up c2 2 from 1 (lost)")
	s.pass(999 * time.Millisecond)
	s.down(c, "session 1 down 2 (lost)", "UNREACH EchoPool 2", "HR EchoPool",
		`session 1 failed: no element of pool "EchoPool" can be reached: 0x00000001 (lost), 0x00000002 (lost)`)

	s.do(open, "connect 1")
	c = s.up(1, "session 1 up c3 1")
	s.down(c, "session 1 down 1 (lost)", "UNREACH EchoPool 1", "connect 2")
	c = s.up(2, "session 1 up c4 2 from 1 (lost)")
	s.pass(time.Second)
	s.down(c, "session 1 down 2 (lost)", "UNREACH EchoPool 2", "HR EchoPool", "connect 1")
}

func TestSessionPrefers(t *testing.T) {
	s := newScene(t, 1, 2, 3)
	prefer := open
	prefer.Prefer = 3
	s.do(prefer, "HR EchoPool", "connect 3")
	s.fail(3, "UNREACH EchoPool 3", "connect 1")
	c := s.up(1, "session 1 up c1 1")
	s.pass(time.Minute)
	s.down(c, "session 1 down 1 (lost)", "UNREACH EchoPool 1", "HR EchoPool", "connect 2") // it was for the beginning
	prefer = endpoint.OpenSession{Session: 2, Handle: "EchoPool", Prefer: 9}
	s.do(prefer, "HR EchoPool", "connect 2") // not there: by policy
}

// Who is reached again before there is a home to report to is not reported.
func TestReachedBeforeReport(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(sendTo(1, 1, 0), "HR EchoPool", "connect 1")
	home := s.home
	s.pools = nil
	s.stuck = true
	s.do(endpoint.AssociationDown{Association: home, Reason: "lost"})
	s.fail(1, `message 1 done []: no element of pool "EchoPool" can be reached: 0x00000001 (refused)`)
	s.do(sendTo(2, 1, 0), "connect 1")
	s.up(1, "c1 < message 2")
	s.stuck = false
	s.do(endpoint.AssociationUp{Association: home + 1, Remote: server(1), Local: ownAddrs})
}

// A lost element is tried once more when nobody else is left: it may have been the
// connection that was lost.
func TestLostElementAgain(t *testing.T) {
	s := newScene(t, 1)
	s.do(open, "HR EchoPool", "connect 1")
	c := s.up(1, "session 1 up c1 1")
	s.pass(time.Second)
	s.down(c, "session 1 down 1 (lost)", "UNREACH EchoPool 1", "HR EchoPool", "connect 1")
	c = s.up(1, "session 1 up c2 1 from 1 (lost)")
	s.down(c, "session 1 down 1 (lost)", "UNREACH EchoPool 1",
		`session 1 failed: no element of pool "EchoPool" can be reached: 0x00000001 (lost)`) // too soon
	s.do(open, "HR EchoPool", "connect 1")
	c = s.up(1, "session 1 up c3 1")
	s.pass(time.Second)
	s.down(c, "session 1 down 1 (lost)", "UNREACH EchoPool 1", "HR EchoPool", "connect 1")
	s.fail(1, `session 1 failed: no element of pool "EchoPool" can be reached: 0x00000001 (refused)`)
}

// Whom others have just found dead is tried last, after a question to the server.
func TestSessionLastResort(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(sendTo(1, 2, 0), "HR EchoPool", "connect 2")
	s.fail(2, "UNREACH EchoPool 2", `message 1 done []: no element of pool "EchoPool" can be reached: 0x00000002 (refused)`)
	s.do(open, "connect 1")
	s.do(endpoint.ConnectFailed{Connect: s.connect(1), Reason: "no DCCP here", Local: true}, "HR EchoPool", "connect 2")
}

// An element that was reached is chosen again, though it had failed.
func TestReachedAgain(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(sendTo(1, 1, 0), "HR EchoPool", "connect 1")
	s.fail(1, "UNREACH EchoPool 1", `message 1 done []: no element of pool "EchoPool" can be reached: 0x00000001 (refused)`)
	s.do(sendTo(2, 1, 0), "connect 1")
	s.up(1, "c1 < message 2")
	s.do(endpoint.Resolve{Request: 1, Handle: "EchoPool", Fresh: true}, "HR EchoPool")
	s.do(open, "connect 1")
	s.do(endpoint.OpenSession{Session: 2, Handle: "EchoPool"}, "connect 2")
}

// Sessions that lose one element spread over the others by the pool's policy, and
// report it once (ASAP-6.5-02).
func TestSessionsSpread(t *testing.T) {
	s := newScene(t, 1, 2, 3)
	for i := range endpoint.SessionID(4) {
		s.step(endpoint.OpenSession{Session: i + 1, Handle: "EchoPool", Prefer: 1})
		s.out = nil
		s.upWith(1, false, fmt.Sprintf("session %d up c%d 1", i+1, i+1))
	}
	s.pass(time.Second)
	s.down(1, "session 1 down 1 (lost)", "UNREACH EchoPool 1", "connect 2")
	s.down(2, "session 2 down 1 (lost)", "connect 3")
	s.down(3, "session 3 down 1 (lost)", "connect 2")
	s.down(4, "session 4 down 1 (lost)", "connect 3")
}

// A fault on this side, as a transport that it cannot do, is not the element's.
func TestSessionLocalFault(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(open, "HR EchoPool", "connect 1")
	s.do(endpoint.ConnectFailed{Connect: s.connect(1), Reason: "no DCCP here", Local: true}, "connect 2")
	s.do(endpoint.ConnectFailed{Connect: s.connect(2), Reason: "no DCCP here", Local: true}, "HR EchoPool",
		`session 1 failed: no element of pool "EchoPool" can be reached: 0x00000001 (no DCCP here), 0x00000002 (no DCCP here)`)
}

// The server may die with the element: the session goes on with what is known,
// stale or not.
func TestSessionOutlivesServer(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(open, "HR EchoPool", "connect 1")
	s.up(1, "session 1 up c1 1")
	s.silent = true
	s.pass(time.Hour)
	s.down(1, "session 1 down 1 (lost)", "UNREACH EchoPool 1", "HR EchoPool", "connect 2")
	s.up(2, "session 1 up c2 2 from 1 (lost)")
}

func TestSessionWithoutPool(t *testing.T) {
	s := newScene(t)
	s.do(open, "HR EchoPool", "session 1 failed: refused by the registrar: 0x0009 unknown pool handle")
	s.do(endpoint.CloseSession{Session: 1})
}

// Whatever a session waits for, it ends when it is closed.
func TestCloseSession(t *testing.T) {
	closeIt := endpoint.CloseSession{Session: 1}
	t.Run("resolving", func(t *testing.T) {
		s := newScene(t, 1)
		s.silent = true
		s.do(open, "HR EchoPool")
		s.do(closeIt)
		s.do(endpoint.Received{Association: s.home, Data: s.resolution("EchoPool")})
	})
	t.Run("resolving, opened again", func(t *testing.T) {
		s := newScene(t, 1)
		s.silent = true
		s.do(open, "HR EchoPool")
		s.do(closeIt)
		s.do(open)
		s.do(endpoint.Received{Association: s.home, Data: s.resolution("EchoPool")}, "connect 1")
	})
	t.Run("connecting", func(t *testing.T) {
		s := newScene(t, 1)
		s.do(open, "HR EchoPool", "connect 1")
		s.do(closeIt, "cancel")
		s.up(1, "close c1") // it was under way
	})
	t.Run("connecting, failed late", func(t *testing.T) {
		s := newScene(t, 1)
		s.do(open, "HR EchoPool", "connect 1")
		s.do(closeIt, "cancel")
		s.fail(1)
	})
	t.Run("up", func(t *testing.T) {
		s := newScene(t, 1)
		s.do(open, "HR EchoPool", "connect 1")
		c := s.up(1, "session 1 up c1 1")
		s.do(closeIt, "close c1")
		s.receive(c, asap.Cookie{Cookie: "late"})
		s.down(c)
	})
}

// Events that name nothing that exists have no effect; a second event for the
// same thing has none either.
func TestUnknownPeers(t *testing.T) {
	s := newScene(t, 1)
	for _, ev := range []endpoint.Event{
		endpoint.ConnectFailed{Connect: 9},
		endpoint.ChannelDown{Channel: 9},
		endpoint.ControlReceived{Channel: 9, Data: []byte{1}},
		endpoint.CloseSession{Session: 9},
		endpoint.SendCookie{Channel: 9},
		endpoint.SendBusinessCard{Channel: 9},
		endpoint.CancelMessage{Message: 9},
		endpoint.Transmitted{Channel: 9, Message: 9},
		endpoint.ChannelUp{},
	} {
		s.do(ev)
	}
	s.do(endpoint.ChannelUp{Channel: 8, Connect: 9}, "close c8")
	s.do(open, "HR EchoPool", "connect 1")
	s.do(open)
	up := endpoint.ChannelUp{Channel: 1, Connect: s.connect(1)}
	s.do(up, "session 1 up c1 1")
	s.do(up)
	s.do(endpoint.Transmitted{Channel: 1, Message: 1})
}

// ASAP-6.8-01: of the cookies the latest only, as it came.
// ASAP-6.8-02: it is the first on the new control channel, before SessionUp.
// ASAP-6.4-02
func TestCookieEcho(t *testing.T) {
	s := newScene(t, 1, 2, 3)
	s.do(open, "HR EchoPool", "connect 1")
	c := s.up(1, "session 1 up c1 1")
	s.receive(c, asap.Cookie{Cookie: "a"})
	s.receive(c, asap.Cookie{Cookie: "b\x00\xff"})
	s.down(c, "session 1 down 1 (lost)", "UNREACH EchoPool 1", "connect 2")
	c = s.upWith(2, false, "session 1 up c2 2 from 1 (lost)") // ASAP-6.8-03: no control channel
	s.pass(time.Second)
	s.down(c, "session 1 down 2 (lost)", "UNREACH EchoPool 2", "connect 3")
	s.up(3, "c3 < COOKIE_ECHO b\x00\xff", "session 1 up c3 3 from 2 (lost)")
}

// ASAP-6.8-03: without a cookie there is no echo. ASAP-5.9-04: nothing that comes
// over a channel without control counts.
func TestNoCookieEcho(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(open, "HR EchoPool", "connect 1")
	c := s.upWith(1, false, "session 1 up c1 1")
	s.receive(c, asap.Cookie{Cookie: "not there"})
	s.down(c, "session 1 down 1 (lost)", "UNREACH EchoPool 1", "connect 2")
	s.up(2, "session 1 up c2 2 from 1 (lost)")
}

// A cookie of no bytes is one.
func TestEmptyCookie(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(open, "HR EchoPool", "connect 1")
	c := s.up(1, "session 1 up c1 1")
	s.receive(c, asap.Cookie{})
	s.down(c, "session 1 down 1 (lost)", "UNREACH EchoPool 1", "connect 2")
	s.up(2, "c2 < COOKIE_ECHO ", "session 1 up c2 2 from 1 (lost)")
}

// INC-47: a keep-alive does not move the home of a mere user; on a control channel
// it makes no sense, as everything between elements and registrars.
func TestForeignControl(t *testing.T) {
	s := newScene(t, 1)
	s.do(open, "HR EchoPool", "connect 1")
	c := s.up(1, "session 1 up c1 1")
	for _, m := range []asap.Message{
		asap.Registration{Handle: "EchoPool", Element: member(4)},
		asap.EndpointKeepAlive{Home: true, Server: 9, Handle: "EchoPool", ID: 1},
		asap.HandleResolutionResponse{Handle: "EchoPool", Elements: []wire.PoolElement{member(9)}},
		asap.CookieEcho{Cookie: "to a user"},
		asap.Error{Causes: []wire.Cause{{Code: wire.CauseInvalidValues}}},
	} {
		s.receive(c, m)
	}
	s.do(endpoint.ControlReceived{Channel: c, Data: []byte{0x41, 0, 0, 4}}, "c1 < ERROR 0x0002 unrecognized message")
	s.do(endpoint.ControlReceived{Channel: c, Data: []byte{0x0b, 0, 0, 9, 1}}) // malformed
	s.do(endpoint.Received{Association: s.home, Data: s.encode(asap.EndpointKeepAlive{Home: true, Server: 9, Handle: "EchoPool", ID: 1})})
}
