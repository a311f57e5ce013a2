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

// purge is what follows the last part of a peer's own table: what the table did not
// name and is still the peer's is removed (RFC 5353 section 3.6.3 (5)), in slices.
// The download goes on meanwhile: what the peer tells of now is not lost.
type purge struct {
	*download
	after handlespace.Position
	timer timer
	gone  int
}

func (r *Registrar) beginPurge(d *download) {
	r.timers.stop(&d.timer)
	d.purge = &purge{download: d}
	d.purge.timer.owner = d.purge
	d.purge.due(r)
}

// due purges the next slice. No other registrar hears of it.
func (u *purge) due(r *Registrar) {
	p := u.peer
	var gone []handlespace.Ref
	all := r.behind(p.id, &u.after, adoptionSlice, func(e handlespace.Entry) {
		if _, marked := u.marked[e.Ref()]; marked {
			gone = append(gone, e.Ref())
		}
	})
	for _, ref := range gone {
		u.differs(ref.Handle)
		_, unconfirmed := p.unconfirmed[ref]
		if unconfirmed || r.relics[ref].former {
			r.orphan(ref)
			continue
		}
		r.removeQuietly(ref, byPeer, "not in its home's table any more")
	}
	u.gone += len(gone)
	if !all {
		r.timers.set(&u.timer, r.now.Add(nextStep))
		return
	}
	r.closeDownload(p)
	r.purged(u.download, u.gone)
}

// purged ends a resynchronisation.
func (r *Registrar) purged(d *download, gone int) {
	p := d.peer
	if r.checksum(p.id) == p.told {
		p.nextAudit = r.now
		p.matched = true
		r.showPeer(p)
	}
	text := d.resynced(gone)
	r.note(Info, feed.Event{Name: "resync.completed", Server: p.id, Handle: d.pool, Text: text})
	r.endResync(d, AskDone, text)
}
