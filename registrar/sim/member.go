package sim

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// member is a registrar, and what it says of itself in its feed.
type member struct {
	index int
	core  *registrar.Registrar
	id    wire.ServerID
	phase feed.Phase
	// copies is what it holds, by PE identifier minus 1.
	copies []copied
	// sums is what it computes over the elements of each home, links what it
	// thinks of its peers.
	sums  map[wire.ServerID]wire.Checksum
	links map[wire.ServerID]feed.LinkState
}

// copied is an element as a registrar holds it; no home: it does not.
type copied struct {
	home wire.ServerID
	// print is a hash of all that registrars have to agree on.
	print uint32
}

// life is one registrar from its start to its end.
type life struct {
	host  *host
	death *Death // nil while it lives
}

func (s *Scope) beginRegistrar(h *host) {
	m := h.member
	cfg := s.cfg.Registrar
	cfg.ID = s.serverID()
	cfg.Rand = rand.New(rand.NewPCG(s.chance.Uint64(), uint64(cfg.ID)))
	cfg.ASAP, cfg.ENRP = h.listen(registrar.ASAP), h.listen(registrar.ENRP)
	cfg.Peers = nil
	for _, o := range s.registrars {
		if o != h && len(cfg.Peers) < s.cfg.Seeds {
			cfg.Peers = append(cfg.Peers, o.listen(registrar.ENRP))
		}
	}
	core, err := registrar.New(cfg)
	if err != nil {
		s.failed = append(s.failed, fmt.Errorf("sim: %s does not start: %w", h.name(), err))
		h.running = false
		return
	}
	h.member = &member{
		index: m.index, core: core, id: cfg.ID, copies: make([]copied, len(s.elements)),
		sums: make(map[wire.ServerID]wire.Checksum), links: make(map[wire.ServerID]feed.LinkState),
	}
	s.lives[cfg.ID] = &life{host: h}
	s.stepRegistrar(h, registrar.Start{})
}

// stepRegistrar hands an event to a registrar and does what it wants.
func (s *Scope) stepRegistrar(h *host, ev registrar.Event) {
	for _, effect := range h.member.core.Step(h.clock(s.now), ev) {
		switch e := effect.(type) {
		case registrar.Send:
			if e.Protocol == registrar.ASAP && asap.MessageType(e.Data[0]) == asap.TypeRegistrationResponse {
				s.answered(e.Data)
			}
			if from := s.ends[e.Association]; from != nil {
				s.send(from, e.Data)
			}
		case registrar.Dial:
			s.dial(h, s.at(e.To.Addrs), e.Protocol, uint64(e.ID))
		case registrar.Disconnect:
			if from := s.ends[e.Association]; from != nil {
				s.hangUp(from)
			}
		case registrar.Announce: // nobody listens: elements know where to hunt
		case registrar.Changed:
			s.changed(h, e.Message)
		case registrar.Noted:
			if e.Name == "element.removed" && e.Element != 0 && (e.Origin == "unreachable" || e.Origin == "expiry") {
				gone := &s.elements[e.Element-1]
				gone.dropped, gone.moved = true, true
			}
			s.noted(h, e)
		case registrar.Deregistered:
		}
	}
	s.arm(h)
}

// answered: a registrar answers a registration, and lists the element from then
// on, if it does not refuse.
func (s *Scope) answered(data []byte) {
	d, err := asap.Parse(data)
	if m, ok := d.Message.(asap.RegistrationResponse); err == nil && ok && !m.Reject {
		s.elements[m.ID-1].dropped = false
	}
}

// changed follows the feed of a registrar.
func (s *Scope) changed(h *host, message feed.Message) {
	m := h.member
	switch msg := message.(type) {
	case enrp.HandleUpdate:
		s.copyChanged(h, msg)
	case enrp.Presence:
		m.sums[msg.Sender] = msg.Checksum
	case feed.RegistrarState:
		m.phase = msg.Phase
	case feed.PeerState:
		was := m.links[msg.Peer]
		if msg.State == feed.Forgotten {
			delete(m.links, msg.Peer)
		} else {
			m.links[msg.Peer] = msg.State
		}
		if was != msg.State {
			s.linkChanged(h, msg)
		}
	}
}

func (s *Scope) copyChanged(h *host, msg enrp.HandleUpdate) {
	i := int(msg.Element.ID) - 1
	for i >= len(h.member.copies) { // elements may be added later
		h.member.copies = append(h.member.copies, copied{})
	}
	c := &h.member.copies[i]
	was := c.home
	*c = copied{}
	if msg.Action == enrp.AddPE {
		c.home = msg.Element.HomeServer
		if !s.cfg.Light {
			c.print = fingerprint(msg.Element.TLV())
		}
	}
	if was == c.home {
		return
	}
	s.changedAt = s.now
	if was == 0 {
		return
	}
	if c.home == h.member.id {
		s.moves++
	}
	if l := s.lives[was]; l != nil && l.death != nil {
		l.death.left(s.now, c.home != 0 && c.home == h.member.id)
	}
}

// fingerprint is FNV-1a.
func fingerprint(data []byte) uint32 {
	sum := uint32(2166136261)
	for _, b := range data {
		sum = (sum ^ uint32(b)) * 16777619
	}
	return sum
}

func (s *Scope) linkChanged(h *host, p feed.PeerState) {
	l := s.lives[p.Peer]
	if l == nil {
		return
	}
	gone := p.State == feed.TakingOver || p.State == feed.Dead || p.State == feed.Forgotten
	switch {
	case !gone && p.State != feed.Suspect:
	case l.death == nil && gone:
		s.report.FalseDeaths++
		s.say(h, fmt.Sprintf("takes %s for dead, which lives", l.host.name()))
	case l.death == nil:
	case p.State == feed.Suspect:
		first(&l.death.Suspected, s.now)
	default:
		first(&l.death.Declared, s.now)
	}
}

// overheard: a message of the host was read by another registrar.
func (s *Scope) overheard(h *host) {
	h.heard = s.now
	if h.running {
		return
	}
	if l := s.lives[h.member.id]; l != nil && l.death != nil {
		l.death.LastHeard = s.now
	}
}

// takeover follows the messages that registrars arbitrate with.
func (s *Scope) takeover(data []byte) {
	const target = 12 // behind the header and two IDs
	if len(data) < target+4 {
		return
	}
	sender := wire.ServerID(binary.BigEndian.Uint32(data[4:]))
	l := s.lives[wire.ServerID(binary.BigEndian.Uint32(data[target:]))]
	if l == nil {
		return
	}
	switch t := enrp.MessageType(data[0]); {
	case l.death == nil && t == enrp.TypeTakeoverServer:
		s.report.FalseTakeovers++
	case l.death == nil:
	case t == enrp.TypeInitTakeover:
		first(&l.death.Initiated, s.now)
	case t == enrp.TypeTakeoverServer:
		first(&l.death.Won, s.now)
		l.death.wonBy(sender)
	}
}

// first sets a time that has not been set.
func first(t *time.Duration, now time.Duration) {
	if *t == 0 {
		*t = now
	}
}
