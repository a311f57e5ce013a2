package registrar

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// peer is another registrar of the operation scope. What each message needs comes
// first.
type peer struct {
	id    wire.ServerID
	state feed.LinkState
	// told is the checksum of its latest PRESENCE.
	told    wire.Checksum
	hasTold bool
	// matched: told was what is computed here, then or after a resynchronisation;
	// compared is what the handlespace had counted when it was.
	matched  bool
	compared uint64
	mentor   bool
	// completed: this registrar has taken it over, and remembers it.
	completed bool
	// heard is when any message of it came (RFC 5353 section 4.1,
	// peer_last_heard); shown is when the feed was told last.
	heard, shown time.Time
	// attempt is this registrar's wish to take the peer over, while its state says so.
	attempt *attempt
	// timer supervises it, as its state says.
	timer timer
	// download is this registrar's, of the peer's table; upload the other way.
	download *download
	upload   *upload
	// links are the associations it spoke over; the first is used, and mostly the
	// only one.
	links []*association
	link  [1]*association
	// unconfirmed are elements that it is the home of by a takeover only: no word
	// of its own has named them since.
	unconfirmed map[handlespace.Ref]struct{}
	// nextAudit is the earliest time of the next resynchronisation.
	nextAudit time.Time

	// endpoint is where its ENRP is: by its own word, by a list, or the other
	// end of its association. Without addresses it cannot be dialled.
	endpoint Endpoint
	dial     *dial
	// called is when it was dialled last.
	called time.Time
	// queue waits for the dial.
	queue [][]byte

	// won is when this registrar completed its takeover.
	won time.Time
	// heir is who has taken it over, this registrar or another.
	heir wire.ServerID
	// doubted is since when it is asked whether it lives; play is what the feed
	// hears of its takeover, if one goes on.
	doubted time.Time
	play    *play
	// probes are operators' that it has not answered.
	probes probes
	// retelling goes on with it.
	retelling *retelling
}

func (r *Registrar) findPeer(id wire.ServerID) (at int, ok bool) {
	return slices.BinarySearchFunc(r.peers, id, func(p *peer, id wire.ServerID) int { return cmp.Compare(p.id, id) })
}

// peer finds a known registrar, nil if it is not.
func (r *Registrar) peer(id wire.ServerID) *peer {
	if i, ok := r.findPeer(id); ok {
		return r.peers[i]
	}
	return nil
}

// speaker is the peer that spoke over a last under an ID, mostly the only one.
func (a *association) speaker(id wire.ServerID) *peer {
	if len(a.peers) > 0 && a.peers[0].id == id {
		return a.peers[0]
	}
	return nil
}

// addPeer makes a registrar known; nil where there is no room for it.
func (r *Registrar) addPeer(id wire.ServerID, state feed.LinkState, e Endpoint) *peer {
	if len(r.peers) >= r.cfg.Limits.Peers {
		why := r.hit(LimitPeers, fmt.Sprintf("the limit of %d peers is reached", r.cfg.Limits.Peers))
		r.complain(feed.Event{Name: "peer.refused", Server: id, Text: why})
		return nil
	}
	i, _ := r.findPeer(id)
	p := &peer{id: id, state: state, endpoint: e, heard: r.now}
	p.links = p.link[:0]
	p.timer.owner = p
	r.peers = slices.Insert(r.peers, i, p)
	r.timers.set(&p.timer, r.now.Add(r.cfg.MaxTimeLastHeard))
	r.showPeer(p)
	r.touched(id)
	where := "named by another registrar"
	if len(e.Addrs) > 0 {
		where = "at " + e.String()
	}
	r.notePeer(Info, "peer.discovered", id, where)
	return p
}

// forgetPeer removes a registrar from the peer list.
func (r *Registrar) forgetPeer(p *peer) {
	i, ok := r.findPeer(p.id)
	if !ok {
		return
	}
	r.peers = slices.Delete(r.peers, i, i+1)
	p.attempt = nil
	r.step(p, feed.Dropped, 0, 0)
	r.leaveAttempts(p)
	r.retold(p)
	r.closeTransfers(p)
	r.forgetHonours(p.id)
	r.endProbes(p, AskSilent, "nothing is its own, and it is forgotten")
	r.timers.stop(&p.timer)
	for _, a := range p.links {
		a.peers = slices.DeleteFunc(a.peers, func(q *peer) bool { return q == p })
		if len(a.peers) == 0 {
			a.greeted = false
		}
	}
	if p.dial != nil {
		p.dial.peer = nil
	}
	p.state = feed.Forgotten
	r.showPeer(p)
}

// met: it was heard, and is not dead.
func (p *peer) met() bool { return p.state != feed.Dead && p.state != feed.Discovered }

// showPeer tells the feed what is known of a peer.
func (r *Registrar) showPeer(p *peer) {
	p.shown = r.now
	m := feed.PeerState{
		Peer: p.id, State: p.state, Mentor: p.mentor, Heard: feed.At(p.heard), Told: p.told, HasTold: p.hasTold, Matched: p.matched,
	}
	if p.state == feed.Discovered {
		m.Heard = 0
	}
	if len(p.endpoint.Addrs) > 0 {
		m.Information = wire.ServerInformation{ID: p.id, Transport: p.endpoint.transport()}
	}
	r.changed(m)
}

// setState moves a peer to another state and says so.
func (r *Registrar) setState(p *peer, s feed.LinkState, why string) {
	if p.state == s {
		return
	}
	p.state = s
	r.showPeer(p)
	level := Info
	if s == feed.Suspect || s == feed.Dead {
		level = Warn
	}
	r.notePeer(level, "peer."+s.String(), p.id, why)
}

// hear takes a sign of life from the sender of a message on a, which makes an
// unknown sender known if it could be read (RFC 5353 sections 3.4.1 and 3.4.3). It
// gives nil where the sender stays unknown.
func (r *Registrar) hear(id wire.ServerID, a *association, discover bool) *peer {
	p := a.speaker(id)
	linked := p != nil
	if p == nil {
		p = r.peer(id)
	}
	fresh := p == nil
	if fresh {
		if !discover {
			return nil
		}
		if p = r.addPeer(id, feed.Active, a.remote); p == nil {
			return nil
		}
	}
	p.heard = r.now
	if p.state == feed.Dead {
		r.link(p, a, true)
		r.rise(p)
		return p
	}
	r.timers.set(&p.timer, r.now.Add(r.cfg.MaxTimeLastHeard))
	if p.attempt != nil { // RFC 5353 section 3.5.1: it lives
		r.endAttempt(p, TakeoverCancelled)
		r.notePeer(Warn, "takeover.cancelled", p.id, "heard again")
	}
	p.completed = false
	switch {
	case p.state != feed.Active:
		p.doubted = time.Time{}
		r.step(p, feed.Cancelled, 0, 0)
		r.setState(p, feed.Active, "heard")
	case r.now.Sub(p.shown) >= r.cfg.HeardResolution:
		r.showPeer(p)
	}
	if !linked {
		r.link(p, a, fresh)
	}
	return p
}

// link remembers that p speaks over a, and greets it there: both ends then know
// each other's checksums at once, not a heartbeat later.
func (r *Registrar) link(p *peer, a *association, replyRequired bool) {
	if slices.Contains(p.links, a) {
		return
	}
	greeted := a.greeted && len(a.peers) == 0
	p.links = append(p.links, a)
	a.peers = append(a.peers, p)
	if len(p.endpoint.Addrs) == 0 {
		p.endpoint = a.remote
	}
	if !greeted {
		a.greeted = true
		r.sendENRP(a, r.presence(p.id, replyRequired))
	}
	r.exchangeHolds(p, a)
	if r.cfg.Dialect.tellsAll() {
		r.retell(p)
	}
}

// due: the peer was silent for as long as its state allows.
func (p *peer) due(r *Registrar) {
	switch p.state {
	case feed.Suspect:
		r.declareDead(p, fmt.Sprintf("no answer in %v", r.cfg.MaxTimeNoResponse))
	case feed.TakingOver:
		r.urge(p)
	case feed.Dead:
		if r.space.Count(p.id) == 0 {
			r.forgetPeer(p)
			return
		}
		fallthrough // late news have brought elements of it
	case feed.Discovered, feed.Active, feed.Yielded:
		r.suspect(p, fmt.Sprintf("not heard for %v", r.now.Sub(p.heard)))
		r.tellPeer(p, r.presence(p.id, true))
	case feed.Forgotten:
	}
}

// suspect gives the peer the time of one answer.
func (r *Registrar) suspect(p *peer, why string) {
	r.timers.set(&p.timer, r.now.Add(r.cfg.MaxTimeNoResponse))
	p.doubted = r.now
	r.step(p, feed.Doubted, 0, 0)
	r.setState(p, feed.Suspect, why)
}
