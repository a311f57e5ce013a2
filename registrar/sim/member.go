package sim

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
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
	view
}

// life is one registrar from its start to its end.
type life struct {
	host *host
	// number counts lives, from 1.
	number int
	death  *Death // nil while it lives
}

func (s *Scope) beginRegistrar(h *host) {
	m := h.member
	cfg := s.cfg.Registrar
	cfg.ID = s.serverID()
	cfg.Rand = rand.New(rand.NewPCG(s.chance.Uint64(), uint64(cfg.ID)))
	cfg.ASAP, cfg.ENRP = h.listen(registrar.ASAP), h.listen(registrar.ENRP)
	cfg.HeardResolution = time.Hour // nobody reads it here
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
		index: m.index, core: core, id: cfg.ID, view: view{lives: s.lives, copies: make([]copied, len(s.elements))},
	}
	s.lives[cfg.ID] = &life{host: h, number: len(s.lives) + 1}
	s.stepRegistrar(h, registrar.Start{})
}

// stepRegistrar hands an event to a registrar and does what it wants.
func (s *Scope) stepRegistrar(h *host, ev registrar.Event) {
	s.performRegistrar(h, h.member.step(h.clock(s.now), ev))
	s.arm(h)
}

// step hands an event to the registrar and gives what the scope has to do then.
func (m *member) step(now time.Time, ev registrar.Event) []registrar.Effect {
	return slices.DeleteFunc(m.core.Step(now, ev), m.follow)
}

func (s *Scope) performRegistrar(h *host, effects []registrar.Effect) {
	for _, effect := range effects {
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
			switch m := e.Message.(type) {
			case enrp.HandleUpdate:
				s.copyChanged(h, m)
			case feed.PeerState:
				s.linkChanged(h, m)
			}
		case registrar.Noted:
			if e.Name == "element.removed" && e.Element != 0 && (e.Origin == "unreachable" || e.Origin == "expiry") {
				gone := &s.elements[e.Element-1]
				if e.Origin == "unreachable" && (gone.state == registered || gone.state == asking) {
					s.report.Misjudged++
				}
				gone.dropped, gone.moved = true, true
			}
			if e.Name == "element.moved" && e.Origin == "pe" && s.cfg.LossDetection > 2*s.cfg.Registrar.PeerHeartbeatCycle {
				// Taken back while its home was out of reach for longer than it takes to
				// see that: the element agreed, and nobody could object.
				s.elements[e.Element-1].moved = true
			}
			if e.Name == "guard.engaged" {
				s.report.Guarded++
			}
			s.checkRefusal(h, e)
			s.noted(h, e)
		case registrar.Deregistered:
		}
	}
}

// answered: a registrar answers a registration, and lists the element from then
// on, if it does not refuse.
func (s *Scope) answered(data []byte) {
	d, err := asap.Parse(data)
	if m, ok := d.Message.(asap.RegistrationResponse); err == nil && ok && !m.Reject {
		s.elements[m.ID-1].dropped = false
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
	if was == 0 || c.home == 0 {
		s.elements[i].listed = s.now
	}
	if state := s.elements[i].state; c.home == 0 && (state == registered || state == asking) {
		s.report.Lost++
	}
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
