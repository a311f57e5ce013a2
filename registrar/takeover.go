package registrar

import (
	"fmt"
	"slices"
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// attempt is this registrar's wish to take a dead peer over (RFC 5353 section
// 3.5.1): wait are the peers whose consent is missing, in the order of their IDs.
// Who is learnt meanwhile is not waited for.
type attempt struct {
	wait  []wire.ServerID
	since time.Time
}

// endAttempt gives up the wish to take a peer over, if there is one.
func (r *Registrar) endAttempt(p *peer, result TakeoverResult) {
	switch {
	case p.attempt == nil:
		return
	case result == TakeoverWon:
		r.tally.won(r.now.Sub(p.attempt.since))
	default:
		r.tally.Takeovers[result]++
	}
	p.attempt = nil
}

// declareDead: the peer is gone. Its elements need a new home; a peer without any
// is forgotten.
func (r *Registrar) declareDead(p *peer, why string) {
	if r.phase != feed.Serving { // whoever serves takes over
		r.suspect(p, why)
		return
	}
	n := r.space.Count(p.id)
	if n == 0 {
		r.notePeer(Warn, "peer.dead", p.id, why+"; no element is its own")
		r.forgetPeer(p)
		return
	}
	r.closeTransfers(p)
	p.attempt = &attempt{since: r.now}
	for _, q := range r.peers {
		if q != p && (q.state == feed.Active || q.state == feed.Suspect || q.state == feed.Discovered) {
			p.attempt.wait = append(p.attempt.wait, q.id)
		}
	}
	r.setState(p, feed.TakingOver, fmt.Sprintf("%s; its own: %s; asked for consent: %s", why, count(n, "element"), count(len(p.attempt.wait), "peer")))
	r.timers.set(&p.timer, r.now.Add(r.cfg.MaxTimeNoResponse))
	r.opens(p)
	r.step(p, feed.DeclaredDead, 0, n)
	for _, q := range slices.Clone(r.peers) { // the dead one too: it may be able to object
		r.tellPeer(q, r.takeoverOf(p))
		r.step(p, feed.InitSent, q.id, len(p.attempt.wait))
	}
	r.leaveAttempts(p)
	if len(p.attempt.wait) == 0 {
		r.win(p)
	}
}

func (r *Registrar) takeoverOf(p *peer) enrp.InitTakeover {
	return enrp.InitTakeover{Takeover: enrp.Takeover{IDs: r.to(0), Target: p.id}}
}

// urge asks those again whose consent is missing, and whether they live. Time
// alone wins nothing: a live peer that does not consent may know better.
func (r *Registrar) urge(p *peer) {
	r.timers.set(&p.timer, r.now.Add(r.cfg.MaxTimeNoResponse))
	for _, id := range slices.Clone(p.attempt.wait) {
		q := r.peer(id)
		if q == nil {
			continue
		}
		r.tellPeer(q, r.takeoverOf(p))
		r.step(p, feed.InitSent, q.id, len(p.attempt.wait))
		if q.state == feed.Active {
			r.suspect(q, "does not answer to the takeover of "+p.id.String())
			r.tellPeer(q, r.presence(q.id, true))
		}
	}
}

// consent takes an ACK for an attempt, or what counts as one. Those that nobody
// waits for are ignored.
func (r *Registrar) consent(t *peer, from wire.ServerID, by feed.StepKind) bool {
	if t == nil || t.attempt == nil {
		return false
	}
	i, ok := slices.BinarySearch(t.attempt.wait, from)
	if !ok {
		return false
	}
	t.attempt.wait = slices.Delete(t.attempt.wait, i, i+1)
	r.step(t, by, from, len(t.attempt.wait))
	if len(t.attempt.wait) == 0 {
		r.win(t)
	}
	return true
}

// leaveAttempts: a peer that is gone, or being taken over, is not waited for.
func (r *Registrar) leaveAttempts(q *peer) {
	for _, p := range slices.Clone(r.peers) {
		if p != q && p.attempt != nil {
			r.consent(p, q.id, feed.NotAwaited)
		}
	}
}

// yield leaves the target to another registrar, and looks again after a while: it
// may have died over it. Before, an audit must have had the time to tell who won,
// so the jitter, which keeps those who look from doing so together, comes on top.
func (r *Registrar) yield(t *peer, to wire.ServerID) {
	r.endAttempt(t, TakeoverYielded)
	recheck := max(r.cfg.YieldRecheck, 2*r.cfg.PeerHeartbeatCycle+r.cfg.MaxTimeNoResponse)
	r.timers.set(&t.timer, r.now.Add(r.between(recheck, recheck*3/2)))
	r.setState(t, feed.Yielded, "left to "+to.String())
	r.leaveAttempts(t)
}

// win: all have consented (RFC 5353 section 3.5.2). The announcement goes first;
// it is what moves the elements elsewhere, so no update follows.
func (r *Registrar) win(t *peer) {
	m := enrp.TakeoverServer{Takeover: enrp.Takeover{IDs: r.to(0), Target: t.id}}
	moved := r.space.Count(t.id)
	r.step(t, feed.Won, r.id, moved)
	for _, q := range r.peers {
		if q.state != feed.Dead && (q != t || r.cfg.Dialect.tellsTarget()) {
			r.tellPeer(q, m)
			r.step(t, feed.ServerSent, q.id, moved)
		}
	}
	r.adopts(t, moved)
	t.completed, t.won = true, r.now
	r.bury(t, r.id, "taken over with "+count(moved, "element"))
	r.notePeer(Warn, "takeover.completed", t.id, count(moved, "element")+" at home here now")
	r.adopt(t.id)
}

// bury keeps a memory of a peer that was taken over, for as long as somebody may
// still speak of it. It is out of the list that others get.
func (r *Registrar) bury(t *peer, heir wire.ServerID, why string) {
	if heir == r.id {
		r.endAttempt(t, TakeoverWon)
	} else {
		r.endAttempt(t, TakeoverYielded)
	}
	t.unconfirmed = nil
	t.heir = heir
	r.closeTransfers(t)
	r.timers.set(&t.timer, r.now.Add(2*r.cfg.YieldRecheck))
	r.setState(t, feed.Dead, why)
	r.leaveAttempts(t)
}

// rise: a peer that was taken for dead is heard. It may be the last that it sent;
// only a second message, or an answer, makes it a peer again.
func (r *Registrar) rise(t *peer) {
	r.suspect(t, "heard after it was taken over")
	r.tellPeer(t, r.presence(t.id, true))
	if t.completed && r.cfg.Dialect.tellsTarget() {
		r.tellPeer(t, enrp.TakeoverServer{Takeover: enrp.Takeover{IDs: r.to(t.id), Target: t.id}})
	}
}
