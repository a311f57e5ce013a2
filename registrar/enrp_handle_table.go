package registrar

import (
	"fmt"
	"slices"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// upload is a download of this registrar's table by a peer, between two parts of
// it (RFC 5353 section 3.2.3).
type upload struct {
	peer    *peer
	ownOnly bool
	after   handlespace.Position
	timer   timer
}

// due: the peer did not come for the next part.
func (u *upload) due(r *Registrar) { r.closeUpload(u.peer) }

func (r *Registrar) closeUpload(p *peer) {
	if p.upload != nil {
		r.timers.stop(&p.upload.timer)
		p.upload = nil
		r.downloads--
	}
}

// tableRequest answers with the next part of the table, at once.
func (r *Registrar) tableRequest(p *peer, a *association, m enrp.HandleTableRequest) {
	if p.upload != nil && p.upload.ownOnly != m.OwnOnly {
		r.closeUpload(p)
	}
	full := p.upload == nil && r.downloads >= r.cfg.Limits.Downloads
	if full {
		r.hit(LimitTableDownloads, fmt.Sprintf("%d peers download the table", r.downloads))
	}
	if full || r.phase != feed.Serving {
		r.sendENRP(a, enrp.HandleTableResponse{IDs: r.to(p.id), Reject: true})
		return
	}
	if p.upload == nil {
		p.upload = &upload{peer: p, ownOnly: m.OwnOnly}
		p.upload.timer.owner = p.upload
		r.downloads++
	}
	answer := enrp.HandleTableResponse{IDs: r.to(p.id)}
	answer.Pools, answer.More = r.tablePart(p.upload)
	if answer.More {
		r.timers.set(&p.upload.timer, r.now.Add(r.cfg.DownloadTimeout))
	} else {
		r.closeUpload(p)
		r.retold(p)
	}
	r.sendENRP(a, answer)
}

// tablePart takes the next entries that fit, and says whether there are more.
func (r *Registrar) tablePart(u *upload) (pools []enrp.Pool, more bool) {
	var home wire.ServerID
	if u.ownOnly {
		home = r.id
	}
	room := r.cfg.Dialect.page()
	for e := range r.space.Table(u.after, home) {
		if e.HomeServer() == 0 || !e.Carried() {
			continue // an orphan is nobody's to tell of
		}
		handle, size := e.Handle(), e.Size()
		if len(pools) == 0 || pools[len(pools)-1].Handle != handle {
			size += wire.Padded(4 + len(handle))
		}
		if size > room && len(pools) > 0 {
			return pools, true
		}
		room -= size
		if len(pools) == 0 || pools[len(pools)-1].Handle != handle {
			pools = append(pools, enrp.Pool{Handle: handle})
		}
		last := &pools[len(pools)-1]
		last.Elements = append(last.Elements, e.PoolElement())
		u.after = e.Position()
	}
	return pools, false
}

// download is this registrar's download of a peer's table: all of it from a
// mentor, the peer's own elements for an audit.
type download struct {
	peer    *peer
	ownOnly bool
	// marked are the elements that the table has not named so far; they are
	// removed at its end (RFC 5353 section 3.6.3).
	marked map[handlespace.Ref]struct{}
	// overtaken are elements that others have claimed since by an update. The table
	// may be older.
	overtaken map[handlespace.Ref]struct{}
	received  int
	// differ are how many elements were others here, pool the first one of theirs.
	differ int
	pool   wire.PoolHandle
	// wishes are operators' for it.
	wishes []asked
	timer  timer
	// purge: the table is complete, and what it did not name is removed; nil before.
	purge *purge
}

// due: the next part did not come in time.
func (d *download) due(r *Registrar) {
	r.downloadFailed(d.peer, "no answer in "+r.cfg.MaxTimeNoResponse.String())
}

func (r *Registrar) beginDownload(p *peer, ownOnly bool) {
	d := &download{peer: p, ownOnly: ownOnly, marked: make(map[handlespace.Ref]struct{})}
	d.timer.owner = d
	p.download = d
	r.incoming = append(r.incoming, d)
	if ownOnly {
		for e := range r.space.OwnedBy(p.id) {
			d.marked[e.Ref()] = struct{}{}
		}
	}
	r.requestTable(d)
}

func (r *Registrar) requestTable(d *download) {
	r.timers.set(&d.timer, r.now.Add(r.cfg.MaxTimeNoResponse))
	r.tellPeer(d.peer, enrp.HandleTableRequest{IDs: r.to(d.peer.id), OwnOnly: d.ownOnly})
}

// closeDownload drops the marks and purges nothing.
func (r *Registrar) closeDownload(p *peer) {
	if p.download != nil {
		r.timers.stop(&p.download.timer)
		if u := p.download.purge; u != nil {
			r.timers.stop(&u.timer)
		}
		r.incoming = slices.DeleteFunc(r.incoming, func(d *download) bool { return d == p.download })
		p.download = nil
	}
}

// closeTransfers ends what goes on with a peer that is gone.
func (r *Registrar) closeTransfers(p *peer) {
	r.closeUpload(p)
	if p.download != nil {
		r.downloadFailed(p, "the peer is gone")
	}
}

func (r *Registrar) downloadFailed(p *peer, why string) {
	ownOnly := p.download.ownOnly
	r.endResync(p.download, AskSilent, why)
	r.closeDownload(p)
	r.notePeer(Warn, "table.failed", p.id, why)
	if !ownOnly {
		r.mentorFailed(why, true)
	}
}

func (r *Registrar) tableResponse(p *peer, m enrp.HandleTableResponse) {
	d := p.download
	if d == nil || d.purge != nil {
		r.tally.Discarded[ENRP][DiscardUnexpected]++
		r.notePeer(Debug, "message.discarded", p.id, "part of a table that was not asked for")
		return
	}
	if m.Reject {
		r.downloadFailed(p, "the peer refuses its table")
		return
	}
	for _, pool := range m.Pools {
		for _, e := range pool.Elements {
			d.received++
			r.tableEntry(d, pool.Handle, e)
		}
	}
	if m.More && (len(m.Pools) == 0 || d.received > r.cfg.Limits.Elements) {
		r.downloadFailed(p, "the table does not end")
		return
	}
	if m.More {
		r.requestTable(d)
		return
	}
	if d.ownOnly {
		r.beginPurge(d)
		return
	}
	r.closeDownload(p)
	r.mentorLoaded(p)
}

// differs counts an element that was another here.
func (d *download) differs(handle wire.PoolHandle) {
	if d.differ++; d.pool == "" {
		d.pool = handle
	}
}

// overtaking: a peer claims an element by an update, which is newer than what is on
// its way in the tables of others.
func (r *Registrar) overtaking(by wire.ServerID, ref handlespace.Ref) {
	for _, d := range r.incoming {
		if d.peer.id == by {
			delete(d.overtaken, ref)
			continue
		}
		if d.overtaken == nil {
			d.overtaken = make(map[handlespace.Ref]struct{})
		}
		d.overtaken[ref] = struct{}{}
	}
}

// tableEntry takes one entry of a table. Only what the peer says of its own
// elements is a claim; a mentor's word for others fills gaps.
func (r *Registrar) tableEntry(d *download, handle wire.PoolHandle, e wire.PoolElement) {
	ref := handlespace.Ref{Handle: handle, ID: e.ID}
	if r.mentor != nil {
		r.mentor.named(ref)
	}
	if e.HomeServer == d.peer.id {
		if _, older := d.overtaken[ref]; older {
			delete(d.marked, ref)
			r.noteElement(Debug, "entry.ignored", ref, e.HomeServer, byPeer, "it has registered elsewhere meanwhile")
			return
		}
		_, same := d.marked[ref]
		r.claim(d.peer, handle, e, inTable)
		if held, ok := r.space.Find(handle, e.ID); d.ownOnly && !same && ok && held.HomeServer() == d.peer.id {
			d.differs(handle)
		}
		return
	}
	_, known := r.space.Find(handle, e.ID)
	switch {
	case d.ownOnly, e.HomeServer == 0, e.HomeServer == r.id:
		r.noteElement(Debug, "entry.ignored", ref, e.HomeServer, byPeer, "its home is not the sender, "+d.peer.id.String())
	case r.mentor != nil && r.mentor.gone(ref, e.HomeServer):
		r.noteElement(Debug, "entry.ignored", ref, e.HomeServer, byPeer, "its end was announced meanwhile")
	case !known:
		e.HomeServer = r.heirOf(e.HomeServer, ref)
		r.store(handle, e, d.peer.id, inTable)
		if r.peer(e.HomeServer) == nil {
			// A home that nobody names any more has to be watched, so that it can
			// be found dead.
			r.addPeer(e.HomeServer, feed.Discovered, Endpoint{})
		}
	}
}

// heirOf is the home of an element in a mentor's table: where that one is older
// than a takeover that is known here, who has taken it over.
func (r *Registrar) heirOf(home wire.ServerID, ref handlespace.Ref) wire.ServerID {
	t := r.peer(home)
	if t == nil || t.state != feed.Dead || t.heir == r.id {
		return home
	}
	if p := r.peer(t.heir); p != nil {
		p.leftUnconfirmed(ref)
	}
	return t.heir
}
