package sim

import (
	"fmt"

	"rserpool/registrar"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// channel is what a link is that joins a pool user and a pool element: there may
// be several between two hosts. Its first end is the user's.
type channel struct {
	number  uint64
	connect endpoint.ConnectID
	// element is the one at the far side, -1 where nothing listens.
	element int
	// control: it carries ASAP messages too.
	control bool
	// cancelled: the user has given it up before it was up.
	cancelled bool
	// closed: the user has closed it, or been told of its end.
	closed bool
	// session is the one that uses it, nil for messages to a pool.
	session *session
	// controls is how many ASAP messages the user has sent, echo the cookie that
	// was the first of them.
	controls int
	echo     string
}

// firstPort is the lowest port at which elements serve users.
const firstPort = 1024

// userPort is where an element serves users: no other one of its host does there,
// if they are less than the ports.
func userPort(n int) uint16 { return uint16(firstPort + n%(1<<16-firstPort)) } //nolint:gosec // below 1<<16

// elementAt is the element that serves at a transport address, -1 if none does.
func (s *Scope) elementAt(h *host, port uint16) int {
	if h.carrier != nil {
		for n := range h.carrier.each {
			if userPort(n) == port {
				return n
			}
		}
	}
	return -1
}

// connect lets a user open a channel.
func (s *Scope) connect(h *host, c endpoint.Connect) {
	u := h.carrier.user
	if u == nil || u.connects[c.ID] != nil {
		s.wrong(h, "connects as %d, which it must not", c.ID)
		return
	}
	s.lastChannel++
	l := &link{life: h.life, channel: &channel{number: s.lastChannel, connect: c.ID, control: c.To.Use == wire.DataAndControl, element: -1}}
	to := s.at(c.To.Addresses)
	l.ends[0], l.ends[1] = end{link: l, host: h}, end{link: l, host: to}
	u.connects[c.ID] = l
	if c.Element != 0 {
		u.used[c.Element] = true
	}
	if to == nil {
		s.refuse(&l.ends[0], 0, s.cfg.DialTimeout, "no route to host")
		return
	}
	l.channel.element = s.elementAt(to, c.To.Port)
	if n := l.channel.element; n >= 0 && c.Element != 0 && (int(c.Element) != n+1 || c.Handle != handle(s.elements[n].pool)) {
		s.wrong(h, "connects to %s/%d at the address of %d", c.Handle, uint32(c.Element), n+1)
	}
	l.pair = pairOf(h, to, registrar.ASAP)
	l.pair.channel = l.channel.number
	s.queue.push(happening{at: s.now + s.delay(h, to), kind: call, host: to, end: &l.ends[0]})
}

// serves reports whether an element is there to take a channel.
func (s *Scope) serves(c *channel) bool { return c.element >= 0 && s.elements[c.element].state != gone }

// channelUp tells an end of its new channel.
func (s *Scope) channelUp(e *end) {
	c, h := e.link.channel, e.host
	up := endpoint.ChannelUp{Channel: endpoint.ChannelID(e.number), Control: c.control}
	if e != &e.link.ends[0] {
		up.Element = endpoint.ElementID(c.element) //nolint:gosec // an index
		up.Handle = handle(s.elements[c.element].pool)
		s.stepCarrier(h, up)
		return
	}
	u := h.carrier.user
	delete(u.connects, c.connect)
	if c.cancelled {
		s.hangUp(e)
		return
	}
	s.say(h, "has a channel to "+s.elementName(c.element))
	up.Connect = c.connect
	u.used[wire.PEIdentifier(c.element+1)] = true //nolint:gosec // bounded by Config
	if u.channels[c.element]++; u.channels[c.element] > maxChannels {
		s.wrong(h, "has %d channels to %s, want one for its session and one for messages", u.channels[c.element], s.elementName(c.element))
	}
	s.stepCarrier(h, up)
}

// maxChannels is how many a user needs to one element: one for its session, and one
// for its messages.
const maxChannels = 2

// connectFailed tells a user that its attempt came to nothing.
func (s *Scope) connectFailed(e *end, why string) {
	c, h := e.link.channel, e.host
	delete(h.carrier.user.connects, c.connect)
	if !c.cancelled {
		s.say(h, "has no channel to "+s.elementName(c.element)+": "+why)
		s.stepCarrier(h, endpoint.ConnectFailed{Connect: c.connect, Reason: why})
	}
}

func (s *Scope) channelDown(e *end, why string) {
	c, user := e.link.channel, e == &e.link.ends[0]
	if user {
		s.leaves(e)
	}
	if !user || !c.cancelled {
		s.stepCarrier(e.host, endpoint.ChannelDown{
			Channel: endpoint.ChannelID(e.number), Reason: why, Orderly: why == closedInOrder,
		})
	}
}

// leaves: a user has closed its channel, or been told of its end.
func (s *Scope) leaves(e *end) {
	if c := e.link.channel; !c.closed && !c.cancelled {
		c.closed = true
		e.host.carrier.user.channels[c.element]--
	}
}

// performChannel does what an endpoint wants of its channels. One that it has just
// been told of the end of may be among them: timers fire first.
func (s *Scope) performChannel(h *host, effect endpoint.Effect) {
	switch e := effect.(type) {
	case endpoint.Connect:
		s.connect(h, e)
	case endpoint.CancelConnect:
		if u := h.carrier.user; u != nil && u.connects[e.ID] != nil {
			u.connects[e.ID].channel.cancelled = true
		}
	case endpoint.CloseChannel:
		if from := s.endOf(h, e.Channel); from != nil {
			if from == &from.link.ends[0] {
				s.leaves(from)
			}
			s.hangUp(from)
		}
	case endpoint.SendControl:
		if from := s.endOf(h, e.Channel); from != nil {
			s.control(from, e.Data)
			s.send(from, e.Data)
		}
	case endpoint.Transmit:
		if from := s.endOf(h, e.Channel); from != nil {
			h.carrier.user.used[wire.PEIdentifier(from.link.channel.element+1)] = true //nolint:gosec // an index
			at := s.now + max(s.cfg.Latency, 1)                                        // the buffer has room by then
			s.queue.push(happening{at: at, kind: transmitted, host: h, life: h.life, end: from, number: uint64(e.Message)})
		}
	}
}

// endOf is an endpoint's end of a channel, nil if it has no such.
func (s *Scope) endOf(h *host, id endpoint.ChannelID) *end {
	if id < endpoint.ChannelID(len(s.ends)) {
		if e := s.ends[id]; e != nil && e.host == h && e.link.channel != nil {
			return e
		}
	}
	return nil
}

// channelEnd is endOf where the endpoint must have the channel.
func (s *Scope) channelEnd(h *host, id endpoint.ChannelID) *end {
	e := s.endOf(h, id)
	if e == nil {
		s.wrong(h, "wants something of channel %d, which it does not have", id)
	}
	return e
}

// transmitted tells a user that the transport has taken its message, unless the
// channel has ended before.
func (s *Scope) transmitted(x happening) {
	e := x.end
	if !e.open || e.link.channel.closed {
		return
	}
	id := endpoint.MessageID(x.number)
	if m := e.host.carrier.user.messages[id]; m != nil {
		m.reached = append(m.reached, wire.PEIdentifier(e.link.channel.element+1)) //nolint:gosec // an index
	}
	s.stepCarrier(e.host, endpoint.Transmitted{Channel: endpoint.ChannelID(e.number), Message: id})
}

// leaveChannels closes the channels of an element that is no more.
func (s *Scope) leaveChannels(h *host, n int) {
	for _, e := range s.ends {
		if e != nil && e.host == h && e.link.channel != nil && e.link.channel.element == n && e != &e.link.ends[0] {
			s.hangUp(e)
		}
	}
}

// elementName names an element as transcripts do.
func (s *Scope) elementName(n int) string {
	if n < 0 {
		return "nobody"
	}
	return fmt.Sprintf("%s/%d", handle(s.elements[n].pool), n+1)
}
