package registrar

import (
	"slices"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
)

// tell sends a message to a peer, over a new association if there is none.
func (r *Registrar) tell(p *peer, data []byte) (reached bool) {
	if len(p.links) > 0 {
		r.send(p.links[0], data)
		return true
	}
	if len(p.endpoint.Addrs) == 0 {
		return false
	}
	if len(p.queue) < maxQueue {
		p.queue = append(p.queue, data)
	}
	if p.dial == nil {
		r.reach(p)
	}
	return false
}

// reach opens an association to a peer, or takes one that is there or on its way.
func (r *Registrar) reach(p *peer) {
	if r.phase == feed.Draining {
		return
	}
	if a := r.wayTo(p, p.endpoint); a != nil {
		r.reached(p, a)
		return
	}
	for _, s := range r.seeds {
		if s.dial != nil && s.dial.peer == nil && s.endpoint.meets(p.endpoint) {
			p.dial = s.dial
		}
	}
	if p.dial == nil {
		p.dial = r.dial(ENRP, p.endpoint)
	}
	p.called = r.now
	p.dial.peer = p
}

// wayTo finds an association to a place over which a peer can be spoken to.
func (r *Registrar) wayTo(p *peer, e Endpoint) *association {
	if a := r.associationTo(ENRP, e); a != nil && r.mayNotSpeakAs(a, p.id) == "" {
		return a
	}
	return nil
}

// reached sends what waits, then a PRESENCE whose checksum covers it.
func (r *Registrar) reached(p *peer, a *association) {
	for _, data := range p.queue {
		r.send(a, data)
	}
	p.queue = nil
	r.link(p, a, p.state != feed.Active)
}

// tellAll sends one copy of a group message to every peer but dead ones.
func (r *Registrar) tellAll(m enrp.Message) (told, peers int) {
	data, err := enrp.Append(nil, m)
	if err != nil {
		r.tally.Discarded[ENRP][DiscardUnsent]++
		r.notePeer(Warn, "message.unsent", r.id, "ENRP "+m.Type().String()+": "+err.Error())
		return 0, 0
	}
	for _, p := range r.peers {
		if p.state == feed.Dead {
			continue
		}
		peers++
		if r.tell(p, data) {
			told++
		}
	}
	return told, peers
}

// tellEvery sends a message to every peer, whatever is thought of it.
func (r *Registrar) tellEvery(m enrp.Message) {
	for _, p := range slices.Clone(r.peers) {
		r.tellPeer(p, m)
	}
}

// tellPeer sends a message to one peer.
func (r *Registrar) tellPeer(p *peer, m enrp.Message) {
	data, err := enrp.Append(nil, m)
	if err != nil {
		r.tally.Discarded[ENRP][DiscardUnsent]++
		r.notePeer(Warn, "message.unsent", p.id, "ENRP "+m.Type().String()+": "+err.Error())
		return
	}
	r.tell(p, data)
}

// peerReached: an association to a registrar is up. Where another one is than was
// called, that one is not reached.
func (r *Registrar) peerReached(d *dial, a *association) {
	if p := d.peer; p != nil {
		p.dial = nil
		if why := r.mayNotSpeakAs(a, p.id); why == "" {
			r.reached(p, a)
		} else {
			if d.seed == nil {
				r.expel(a, why, p.id)
			}
			r.notReached(p, nil, DialFailed{Dial: d.id, Reason: why})
		}
	}
	if s := d.seed; s != nil {
		s.dial, s.failed = nil, false
		r.seedUp(s, a)
	}
	if d.peer == nil && d.seed == nil { // whom it was for is not wanted any more
		r.disconnect(a)
	}
}

// peerNotReached: there is no association to be had. A silent peer is dead then;
// any other gets the time of an answer to come by itself.
func (r *Registrar) peerNotReached(d *dial, ev DialFailed) {
	there := r.associationTo(ENRP, d.to)
	if s := d.seed; s != nil {
		s.dial = nil
		if s.awaited = ev.Exists && there == nil; !s.awaited {
			r.seedDown(s, ev.Reason)
		}
	}
	if p := d.peer; p != nil {
		p.dial = nil
		r.notReached(p, r.wayTo(p, d.to), ev)
	}
}

// notReached: a dial to a peer came to nothing; there is another association to it,
// if there is one.
func (r *Registrar) notReached(p *peer, there *association, ev DialFailed) {
	if there != nil {
		r.reached(p, there)
		return
	}
	p.queue = nil // the audit brings what is lost here
	switch {
	case r.phase == feed.Draining, ev.Exists: // it lives, as far as is known
	case p.state == feed.Suspect:
		r.declareDead(p, "cannot be reached: "+ev.Reason)
	case p.state == feed.Discovered, p.state == feed.Active:
		r.suspect(p, "cannot be reached: "+ev.Reason)
	}
}

// peersLost: an association to registrars is gone. It is opened anew at once: its
// end may be that of the peer.
func (r *Registrar) peersLost(a *association, reason string) {
	for _, s := range r.seeds {
		if s.association == a {
			s.association = nil
			r.seedDown(s, "association ended: "+reason)
		}
	}
	for _, p := range a.peers {
		p.links = slices.DeleteFunc(p.links, func(l *association) bool { return l == a })
		switch {
		case len(p.links) > 0 || p.dial != nil || p.state == feed.Dead:
		case p.state == feed.Active && r.now.Sub(p.called) < r.cfg.MaxTimeNoResponse:
			r.suspect(p, "ends its associations as soon as they are there")
		default:
			r.reach(p)
		}
	}
	a.peers = nil
}
