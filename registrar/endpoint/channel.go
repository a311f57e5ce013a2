package endpoint

import (
	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// peers is all that concerns the other users and elements of pools: channels
// with them, and what goes over these.
type peers struct {
	channels map[ChannelID]*channel
	// connects are the attempts to open one, by who wants it.
	connects    map[ConnectID]owner
	lastConnect ConnectID
	sessions    map[SessionID]*session
	messages    map[MessageID]*message
	outboxes    map[wire.PoolHandle]*outbox
	links       map[target]*link
	probes      map[member]*probe
	// last is the element that the last message to a pool went to; orders are those
	// of business cards that no session has for itself.
	last   recent[wire.PEIdentifier]
	orders recent[[]wire.PEIdentifier]
	// questions counts the questions to the cache: an answer to any but the last
	// of somebody is not for him any more.
	questions uint64
	cookieKey []byte
}

func newPeers(cookieKey string) peers {
	return peers{
		channels:  make(map[ChannelID]*channel),
		connects:  make(map[ConnectID]owner),
		sessions:  make(map[SessionID]*session),
		messages:  make(map[MessageID]*message),
		outboxes:  make(map[wire.PoolHandle]*outbox),
		links:     make(map[target]*link),
		probes:    make(map[member]*probe),
		last:      newRecent[wire.PEIdentifier](maxLast),
		orders:    newRecent[[]wire.PEIdentifier](maxOrders),
		cookieKey: []byte(cookieKey),
	}
}

// owner is who opens channels to elements: a session, a link for messages, or a
// probe.
type owner interface {
	up(e *Endpoint, c *channel)
	refused(e *Endpoint, ev ConnectFailed)
	down(e *Endpoint, ev ChannelDown)
}

// channel is one that is up.
type channel struct {
	id      ChannelID
	control bool
	// owner is nil for a channel that a user opened to an element of this endpoint.
	owner owner
	// element is the one of this endpoint that the other end deals with, 0 where it
	// is a mere user; pool is its pool, held while there is a control channel.
	element ElementID
	pool    wire.PoolHandle
	card    card
}

// peerEvent is Step for what comes of channels and goes over them.
func (e *Endpoint) peerEvent(ev Event) {
	switch ev := ev.(type) {
	case ChannelUp:
		e.channelUp(ev)
	case ConnectFailed:
		if o, ok := e.peers.connects[ev.Connect]; ok {
			delete(e.peers.connects, ev.Connect)
			o.refused(e, ev)
		}
	case ChannelDown:
		e.channelDown(ev)
	case ControlReceived:
		e.controlReceived(ev)
	case OpenSession:
		e.openSession(ev)
	case CloseSession:
		e.closeSession(ev)
	case SendCookie:
		e.sendCookie(ev)
	case SendBusinessCard:
		e.sendBusinessCard(ev)
	case SendMessage:
		e.sendMessage(ev)
	case CancelMessage:
		e.cancelMessage(ev)
	case Transmitted:
		e.transmitted(ev)
	}
}

// connect begins to open a channel for o.
func (e *Endpoint) connect(o owner, handle wire.PoolHandle, id wire.PEIdentifier, to wire.Transport) ConnectID {
	e.peers.lastConnect++
	n := e.peers.lastConnect
	e.peers.connects[n] = o
	e.do(Connect{ID: n, Handle: handle, Element: id, To: to})
	return n
}

func (e *Endpoint) channelUp(ev ChannelUp) {
	if _, known := e.peers.channels[ev.Channel]; known || ev.Channel == 0 {
		return
	}
	c := &channel{id: ev.Channel, control: ev.Control}
	if ev.Connect == 0 {
		c.element = ev.Element
		e.peers.channels[c.id] = c
		if c.control && ev.Handle != "" {
			e.belong(c, ev.Handle)
		}
		e.introduce(c)
		return
	}
	o, ok := e.peers.connects[ev.Connect]
	if !ok { // given up meanwhile
		e.do(CloseChannel{Channel: ev.Channel})
		return
	}
	delete(e.peers.connects, ev.Connect)
	c.owner = o
	e.peers.channels[c.id] = c
	o.up(e, c)
}

func (e *Endpoint) channelDown(ev ChannelDown) {
	c, ok := e.peers.channels[ev.Channel]
	if !ok {
		return
	}
	e.dropChannel(c)
	if c.owner != nil {
		c.owner.down(e, ev)
	}
}

// closeChannel ends a channel that is not needed any more.
func (e *Endpoint) closeChannel(c *channel) {
	e.dropChannel(c)
	e.do(CloseChannel{Channel: c.id})
}

func (e *Endpoint) dropChannel(c *channel) {
	delete(e.peers.channels, c.id)
	if c.pool != "" {
		e.release(c.pool)
	}
}

// controlReceived reads one message of a control channel. What makes no sense
// there is dropped; an unknown one is reported where its type says so.
func (e *Endpoint) controlReceived(ev ControlReceived) {
	c, ok := e.peers.channels[ev.Channel]
	if !ok || !c.control {
		return
	}
	d, err := asap.Parse(ev.Data)
	if reply := d.Reply(); reply != nil {
		e.do(SendControl{Channel: c.id, Data: reply})
	}
	if err != nil {
		return
	}
	switch m := d.Message.(type) {
	case asap.Cookie:
		if s, ok := c.owner.(*session); ok { // messages to a pool have no state
			s.cookie, s.hasCookie = m.Cookie, true
		}
	case asap.CookieEcho:
		if c.owner == nil {
			e.cookieEchoed(c, m)
		}
	case asap.BusinessCard:
		e.businessCard(c, m)
	}
}

// sendControl encodes m for the control channel.
func (e *Endpoint) sendControl(c *channel, m asap.Message) error {
	b, err := asap.Append(nil, m)
	if err == nil {
		e.do(SendControl{Channel: c.id, Data: b})
	}
	return err
}

// engage notes that an element is about to be used. One that has failed a moment
// ago is a known case: that it fails again is not reported again (RFC 5352
// section 3.5).
func (e *Endpoint) engage(handle wire.PoolHandle, id wire.PEIdentifier) {
	if c, ok := e.cache.Get(handle); !ok || !c.hasFailed(e.now, e.cfg.StaleTimeout, id) {
		e.use(handle, id)
	}
}

// reached notes that an element has answered: it may be chosen again, and its
// next failure is another one.
func (e *Endpoint) reached(handle wire.PoolHandle, id wire.PEIdentifier) {
	if c, ok := e.cache.Get(handle); ok {
		delete(c.bad, id)
	}
	e.withdraw(member{handle, id})
	e.use(handle, id)
}
