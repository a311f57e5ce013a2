package endpoint_test

import (
	"fmt"
	"testing"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// ASAP-5.9-01: the card is the first thing on a control channel, and lists the
// others of the pool; of an element that is alone, itself.
// ASAP-5.6-02
func TestFirstCard(t *testing.T) {
	s := newScene(t, 1, 2, 3)
	s.register(2)
	s.accept(true, "HR EchoPool", "c1 < BUSINESS_CARD EchoPool 1 3")
	s.accept(true, "c2 < BUSINESS_CARD EchoPool 3 1") // the next begins with another one
	s.accept(false)                                   // ASAP-5.9-04, INC-40

	alone := newScene(t, 2)
	alone.register(2)
	alone.accept(true, "HR EchoPool", "c1 < BUSINESS_CARD EchoPool 2")
}

// Until its pool is known an element has no card; without an answer it knows
// itself.
func TestCardWaits(t *testing.T) {
	s := newScene(t, 1, 2)
	s.register(2)
	s.silent = true
	c := s.accept(true, "HR EchoPool")
	gone := s.accept(true)
	s.down(gone)
	s.do(endpoint.SendBusinessCard{Channel: c, Order: []wire.PEIdentifier{2, 1}}, "HR EchoPool")
	s.do(endpoint.Received{Association: s.home, Data: s.resolution("EchoPool")})
	s.do(endpoint.Received{Association: s.home, Data: s.resolution("EchoPool")}, "c1 < BUSINESS_CARD EchoPool 2 1")

	unknown := newScene(t)
	unknown.register(2)
	unknown.accept(true, "HR EchoPool", "c1 < BUSINESS_CARD EchoPool 2")
}

// An element that has left has no card.
func TestCardOfForgotten(t *testing.T) {
	s := newScene(t, 1, 2)
	s.register(2)
	c := s.accept(true, "HR EchoPool", "c1 < BUSINESS_CARD EchoPool 1")
	s.do(endpoint.Forget{Element: 1})
	s.do(endpoint.SendBusinessCard{Channel: c, Order: []wire.PEIdentifier{1}})
	s.accept(true)
}

// ASAP-5.9-02: another order at any time. What the pool does not have is left out.
func TestSendBusinessCard(t *testing.T) {
	s := newScene(t, 1, 2, 3)
	s.register(2)
	c := s.accept(true, "HR EchoPool", "c1 < BUSINESS_CARD EchoPool 1 3")
	s.do(endpoint.SendBusinessCard{Channel: c, Order: []wire.PEIdentifier{3, 9, 1}},
		"HR EchoPool", "c1 < BUSINESS_CARD EchoPool 3 1") // all elements are asked for, once
	s.do(endpoint.SendBusinessCard{Channel: c, Order: []wire.PEIdentifier{9}}, "c1 < BUSINESS_CARD EchoPool 2")

	plain := s.accept(false)
	s.do(endpoint.SendBusinessCard{Channel: plain, Order: []wire.PEIdentifier{1}},
		"c2 refused: the channel carries data only, no cookies and no business cards") // ASAP-5.9-04
}

// A list repeats elements of more weight, a card does not.
func TestCardNamesOnce(t *testing.T) {
	s := newScene(t, 1, 2, 3, 1, 2, 1)
	s.register(3)
	c := s.accept(true, "HR EchoPool", "c1 < BUSINESS_CARD EchoPool 1 2")
	s.do(endpoint.SendBusinessCard{Channel: c, Order: []wire.PEIdentifier{2, 1, 2, 1}}, "HR EchoPool", "c1 < BUSINESS_CARD EchoPool 2 1")
}

// The card of a large pool is short: who has lost so many asks again.
func TestCardIsShort(t *testing.T) {
	s := newScene(t)
	large := pool{policy: wire.Priority}
	for id := range wire.PEIdentifier(32) {
		pe := member(id + 1)
		pe.Policy = wire.Policy{Type: wire.Priority, Priority: uint32(id)}
		large.elements = append(large.elements, pe)
	}
	s.pools["EchoPool"] = large
	s.register(31)
	s.accept(true, "HR EchoPool", "c1 < BUSINESS_CARD EchoPool 32 30 29 28 27 26 25 24 23 22 21 20 19 18 17 16")
}

// ASAP-6.9-04: a mere user has no card; a user that is an element sends it before
// it talks, and after the cookie.
// Its later cards do not list whom it has found dead.
func TestCardOfUser(t *testing.T) {
	s := newScene(t, 1, 2, 3)
	s.register(3)
	s.do(open, "HR EchoPool", "connect 1")
	c := s.up(1, "session 1 up c1 1")
	s.do(endpoint.SendBusinessCard{Channel: c, Order: []wire.PEIdentifier{1}},
		"c1 refused: only a pool element has a business card; open the session as one")

	s.do(endpoint.OpenSession{Session: 2, Handle: "EchoPool", As: 1, Prefer: 1}, "HR EchoPool", "connect 1")
	c = s.up(1, "c2 < BUSINESS_CARD EchoPool 1 2", "session 2 up c2 1")
	s.receive(c, asap.Cookie{Cookie: "state"})
	s.pass(time.Second)
	s.down(c, "session 2 down 1 (lost)", "UNREACH EchoPool 1", "connect 2")
	s.up(2, "c3 < COOKIE_ECHO state", "c3 < BUSINESS_CARD EchoPool 2", "session 2 up c3 2 from 1 (lost)")

	s.do(endpoint.OpenSession{Session: 3, Handle: "EchoPool", As: 1, Prefer: 2}, "connect 2")
	s.upWith(2, false, "session 3 up c4 2") // ASAP-5.9-04
}

// ASAP-6.9-02: the order of the last card guides failover. ASAP-5.9-02: it
// replaces the one before. ASAP-6.9-03, INC-17: whom the pool has no longer is
// skipped, and a policy does not disturb. ASAP-6.9-01: the pool is known.
func TestCardGuidesFailover(t *testing.T) {
	s := newScene(t, 1, 2, 3)
	s.do(endpoint.OpenSession{Session: 1, Handle: "EchoPool", Prefer: 3}, "HR EchoPool", "connect 3")
	c := s.up(3, "session 1 up c1 3")
	s.receive(c, card("EchoPool", 1, 2))
	last := card("EchoPool", 9, 3, 2, 1)
	last.Policy = wire.Policy{Type: wire.RoundRobin}
	s.receive(c, last)
	s.down(c, "session 1 down 3 (lost)", "UNREACH EchoPool 3", "connect 2")
	s.do(endpoint.ConnectFailed{Connect: s.connect(2), Reason: "no DCCP here", Local: true}, "connect 1")
}

// Whom others have just found dead is passed over.
func TestCardWithDead(t *testing.T) {
	s := newScene(t, 1, 2, 3)
	s.do(open, "HR EchoPool", "connect 1")
	c := s.up(1, "session 1 up c1 1")
	s.receive(c, card("EchoPool", 2, 3))
	s.do(sendTo(1, 2, 0), "HR EchoPool", "connect 2")
	s.fail(2, "UNREACH EchoPool 2", `message 1 done []: no element of pool "EchoPool" can be reached: 0x00000002 (refused)`)
	s.down(c, "session 1 down 1 (lost)", "UNREACH EchoPool 1", "connect 3")
}

// Cards for ever other pools do not fill the memory: the oldest is forgotten.
func TestManyCards(t *testing.T) {
	for _, test := range []struct {
		cards int
		next  string
	}{{255, "connect 9"}, {256, "connect 8"}} {
		s := newScene(t, 1)
		s.register(1)
		s.pools["OtherPool"] = roundRobin(7, 8, 9)
		c := s.accept(true, "HR EchoPool", "c1 < BUSINESS_CARD EchoPool 1")
		s.receive(c, card("OtherPool", 9), "HR OtherPool")
		s.silent = true
		for i := range test.cards {
			s.step(endpoint.ControlReceived{Channel: c, Data: s.encode(card(wire.PoolHandle(fmt.Sprintf("Pool%d", i)), 1))})
		}
		s.want("HR Pool0")
		s.do(endpoint.SendMessage{Message: 1, Handle: "OtherPool", Element: 7, Options: endpoint.SendFailover}, "HR OtherPool")
		s.do(endpoint.Received{Association: s.home, Data: s.resolution("OtherPool")}, "connect 7")
		s.fail(7, "UNREACH OtherPool 7", test.next)
	}
}

// ASAP-6.9-01: a card for a pool that is not in the cache has it resolved, at a
// user as at an element; one at a time.
func TestCardAsksForPool(t *testing.T) {
	s := newScene(t, 1, 2)
	s.pools["OtherPool"] = roundRobin(7, 8)
	s.register(2)
	c := s.accept(true, "HR EchoPool", "c1 < BUSINESS_CARD EchoPool 1")
	s.receive(c, card("OtherPool", 8, 7), "HR OtherPool")
	s.receive(c, card("OtherPool", 8, 7))
	s.silent = true
	s.receive(c, card("PoolC", 1), "HR PoolC")
	s.receive(c, card("PoolD", 1))
	// It guides what is sent to that pool.
	s.do(endpoint.SendMessage{Message: 1, Handle: "OtherPool", Options: endpoint.SendFailover}, "connect 7")
	s.fail(7, "UNREACH OtherPool 7", "connect 8")
}

// A card may name elements beyond the few that a large pool was asked for.
func TestCardBeyondBackups(t *testing.T) {
	s := newScene(t)
	large := pool{policy: wire.RoundRobin}
	for id := range wire.PEIdentifier(40) {
		large.elements = append(large.elements, member(id+1))
	}
	s.pools["EchoPool"] = pool{policy: wire.RoundRobin, elements: large.elements[:32]}
	s.do(open, "HR EchoPool", "connect 1")
	c := s.up(1, "session 1 up c1 1")
	s.pools["EchoPool"] = large
	s.receive(c, card("EchoPool", 40), "HR EchoPool")
	s.down(c, "session 1 down 1 (lost)", "UNREACH EchoPool 1", "connect 40")
}
