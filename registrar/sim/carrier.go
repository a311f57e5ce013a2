package sim

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// carrier is the ASAP endpoint of pool elements, or of a pool user.
type carrier struct {
	// user is set where it has no elements.
	user  *user
	index int
	core  machine
	// first and count say which elements are on it from the start; more has those
	// that came later.
	first, count int
	more         []int
	// home is the association over which registrations went last.
	home *end
	// struck is when a fault of its host last began or ended.
	struck time.Duration
}

// cookieKey is what all elements sign the states of sessions with.
const cookieKey = "of one pool, and so for all of it"

// machine is the ASAP side of elements: an endpoint.Endpoint, or a light one.
type machine interface {
	Step(now time.Time, ev endpoint.Event) []endpoint.Effect
	Deadline() (at time.Time, ok bool)
}

// element is the truth about one pool element.
type element struct {
	host  *host
	pool  int
	state state
	// at is the life of the registrar that its registrations went to; moved: it may
	// have another home by now, for it asked another one, or that one dropped it.
	at    wire.ServerID
	moved bool
	// dropped: a registrar has removed it since one accepted it, because it could
	// not be reached or its life had ended; or the only one that knew it has died.
	// It has to register again to be listed.
	dropped bool
	// died is when its host did last, or it left; listed when a registrar last put it
	// on its list, or took it off.
	died, listed time.Duration
}

// state is what an element wants, and what it has been told.
type state uint8

const (
	// asking to be registered.
	asking state = iota
	// registered: a registrar has said so.
	registered
	// leaving: it deregisters.
	leaving
	// gone, or dead.
	gone
)

// handle names a pool.
func handle(pool int) wire.PoolHandle { return wire.PoolHandle(fmt.Sprintf("pool-%d", pool)) }

// addElement puts one more element on a host. One that the host has already at
// its start follows the one before.
func (s *Scope) addElement(at int) int {
	h, n := s.carriers[at], len(s.elements)
	s.elements = append(s.elements, element{host: h, pool: n % s.cfg.Pools})
	switch c := h.carrier; {
	case h.life > 0:
		c.more = append(c.more, n)
	case c.count == 0:
		c.first, c.count = n, 1
	default:
		c.count++
	}
	return n
}

// each gives the elements of the host.
func (c *carrier) each(yield func(n int) bool) {
	for n := c.first; n < c.first+c.count; n++ {
		if !yield(n) {
			return
		}
	}
	for _, n := range c.more {
		if !yield(n) {
			return
		}
	}
}

// spec describes an element.
func (s *Scope) spec(n int) endpoint.Spec {
	e := &s.elements[n]
	user := wire.Transport{Type: wire.TypeSCTPTransport, Port: 7}
	if s.cfg.Users > 0 {
		user.Port = userPort(n)
		if e.pool%4 != dataOnly {
			user.Use = wire.DataAndControl
		}
	}
	return endpoint.Spec{
		Handle: handle(e.pool), ID: wire.PEIdentifier(n + 1), Policy: wire.Policy{Type: wire.RoundRobin}, //nolint:gosec // bounded by Config
		Life: s.cfg.Life, Reregister: s.cfg.Reregister, Persist: true, User: user,
	}
}

// dataOnly of every four pools have no control channels.
const dataOnly = 3

func (s *Scope) beginCarrier(h *host) {
	c := h.carrier
	c.home = nil
	servers := s.servers()
	if s.cfg.Light {
		c.core = newLight(s.spec(c.first), c.count, s.cfg.Pools, s.cfg.Patience, h.addr, servers)
	} else {
		cfg := endpoint.DefaultConfig()
		cfg.CookieKey = cookieKey
		cfg.Servers, cfg.Rand = servers, rand.New(rand.NewPCG(s.chance.Uint64(), uint64(h.number)))
		core, err := endpoint.New(cfg)
		if err != nil {
			s.failed = append(s.failed, fmt.Errorf("sim: %s does not start: %w", h.name(), err))
			h.running = false
			return
		}
		c.core = core
	}
	for n := range c.each {
		if e := &s.elements[n]; e.state == gone {
			e.state, e.dropped, e.moved = asking, false, true // it may have registered elsewhere before
		}
	}
	s.stepCarrier(h, endpoint.Start{})
	if !s.cfg.Light {
		for n := range c.each {
			s.register(h, n)
		}
	}
	if c.user != nil {
		s.beginUser(h)
	}
}

// servers draws registrars for an element to know.
func (s *Scope) servers() []endpoint.Address {
	var list []endpoint.Address
	start := s.chance.IntN(len(s.registrars))
	for i := range min(len(s.registrars), s.cfg.Seeds) {
		h := s.registrars[(start+i)%len(s.registrars)]
		list = append(list, endpoint.Address{Addrs: []netip.Addr{h.addr}, Port: asapPort})
	}
	s.chance.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func (s *Scope) register(h *host, n int) {
	s.stepCarrier(h, endpoint.Register{Element: endpoint.ElementID(n), Spec: s.spec(n)}) //nolint:gosec // an index
}

// reregister registers an element that was refused, or not answered.
func (s *Scope) reregister(h *host, n uint64) {
	if h.running && s.elements[n].state == asking {
		s.register(h, int(n)) //nolint:gosec // an index
	}
}

// retryWait is how long an application waits that was refused.
const retryWait = 5 * time.Second

// stepCarrier hands an event to the endpoint and does what it wants.
func (s *Scope) stepCarrier(h *host, ev endpoint.Event) {
	s.performCarrier(h, h.carrier.core.Step(h.clock(s.now), ev))
	s.arm(h)
}

func (s *Scope) performCarrier(h *host, effects []endpoint.Effect) {
	for _, effect := range effects {
		switch e := effect.(type) {
		case endpoint.Send:
			if from := s.ends[e.Association]; from != nil {
				if asap.MessageType(e.Data[0]) == asap.TypeRegistration {
					s.asked(from, e.Data)
				}
				s.send(from, e.Data)
			}
		case endpoint.Dial:
			s.dial(h, s.at(e.To.Addrs), registrar.ASAP, uint64(e.ID))
		case endpoint.Disconnect:
			if from := s.ends[e.Association]; from != nil {
				s.hangUp(from)
			}
		case endpoint.Reported:
			s.reported(h, e)
		case endpoint.HomeChanged:
			s.say(h, fmt.Sprintf("has the home %v %v %s", e.Remote.Addrs, e.Server, e.Reason))
		case endpoint.Connect, endpoint.CancelConnect, endpoint.CloseChannel, endpoint.SendControl, endpoint.Transmit:
			s.performChannel(h, effect)
		case endpoint.CookieEchoed:
			s.echoed(h, e)
		case endpoint.ControlRefused:
			s.wrong(h, "may not send over channel %d: %v", e.Channel, e.Err)
		case endpoint.CancelDial, endpoint.NoServer, endpoint.ErrorReceived:
		default:
			s.performUser(h, effect)
		}
	}
}

// asked notes where an element wants to be registered.
func (s *Scope) asked(from *end, data []byte) {
	d, err := asap.Parse(data)
	m, ok := d.Message.(asap.Registration)
	if err != nil || !ok {
		s.failed = append(s.failed, fmt.Errorf("sim: %s sends a registration that cannot be read: %w", from.host.name(), err))
		return
	}
	from.host.carrier.home = from
	e := &s.elements[m.Element.ID-1]
	if to := from.other().host.member.id; to != e.at {
		e.moved = e.moved || e.at != 0
		e.at = to
	}
}

// reported follows what becomes of an element.
func (s *Scope) reported(h *host, r endpoint.Reported) {
	e := &s.elements[r.Element]
	if r.Kind != endpoint.Reregistered {
		s.say(h, fmt.Sprintf("%s/%d: %v", r.Handle, uint32(r.ID), r.Kind))
	}
	switch r.Kind {
	case endpoint.Refused, endpoint.Failed:
		e.state = asking
		s.queue.push(happening{at: s.now + retryWait, kind: retry, host: h, number: uint64(r.Element)})
	case endpoint.Deregistered:
		e.state, e.died = gone, s.now
		s.leaveChannels(h, int(r.Element)) //nolint:gosec // an index
	case endpoint.Registered, endpoint.Reregistered:
		e.state = registered
	case endpoint.DeregistrationRefused:
		s.queue.push(happening{at: s.now + retryWait, kind: farewell, host: h, number: uint64(r.Element)})
	case endpoint.Retrying, endpoint.Removed: // it tries again by itself
	}
}

// carrierReceived hands a message to the endpoint.
func (s *Scope) carrierReceived(e *end, data []byte) {
	s.controlArrived(e, data)
	s.stepCarrier(e.host, received(e, data))
}

// received is the event that a message is for an endpoint.
func received(e *end, data []byte) endpoint.Event {
	if e.link.channel != nil {
		return endpoint.ControlReceived{Channel: endpoint.ChannelID(e.number), Data: data}
	}
	return endpoint.Received{Association: endpoint.AssociationID(e.number), Data: data}
}

func (s *Scope) carrierUp(e *end) {
	remote := e.other().host.listen(registrar.ASAP)
	s.stepCarrier(e.host, endpoint.AssociationUp{
		Association: endpoint.AssociationID(e.number), Dial: endpoint.DialID(e.dial),
		Remote: endpoint.Address{Addrs: remote.Addrs, Port: remote.Port}, Local: []netip.Addr{e.host.addr},
	})
}

func (s *Scope) carrierDown(e *end, why string) {
	s.stepCarrier(e.host, endpoint.AssociationDown{Association: endpoint.AssociationID(e.number), Reason: why})
}

func (s *Scope) dialFailed(h *host, dial uint64, why string) {
	s.stepCarrier(h, endpoint.DialFailed{Dial: endpoint.DialID(dial), Reason: why})
}
