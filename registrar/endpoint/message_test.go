package endpoint_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

func send(n endpoint.MessageID, o endpoint.SendOptions) endpoint.SendMessage {
	return endpoint.SendMessage{Message: n, Handle: "EchoPool", Options: o}
}

func sendTo(n endpoint.MessageID, id wire.PEIdentifier, o endpoint.SendOptions) endpoint.SendMessage {
	m := send(n, o)
	m.Element = id
	return m
}

// sent is the transport taking a message.
func (s *scene) sent(c endpoint.ChannelID, n endpoint.MessageID, want ...string) {
	s.t.Helper()
	s.do(endpoint.Transmitted{Channel: c, Message: n}, want...)
}

// ASAP-6.3-14: messages are held while their pool is resolved, once for all of
// them, and leave in order.
func TestMessagesWaitInOrder(t *testing.T) {
	s := newScene(t, 1)
	s.silent = true
	s.do(send(1, 0), "HR EchoPool")
	s.do(send(2, 0))
	s.do(send(3, 0))
	s.do(send(4, 0))
	s.do(endpoint.CancelMessage{Message: 3})
	s.do(endpoint.Received{Association: s.home, Data: s.resolution("EchoPool")}, "connect 1")
	s.do(send(5, 0))
	s.up(1, "c1 < message 1", "c1 < message 2", "c1 < message 4", "c1 < message 5")
	s.do(send(6, endpoint.SendUnordered), "c1 < message 6 unordered")
	s.sent(1, 1, "message 1 done [1]")
	s.sent(1, 2, "message 2 done [1]")
	s.sent(1, 2)
}

func TestMessageToUnknownPool(t *testing.T) {
	s := newScene(t)
	s.silent = true
	s.do(send(1, 0), "HR EchoPool")
	s.do(send(2, endpoint.SendToAll))
	s.do(endpoint.Received{Association: s.home, Data: s.resolution("EchoPool")},
		"message 1 done []: refused by the registrar: 0x0009 unknown pool handle",
		"message 2 done []: refused by the registrar: 0x0009 unknown pool handle")
}

// The policy spreads messages; channels are shared, and end when they are idle.
func TestMessagesByPolicy(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(send(1, 0), "HR EchoPool", "connect 1")
	s.do(send(2, 0), "connect 2")
	s.do(send(3, 0))
	s.up(1, "c1 < message 1", "c1 < message 3")
	s.up(2, "c2 < message 2")
	s.sent(1, 1, "message 1 done [1]")
	s.pass(20 * time.Second)
	s.sent(1, 3, "message 3 done [1]")
	s.sent(2, 2, "message 2 done [2]")
	s.pass(20 * time.Second)
	s.do(sendTo(4, 1, 0), "HR EchoPool", "c1 < message 4")
	s.pass(10*time.Second, "close c2")
	s.pass(time.Hour) // message 4 is under way
	s.sent(1, 4, "message 4 done [1]")
	s.pass(29 * time.Second)
	s.pass(time.Second, "close c1")
}

// ARC-07: who has the handle of an element gets that one, as often as he wants.
func TestStayWithElement(t *testing.T) {
	s := newScene(t, 1, 2, 3)
	s.do(sendTo(1, 2, 0), "HR EchoPool", "connect 2")
	s.up(2, "c1 < message 1")
	s.sent(1, 1, "message 1 done [2]")
	for i := range endpoint.MessageID(100) {
		n := i + 2
		s.do(sendTo(n, 2, endpoint.SendFailover), fmt.Sprintf("c1 < message %d", n))
		s.sent(1, n, fmt.Sprintf("message %d done [2]", n))
	}
}

// An element that the cache does not have may be new: the server is asked once.
func TestMessageToAbsentElement(t *testing.T) {
	s := newScene(t, 1)
	s.do(sendTo(1, 9, 0), "HR EchoPool", "HR EchoPool",
		`message 1 done []: no element of pool "EchoPool" can be reached: 0x00000009 (the pool does not have it)`)
	s.do(sendTo(2, 9, endpoint.SendFailover), "HR EchoPool", "connect 1")
	s.pools["EchoPool"] = roundRobin(1, 9)
	s.do(sendTo(3, 9, 0), "HR EchoPool", "connect 9")
}

// ASAP-6.5-04: with failover the message goes to another element, silently;
// without it comes back unsent. ASAP-6.5-01
func TestMessageFailover(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(send(1, endpoint.SendFailover), "HR EchoPool", "connect 1")
	s.fail(1, "UNREACH EchoPool 1", "connect 2")
	s.up(2, "c1 < message 1")
	s.sent(1, 1, "message 1 done [2]")

	for _, o := range []endpoint.SendOptions{0, endpoint.SendNoFailover, endpoint.SendFailover | endpoint.SendNoFailover} {
		s = newScene(t, 1, 2)
		s.do(send(1, o), "HR EchoPool", "connect 1")
		s.fail(1, "UNREACH EchoPool 1", `message 1 done []: no element of pool "EchoPool" can be reached: 0x00000001 (refused)`)
	}
}

// What the transport has not taken when a channel ends is unsent, and fails over
// in order.
func TestUnsentFailsOver(t *testing.T) {
	s := newScene(t, 1, 2)
	for n := range endpoint.MessageID(4) {
		s.step(sendTo(n+1, 1, endpoint.SendFailover))
	}
	s.want("HR EchoPool", "connect 1")
	s.up(1, "c1 < message 1", "c1 < message 2", "c1 < message 3", "c1 < message 4")
	s.sent(1, 1, "message 1 done [1]")
	s.do(endpoint.CancelMessage{Message: 3})
	s.down(1, "UNREACH EchoPool 1", "connect 2")
	s.sent(1, 2)
	s.up(2, "c2 < message 2", "c2 < message 4")
}

// ASAP-6.5-05: all are dead: each is tried once, the server asked once for new
// ones, then the message comes back.
func TestMessageRound(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(send(1, endpoint.SendFailover), "HR EchoPool", "connect 1")
	s.fail(1, "UNREACH EchoPool 1", "connect 2")
	s.pools["EchoPool"] = roundRobin(2, 1, 3)
	s.fail(2, "UNREACH EchoPool 2", "HR EchoPool", "connect 3")
	s.fail(3, "UNREACH EchoPool 3",
		`message 1 done []: no element of pool "EchoPool" can be reached: 0x00000001 (refused), 0x00000002 (refused), 0x00000003 (refused)`)
}

// A pool that is not in the cache any more is asked for once.
func TestMessageRoundWithoutCache(t *testing.T) {
	s := newScene(t, 1)
	s.do(send(1, endpoint.SendFailover), "HR EchoPool", "connect 1")
	s.do(endpoint.Purge{Handle: "EchoPool"})
	s.fail(1, "UNREACH EchoPool 1", "HR EchoPool", `message 1 done []: no element of pool "EchoPool" can be reached: 0x00000001 (refused)`)

	s = newScene(t, 1)
	s.do(send(1, endpoint.SendFailover), "HR EchoPool", "connect 1")
	s.do(endpoint.Purge{Handle: "EchoPool"})
	delete(s.pools, "EchoPool")
	s.fail(1, "UNREACH EchoPool 1", "HR EchoPool", `message 1 done []: no element of pool "EchoPool" can be reached: 0x00000001 (refused)`)
}

// A fault on this side, as a transport that it cannot do, is not the element's.
func TestMessageLocalFault(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(send(1, endpoint.SendFailover), "HR EchoPool", "connect 1")
	s.do(endpoint.ConnectFailed{Connect: s.connect(1), Reason: "no DCCP here", Local: true}, "connect 2")
}

// ASAP-6.5-02: many sends to an element that is dead, at once and one after the
// other, are one failure; when it has been reached again, the next is another.
func TestOneReport(t *testing.T) {
	s := newScene(t, 1, 2)
	const failed = `message %d done []: no element of pool "EchoPool" can be reached: 0x00000001 (refused)`
	want := []string{"UNREACH EchoPool 1"}
	for n := range endpoint.MessageID(10) {
		s.step(sendTo(n+1, 1, 0))
		want = append(want, fmt.Sprintf(failed, n+1))
	}
	s.want("HR EchoPool", "connect 1")
	s.fail(1, want...)
	for n := range endpoint.MessageID(10) {
		s.do(sendTo(n+11, 1, 0), "connect 1")
		s.fail(1, fmt.Sprintf(failed, n+11))
	}
	s.do(sendTo(30, 1, 0), "connect 1")
	s.up(1, "c1 < message 30")
	s.down(1, "UNREACH EchoPool 1", `message 30 done []: no element of pool "EchoPool" can be reached: 0x00000001 (lost)`)
}

// An element that ends an idle channel has not failed.
func TestIdleChannelEnds(t *testing.T) {
	s := newScene(t, 1)
	s.do(send(1, 0), "HR EchoPool", "connect 1")
	s.up(1, "c1 < message 1")
	s.sent(1, 1, "message 1 done [1]")
	s.down(1)
	s.do(send(2, 0), "connect 1")
}

// ASAP-6.5-03: an application's word counts for an element that it has used.
func TestReportNeedsUse(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(send(1, 0), "HR EchoPool", "connect 1")
	s.do(endpoint.TransportFailure{Handle: "EchoPool", Element: 2})
	s.do(endpoint.TransportFailure{Handle: "EchoPool", Element: 1}, "UNREACH EchoPool 1")
	s.do(endpoint.TransportFailure{Handle: "EchoPool", Element: 1})
}

// ASAP-6.5-06: to-last.
func TestSendToLast(t *testing.T) {
	s := newScene(t, 1, 2, 3)
	s.do(send(1, endpoint.SendToLast), "HR EchoPool", "connect 1") // none before: by policy
	s.do(send(2, 0), "connect 2")
	s.do(send(3, endpoint.SendToLast))
	s.up(2, "c1 < message 2", "c1 < message 3")
	s.down(1, "UNREACH EchoPool 2",
		`message 2 done []: no element of pool "EchoPool" can be reached: 0x00000002 (lost)`,
		`message 3 done []: no element of pool "EchoPool" can be reached: 0x00000002 (lost)`)
	s.do(send(4, endpoint.SendToLast), "connect 3") // it has failed
	s.do(sendTo(5, 1, 0), "HR EchoPool")
	s.do(send(6, endpoint.SendToLast))
	s.up(1, "c2 < message 1", "c2 < message 5", "c2 < message 6")
}

// ASAP-6.5-06: to-all goes to all but the sender, with to-self to it as well.
func TestSendToAll(t *testing.T) {
	s := newScene(t, 1, 2, 3, 2) // 2 has more weight, and gets one copy
	s.do(send(1, endpoint.SendToAll|endpoint.SendFailover), "HR EchoPool", "connect 1", "connect 2", "connect 3")
	s.up(1, "c1 < message 1")
	s.up(2, "c2 < message 1")
	s.sent(1, 1)
	s.fail(3, "UNREACH EchoPool 3") // its copy goes to nobody else
	s.sent(2, 1, `message 1 done [1 2]: no element of pool "EchoPool" can be reached: 0x00000003 (refused)`)

	s = newScene(t, 1, 2, 3)
	s.register(3)
	s.do(send(1, endpoint.SendToAll), "HR EchoPool", "connect 1", "connect 2")
	s.do(send(2, endpoint.SendToAll|endpoint.SendToSelf), "connect 3")
	s.up(3, "c1 < message 2")
	s.up(1, "c2 < message 1", "c2 < message 2")
	s.up(2, "c3 < message 1", "c3 < message 2")
	for c := range endpoint.ChannelID(2) {
		s.sent(c+1, 2)
	}
	s.sent(3, 2, "message 2 done [3 1 2]")
	s.sent(2, 1)
	s.sent(3, 1, "message 1 done [1 2]")

	s = newScene(t, 3)
	s.register(3)
	s.do(send(1, endpoint.SendToAll), "HR EchoPool", `message 1 done []: pool "EchoPool" has no other element`)
	s.do(send(2, 0), "connect 3") // by policy, the only one may be oneself
}

// A message to all needs all, also where those before it were content with a few.
func TestSendToAllAsksForAll(t *testing.T) {
	s := newScene(t, 1, 2)
	s.silent = true
	s.do(send(1, 0), "HR EchoPool")
	s.do(send(2, endpoint.SendToAll))
	s.do(send(3, 0))
	s.do(endpoint.Received{Association: s.home, Data: s.resolution("EchoPool")}, "connect 1", "HR EchoPool")
	s.do(endpoint.CancelMessage{Message: 1})
	s.do(endpoint.Received{Association: s.home, Data: s.resolution("EchoPool")}, "connect 2")
	s.up(1, "c1 < message 2", "c1 < message 3")
}

// ASAP-6.5-07: to a transport address there is no failover, and nothing of pools.
func TestSendToAddress(t *testing.T) {
	s := newScene(t, 1)
	to := wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: []netip.Addr{netip.MustParseAddr("203.0.113.9")}}
	m := endpoint.SendMessage{Message: 1, To: to, Options: endpoint.SendFailover | endpoint.SendToAll}
	s.do(m, "connect to 203.0.113.9")
	s.fail(0, "message 1 done []: message not sent: refused")
	m.Message = 2
	s.do(m, "connect to 203.0.113.9")
	m.Message = 3
	s.do(m)
	s.up(0, "c1 < message 2", "c1 < message 3")
	s.sent(1, 2, "message 2 done []")
	s.down(1, "message 3 done []: message not sent: lost")
}

// Whatever a message waits for, it has no more effect when it is cancelled.
func TestCancelMessage(t *testing.T) {
	s := newScene(t, 1)
	s.silent = true
	s.do(send(1, endpoint.SendFailover), "HR EchoPool")
	s.do(send(1, 0)) // the same again
	s.do(endpoint.CancelMessage{Message: 1})
	s.do(endpoint.Received{Association: s.home, Data: s.resolution("EchoPool")})

	s.do(sendTo(2, 9, 0), "HR EchoPool") // all of the pool
	s.do(endpoint.Received{Association: s.home, Data: s.resolution("EchoPool")}, "HR EchoPool")
	s.do(endpoint.CancelMessage{Message: 2})
	s.do(sendTo(2, 9, 0)) // waits for the same answer
	s.pools["EchoPool"] = roundRobin(1, 9)
	s.do(endpoint.Received{Association: s.home, Data: s.resolution("EchoPool")}, "connect 9")
	s.up(9, "c1 < message 2")
	s.down(1, "UNREACH EchoPool 9", `message 2 done []: no element of pool "EchoPool" can be reached: 0x00000009 (lost)`)

	s.do(send(3, endpoint.SendFailover), "connect 1")
	s.do(endpoint.CancelMessage{Message: 3})
	s.up(1)
	s.do(send(4, endpoint.SendFailover), "c2 < message 4")
	s.do(endpoint.CancelMessage{Message: 4})
	s.sent(2, 4)
	s.pass(30*time.Second, "close c2")
}

// Messages have no state: a cookie on their channel is nobody's. A card counts.
func TestControlOfMessages(t *testing.T) {
	s := newScene(t, 1, 2, 3)
	s.do(send(1, endpoint.SendFailover), "HR EchoPool", "connect 1")
	s.up(1, "c1 < message 1")
	s.receive(1, asap.Cookie{Cookie: "state"})
	s.receive(1, card("EchoPool", 3, 2))
	s.down(1, "UNREACH EchoPool 1", "connect 3")
	s.up(3, "c2 < message 1")
}
