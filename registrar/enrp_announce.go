package registrar

import (
	"fmt"
	"net/netip"
	"slices"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// Registrars can find each other on a multicast group. RFC 5351 section 3.1 has
// the idea and RFC 5353 section 6.2 the warning, but no RFC has the procedure, so
// it is off unless asked for. Here it is RSPLIB's: PRESENCEs to all, at the start
// and at every heartbeat.
//
// A datagram proves nothing: anyone can send it in anyone's name. So all that it
// does is to make this registrar call the place that it names, and what is said
// over that association counts. Until then the place is a stranger, which is no
// peer: it is named to nobody, waited for by no takeover, and takes no place
// among the peers. Of a known peer it changes nothing: not when it was heard, not
// its state, not its checksum.

const (
	// maxStrangers are called at once: few enough for a start-up that asks each of
	// them in vain to come to an end.
	maxStrangers = 8
	// heardPerSecond is how many datagrams in a second may have an effect. Forged
	// ones can crowd out others for as long as they come, and do no more than that.
	heardPerSecond = 4
	// strangerAddrs bounds whom one datagram can make this registrar call.
	strangerAddrs = 8
)

// announcePresence tells the group that this registrar is here.
func (r *Registrar) announcePresence(replyRequired bool) {
	if !r.cfg.AnnounceENRP {
		return
	}
	data, err := enrp.Append(nil, r.presence(0, replyRequired))
	if err != nil {
		r.notePeer(Warn, "announce.failed", r.id, err.Error())
		return
	}
	r.tally.message(ENRP, Out, data)
	r.effect(Announce{Protocol: ENRP, Data: data})
}

// heardOnGroup takes a datagram of the group. Nothing but a PRESENCE is acted on,
// and no error is told to anybody.
func (r *Registrar) heardOnGroup(ev Heard) {
	if !r.cfg.AnnounceENRP || r.phase == feed.Draining {
		return
	}
	r.tally.message(ENRP, In, ev.Data)
	d, err := r.enrp.Decode(ev.Data)
	m, ok := d.Message.(*enrp.Presence)
	switch {
	case wire.ClassOf(err) != wire.OK:
		r.unheard(ev, reasonOf(wire.ClassOf(err)), err.Error())
	case !ok:
		r.unheard(ev, DiscardUnexpected, "an ENRP "+d.Message.Type().String()+" is not for the group")
	case d.Sender == r.id: // our own
	case d.Sender == 0 || d.Receiver != 0 && d.Receiver != r.id:
		r.unheard(ev, DiscardMisaddressed, fmt.Sprintf("a PRESENCE of %v to %v", d.Sender, d.Receiver))
	case !m.Information.Present() || m.Information.ID != d.Sender:
		r.unheard(ev, DiscardInvalid, "a PRESENCE of "+d.Sender.String()+" without its server information")
	default:
		r.presenceHeard(ev, m)
	}
}

// presenceHeard calls the sender, unless it is connected.
func (r *Registrar) presenceHeard(ev Heard, m *enrp.Presence) {
	p := r.peer(m.Sender)
	connected := p != nil && len(p.links) > 0
	switch {
	case connected && !m.ReplyRequired, p != nil && p.dial != nil:
		return
	case !r.datagrams.take(r.now, heardPerSecond):
		r.unheard(ev, DiscardLimit, "too much is heard on the group")
		return
	case connected: // it asks, or somebody in its name: it gets to know over its association
		r.sendENRP(p.links[0], r.presence(p.id, false))
		return
	}
	e := whereabouts(ev.From.Addr(), m.Information.Transport)
	if len(e.Addrs) == 0 || e.Port == 0 || e.meets(r.cfg.ENRP) {
		r.unheard(ev, DiscardInvalid, m.Sender.String()+" is at no place that can be called")
		return
	}
	r.meet(e)
}

// whereabouts is where a PRESENCE of the group says that its sender is: at the
// addresses of its server information, or where it came from if that has none to
// use. RSPLIB takes the latter in any case, which may be an address that no SCTP
// is bound to. Loopback addresses mean nothing to another host.
func whereabouts(source netip.Addr, t wire.Transport) Endpoint {
	e := Endpoint{Port: t.Port}
	source = source.Unmap().WithZone("")
	for _, addr := range t.Addresses {
		if unicast(addr) && (!addr.IsLoopback() || source.IsLoopback()) && len(e.Addrs) < strangerAddrs {
			e.Addrs = append(e.Addrs, addr)
		}
	}
	if len(e.Addrs) == 0 && unicast(source) {
		e.Addrs = []netip.Addr{source}
	}
	return e
}

// meet calls a place where a registrar seems to be. At start-up it is a candidate
// for the mentor.
func (r *Registrar) meet(e Endpoint) {
	s := r.seedAt(e)
	if s == nil {
		if s = r.newStranger(e); s == nil {
			return
		}
	}
	if h := r.mentor; h != nil && h.step == huntGroup {
		h.step, h.round = huntAssociation, 0 // there is somebody to ask
		r.beginRound()
		return
	}
	r.trySeed(s)
}

// approached: whoever calls a registrar that waits for a mentor can be it.
func (r *Registrar) approached(a *association) {
	if r.mentor != nil && r.mentor.step == huntGroup {
		r.meet(a.remote)
	}
}

func (r *Registrar) seedAt(e Endpoint) *seed {
	if i := slices.IndexFunc(r.seeds, func(s *seed) bool { return s.endpoint.meets(e) }); i >= 0 {
		return r.seeds[i]
	}
	return nil
}

// newStranger gives nil where there is no room for one.
func (r *Registrar) newStranger(e Endpoint) *seed {
	n := 0
	for _, s := range r.seeds {
		switch {
		case !s.stranger:
		case r.mentor == nil && s.association != nil && len(s.association.peers) > 0:
			r.dismiss(s) // it has said who it is
		default:
			n++
		}
	}
	if n >= maxStrangers {
		r.note(Debug, feed.Event{Name: "stranger.ignored", Text: fmt.Sprintf("%v: %d others are being called", e, n)})
		return nil
	}
	s := &seed{endpoint: e, stranger: true}
	s.timer.owner = s
	r.timers.set(&s.timer, r.now.Add(r.cfg.MaxTimeNoResponse))
	r.seeds = append(r.seeds, s)
	r.note(Debug, feed.Event{Name: "stranger.heard", Text: fmt.Sprintf("somebody says that a registrar is at %v: calling it", e)})
	return s
}

// due: the stranger had the time of an answer. A dial takes what it takes, and
// candidates for the mentor stay until there is one.
func (s *seed) due(r *Registrar) {
	if s.dial != nil || r.mentor != nil {
		r.timers.set(&s.timer, r.now.Add(r.cfg.MaxTimeNoResponse))
		return
	}
	r.dismiss(s)
}

// dismiss forgets a place: a stranger there is a peer by now, or nobody. The list is
// made anew, for it may be walked through at this moment.
func (r *Registrar) dismiss(s *seed) {
	r.timers.stop(&s.timer)
	if i := slices.Index(r.seeds, s); i >= 0 {
		r.seeds = slices.Delete(slices.Clone(r.seeds), i, i+1)
		if h := r.mentor; h != nil && i < h.at {
			h.at--
		}
	}
	a := s.association
	if a == nil || len(a.peers) > 0 || !a.opened ||
		slices.ContainsFunc(r.seeds, func(o *seed) bool { return o.association == a }) {
		return
	}
	r.disregarded(a, "it does not say who it is: ending the association")
	r.disconnect(a)
}

// dismissIdle forgets those strangers that nothing is to be expected of after
// start-up.
func (r *Registrar) dismissIdle() {
	for _, s := range r.seeds {
		if s.stranger && s.dial == nil && s.association == nil && !s.awaited {
			r.dismiss(s)
		}
	}
}
