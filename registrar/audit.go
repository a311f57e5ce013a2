package registrar

import (
	"fmt"

	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
)

// audit compares what a peer's own elements add up to there and here, and asks
// for them where that differs (RFC 5353 section 3.6). One resynchronisation at a
// time, and one in a heartbeat while it does not help.
func (r *Registrar) audit(p *peer) {
	if r.phase != feed.Serving || !p.hasTold || p.state == feed.Dead || p.download != nil || r.now.Before(p.nextAudit) {
		return
	}
	here := r.checksum(p.id)
	if here == p.told {
		p.unconfirmed = nil
		return
	}
	r.tally.Mismatches++
	r.notePeer(Info, "checksum.mismatch", p.id, fmt.Sprintf("told %v, computed %v: asking for its elements", p.told, here))
	p.nextAudit = r.now.Add(r.cfg.PeerHeartbeatCycle)
	r.beginDownload(p, true)
}

// purge removes what the peer's table did not name and is still the peer's. No
// other registrar hears of it (RFC 5353 section 3.6.3 (5)).
func (r *Registrar) purge(d *download) {
	p := d.peer
	var gone []handlespace.Ref
	for e := range r.space.OwnedBy(p.id) {
		ref := e.Ref()
		if _, marked := d.marked[ref]; marked {
			gone = append(gone, ref)
		}
	}
	for _, ref := range gone {
		_, unconfirmed := p.unconfirmed[ref]
		if unconfirmed || r.relics[ref].former {
			r.orphan(ref)
			continue
		}
		r.removeQuietly(ref, byPeer, "not in its home's table any more")
	}
	for _, ref := range gone {
		d.differs(ref.Handle)
	}
	if r.checksum(p.id) == p.told {
		p.nextAudit = r.now
		p.matched = true
		r.showPeer(p)
	}
	text := d.resynced(len(gone))
	r.note(Info, feed.Event{Name: "resync.completed", Server: p.id, Handle: d.pool, Text: text})
	r.endResync(d, AskDone, text)
}
