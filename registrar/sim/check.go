package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

const (
	// quietCycles is for how many heartbeats before the end a settled scope must
	// be quiet.
	quietCycles = 2
	// maxComplaints is how many things of one kind are told that are wrong.
	maxComplaints = 5
	// maxVerified and maxResolved are the sizes of scopes, in elements of all
	// registrars and of a pool, up to which all of it is walked.
	maxVerified = 20_000_000
	maxResolved = 500
)

// complaints collects what is wrong.
type complaints struct {
	list []error
	left int
}

func (c *complaints) add(format string, args ...any) {
	if c.left--; c.left >= 0 {
		c.list = append(c.list, fmt.Errorf(format, args...))
	}
}

// check says what does not hold after the scope has settled, nil if all does. before
// is what had been sent when it had to be quiet, moves how many elements have
// changed their home since a heartbeat before that.
func (s *Scope) check(before tally, moves int) error {
	errs := s.failed
	alive := s.alive()
	if len(alive) == 0 {
		return errors.Join(errs...)
	}
	for _, f := range []func(*complaints, []*host){
		s.checkAgreement, s.checkElements, s.checkOwners, s.checkSums, s.checkLinks, s.checkParts, s.checkAnswers, s.checkUsers,
		func(c *complaints, _ []*host) { s.checkTakeovers(c) },
		func(c *complaints, alive []*host) { s.checkQuiet(c, alive, before, moves) },
	} {
		c := &complaints{left: maxComplaints}
		f(c, alive)
		errs = append(errs, c.list...)
	}
	return errors.Join(errs...)
}

// alive are the registrars that run.
func (s *Scope) alive() (list []*host) {
	for _, h := range s.registrars {
		if h.running {
			list = append(list, h)
		}
	}
	return list
}

// checkAgreement: all hold the same elements, with the same homes and attributes
// (S1).
func (s *Scope) checkAgreement(c *complaints, alive []*host) {
	one := alive[0].member
	for _, h := range alive {
		if h.member.phase != feed.Serving {
			c.add("%s is %v, want serving", h.name(), h.member.phase)
		}
		for n := range s.elements {
			if a, b := one.copy(n), h.member.copy(n); a != b {
				c.add("element %d: %s has it at %s (%08x), %s at %s (%08x)", n+1, alive[0].name(), s.who(uint32(a.home)), a.print, h.name(), s.who(uint32(b.home)), b.print)
			}
		}
	}
}

// checkElements: who lives is listed under a home that lives, who is gone is not.
func (s *Scope) checkElements(c *complaints, alive []*host) {
	for n := range s.elements {
		e := &s.elements[n]
		home := alive[0].member.copy(n).home
		switch {
		case e.state == gone && home != 0:
			c.add("element %d is gone, and listed with home %s", n+1, s.who(uint32(home)))
		case e.state == asking, e.state == leaving:
			c.add("element %d of %s still waits for an answer", n+1, e.host.name())
		case e.state == registered && !e.dropped && home == 0:
			c.add("element %d of %s is registered, last at %s, and not listed", n+1, e.host.name(), s.who(uint32(e.at)))
		case home != 0 && (s.lives[home] == nil || s.lives[home].death != nil):
			c.add("element %d has the dead home %s", n+1, s.who(uint32(home)))
		}
	}
}

// checkOwners: a registrar that lives keeps the elements that did not leave it
// (S2).
func (s *Scope) checkOwners(c *complaints, alive []*host) {
	for n := range s.elements {
		e := &s.elements[n]
		l := s.lives[e.at]
		if e.state != registered || e.moved || l == nil || l.death != nil {
			continue
		}
		if home := alive[0].member.copy(n).home; home != 0 && home != e.at {
			c.add("element %d registered only at %s, which lives, and has the home %s", n+1, s.who(uint32(e.at)), s.who(uint32(home)))
		}
	}
}

// checkSums: the checksums of all homes are the same everywhere.
func (s *Scope) checkSums(c *complaints, alive []*host) {
	for _, home := range alive {
		for _, h := range alive {
			if a, b := home.member.of(home.member.id).sum, h.member.of(home.member.id).sum; a != b {
				c.add("checksum of %s: it computes %v, %s %v", home.name(), a, h.name(), b)
			}
		}
	}
}

// checkLinks: all who live know each other, and nothing is left of a takeover (L2).
func (s *Scope) checkLinks(c *complaints, alive []*host) {
	for _, h := range alive {
		for _, o := range alive {
			if p := h.member.of(o.member.id); o != h && (!p.known || p.state != feed.Active) {
				c.add("%s has %s as %v (known %v), want active", h.name(), o.name(), p.state, p.known)
			}
		}
		if h.member.of(0).known {
			c.add("%s has a peer that never lived", h.name())
		}
		for _, d := range s.report.Deaths {
			if p := h.member.of(d.Server); p.known && p.state != feed.Dead {
				c.add("%s has the dead %s as %v", h.name(), s.who(uint32(d.Server)), p.state)
			}
		}
	}
}

// checkParts: the parts of each registrar agree.
func (s *Scope) checkParts(c *complaints, alive []*host) {
	if len(alive)*len(s.elements) > maxVerified {
		alive = alive[:1]
	}
	for _, h := range alive {
		if err := h.member.core.Verify(); err != nil {
			c.add("%s: %w", h.name(), err)
		}
	}
}

// checkAnswers: users get what is registered, from every registrar.
func (s *Scope) checkAnswers(c *complaints, alive []*host) {
	if len(s.elements) > s.cfg.Pools*maxResolved || len(alive)*len(s.elements) > maxVerified {
		return
	}
	want := make([][]wire.PEIdentifier, s.cfg.Pools)
	for n := range s.elements {
		if e := &s.elements[n]; e.state == registered && (!e.dropped || alive[0].member.copy(n).home != 0) {
			want[e.pool] = append(want[e.pool], wire.PEIdentifier(n+1)) //nolint:gosec // bounded by Config
		}
	}
	for _, h := range alive {
		for pool, list := range want {
			if got := s.resolve(h, handle(pool)); !slices.Equal(got, list) {
				c.add("%s answers for %s with %d, want %d", h.name(), handle(pool), got, list)
			}
		}
	}
}

// resolve asks a registrar as a user does, for all of a pool.
func (s *Scope) resolve(h *host, pool wire.PoolHandle) (list []wire.PEIdentifier) {
	s.ends = append(s.ends, nil)
	id := registrar.AssociationID(len(s.ends) - 1)
	now, core := h.clock(s.now), h.member.core
	core.Step(now, registrar.AssociationUp{
		Association: id, Protocol: registrar.ASAP, Remote: registrar.Endpoint{Addrs: []netip.Addr{place(elementNetwork, MaxHosts)}, Port: elementPort},
		Credential: registrar.Credential{Role: registrar.RoleAnonymous},
	})
	data, err := asap.Append(nil, asap.HandleResolution{Handle: pool, Items: asap.AllItems})
	if err != nil {
		return nil
	}
	for _, effect := range core.Step(now, registrar.Received{Association: id, Data: data}) {
		if e, ok := effect.(registrar.Send); ok && e.Association == id {
			d, _ := asap.Parse(e.Data) // one that cannot be read has no elements
			answer, _ := d.Message.(asap.HandleResolutionResponse)
			for _, pe := range answer.Elements {
				list = append(list, pe.ID)
			}
		}
	}
	core.Step(now, registrar.AssociationDown{Association: id, Reason: "done"})
	slices.Sort(list)
	return list
}

// checkTakeovers: at most one takeover per death is completed (S3), unless those
// who lived took each other for dead, or whoever completed it died with the word
// of it on its way.
func (s *Scope) checkTakeovers(c *complaints) {
	if s.report.FalseDeaths > 0 {
		return
	}
	died := make(map[wire.ServerID]bool)
	for _, d := range s.report.Deaths {
		died[d.Server] = true
	}
	for _, d := range s.report.Deaths {
		if len(d.Winners) > 1 && !died[d.Winners[0]] {
			c.add("R%d, dead since %v, was taken over by %d registrars", d.Registrar, d.At, len(d.Winners))
		}
	}
}

// checkQuiet: registrars of a settled scope tell each other that they live, and
// what their elements repeat. Where an element moves to another home, a heartbeat may cross the
// update, which costs an audit.
func (s *Scope) checkQuiet(c *complaints, alive []*host, before tally, moves int) {
	pairs := len(alive) * (len(alive) - 1)
	repeated := (quietCycles*s.cfg.Registrar.PeerHeartbeatCycle)/max(1, s.interval()) + 2
	most := map[enrp.MessageType]int{
		enrp.TypePresence:            pairs * (quietCycles + 1),
		enrp.TypeHandleTableRequest:  moves * pairs,
		enrp.TypeHandleTableResponse: moves * pairs,
		enrp.TypeHandleUpdate:        len(s.elements) * int(repeated) * (len(alive) - 1),
	}
	for t := range enrp.TypeError + 1 {
		if n := s.tally[registrar.ENRP][t].Count - before[registrar.ENRP][t].Count; n > most[t] {
			c.add("%d %v in the last %d heartbeats, want at most %d", n, t, quietCycles, most[t])
		}
	}
}
