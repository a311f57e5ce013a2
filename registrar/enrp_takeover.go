package registrar

import (
	"fmt"
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// initTakeover: a peer wants to take over another registrar (RFC 5353 section
// 3.5.1).
func (r *Registrar) initTakeover(p *peer, a *association, m enrp.InitTakeover) {
	t := r.peer(m.Target)
	switch {
	case m.Target == r.id:
		r.tally.Takeovers[TakeoverObjected]++
		r.notePeer(Warn, "takeover.refuted", p.id, "wants to take this registrar over")
		r.tellEvery(r.presence(0, false))
		return
	case t == p, m.Target == 0:
		r.discarded(a, DiscardUnexpected, "a wish of "+p.id.String()+" to take "+m.Target.String()+" over")
		return
	case t != nil && t.completed && (t.state == feed.Dead || t.state == feed.Suspect):
		// It has been done; the sender has not heard of it.
		r.sendENRP(a, enrp.TakeoverServer{Takeover: enrp.Takeover{IDs: r.to(p.id), Target: t.id}})
		if r.now.Sub(t.won) > r.cfg.MaxTimeNoResponse {
			r.remind(t, p)
		}
		if r.cfg.Dialect.consentsLate() {
			r.sendENRP(a, enrp.InitTakeoverAck{Takeover: enrp.Takeover{IDs: r.to(p.id), Target: m.Target}})
		}
		return
	case t != nil && t.state == feed.TakingOver && r.cfg.Dialect.prevails(r.id, p.id):
		r.step(t, feed.Contested, p.id, len(t.attempt.wait))
		r.notePeer(Info, "takeover.contested", t.id, fmt.Sprintf("%v wants it too, %v goes on", p.id, r.id))
		return
	}
	r.sendENRP(a, enrp.InitTakeoverAck{Takeover: enrp.Takeover{IDs: r.to(p.id), Target: m.Target}})
	if t != nil && t.state != feed.Dead {
		r.opens(t)
		r.step(t, feed.InitReceived, p.id, 0)
		r.step(t, feed.AckSent, p.id, 0)
		r.yield(t, p.id)
	}
}

// remind tells all others of a takeover that one has missed: since then, some may
// have learnt of the dead one from it, and wait for its takeover by now.
func (r *Registrar) remind(t, missed *peer) {
	for _, q := range r.peers {
		if q != t && q != missed && q.state != feed.Dead {
			r.tellPeer(q, enrp.TakeoverServer{Takeover: enrp.Takeover{IDs: r.to(0), Target: t.id}})
		}
	}
}

func (r *Registrar) initTakeoverAck(p *peer, a *association, m enrp.InitTakeoverAck) {
	if !r.consent(r.peer(m.Target), p.id, feed.AckReceived) {
		r.discarded(a, DiscardUnexpected, "consent to no takeover of ours")
	}
}

// takeoverServer: a peer has taken over another registrar and is the home of its
// elements now (RFC 5353 section 3.5.2). Elements of others stay where they are.
func (r *Registrar) takeoverServer(p *peer, m enrp.TakeoverServer) {
	switch m.Target {
	case r.id:
		r.refuteTakeover(p)
		return
	case p.id, 0:
		return
	}
	moved := r.rehome(m.Target, p)
	r.notePeer(Warn, "takeover.seen", m.Target, fmt.Sprintf("taken over by %v with %s", p.id, count(moved, "element")))
	t := r.peer(m.Target)
	if moved > 0 || t != nil && t.state != feed.Dead { // else it is told again
		r.tally.Takeovers[TakeoverSeen]++
	}
	if t != nil {
		t.completed = false
		if t.state != feed.Dead || moved > 0 {
			r.opens(t)
			r.step(t, feed.ServerReceived, p.id, moved)
		}
		r.bury(t, p.id, "taken over by "+p.id.String())
	}
}

// refuteTakeover: this registrar lives, and says so before all else.
func (r *Registrar) refuteTakeover(p *peer) {
	r.tally.Takeovers[TakeoverRefuted]++
	r.notePeer(Warn, "takeover.refuted", p.id, "took this registrar over")
	r.tellEvery(r.presence(0, false))
	r.refute()
}

// leftUnconfirmed: the peer is an element's home by a takeover only.
func (p *peer) leftUnconfirmed(ref handlespace.Ref) {
	if p.unconfirmed == nil {
		p.unconfirmed = make(map[handlespace.Ref]struct{})
	}
	p.unconfirmed[ref] = struct{}{}
}

// confirmed: an element has left a home, or its home has told of it.
func (r *Registrar) confirmed(home wire.ServerID, ref handlespace.Ref) {
	if p := r.peer(home); p != nil {
		delete(p.unconfirmed, ref)
	}
}

// rehome gives all elements of one home to a peer that says so. They are
// unconfirmed until it tells of them itself. The feed hears of them in slices.
func (r *Registrar) rehome(from wire.ServerID, to *peer) int {
	n := r.space.Count(from)
	if n == 0 {
		return 0
	}
	if to.unconfirmed == nil {
		to.unconfirmed = make(map[handlespace.Ref]struct{}, n)
	}
	m := &moved{left: make([]handlespace.Ref, 0, n)}
	m.timer.owner = m
	r.space.Takeover(from, to.id, func(e handlespace.Entry) time.Time {
		m.left = append(m.left, e.Ref())
		to.unconfirmed[e.Ref()] = struct{}{}
		return time.Time{}
	})
	r.touched(from)
	r.touched(to.id)
	m.due(r)
	return n
}

// moved are elements with another home that the feed has to hear of.
type moved struct {
	left  []handlespace.Ref
	timer timer
}

func (m *moved) due(r *Registrar) {
	n := min(adoptionSlice, len(m.left))
	for _, ref := range m.left[:n] {
		if e, ok := r.space.Find(ref.Handle, ref.ID); ok {
			r.elementChanged(e)
		}
	}
	if m.left = m.left[n:]; len(m.left) > 0 {
		r.timers.set(&m.timer, r.now.Add(nextStep))
	}
}
