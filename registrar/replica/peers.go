package replica

import (
	"iter"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// Peer is another registrar, and how its elements add up (RFC 5353 section
// 3.6.2): by what it told, by the registrar, and by this replica.
type Peer struct {
	feed.PeerState
	// Elements is how many elements have it as their home.
	Elements int
	// Computed is the registrar's checksum over them; without HasComputed it
	// has not said one, and Computed is Page.
	Computed    wire.Checksum
	HasComputed bool
	// Page is this replica's own.
	Page wire.Checksum
}

// InStep reports whether the peer told the checksum that the registrar computed
// for it at that moment, or computes now; known is false as long as it has not
// told any.
func (p Peer) InStep() (same, known bool) {
	return p.HasTold && (p.Matched || p.Told == p.Computed), p.HasTold
}

func (r *Replica) applyPeerState(m feed.PeerState) {
	r.dirty.peers = true
	if m.State == feed.Forgotten {
		r.peers.Delete(m.Peer)
		r.servers.Delete(m.Peer)
		r.rhythms.Delete(m.Peer)
		r.tidy(m.Peer)
		return
	}
	if m.Information.Present() {
		info := m.Information
		r.servers.Set(m.Peer, &info)
		m.Information = wire.ServerInformation{}
	}
	r.keepTime(m)
	r.peers.Set(m.Peer, &m)
}

func (r *Replica) applyPresence(m enrp.Presence) {
	if !m.HasChecksum {
		return
	}
	r.computed.Set(m.Sender, &m.Checksum)
	r.tidy(m.Sender)
	r.touchHome(m.Sender)
}

// tidy drops the checksum of a registrar that is neither a peer nor the home of
// anything, so that those which come and go leave nothing behind.
func (r *Replica) tidy(id wire.ServerID) {
	_, peer := r.peers.Get(id)
	c, ok := r.computed.Get(id)
	if ok && !peer && id != r.Self() && r.space.Count(id) == 0 && *c == r.space.Checksum(id) {
		r.computed.Delete(id)
	}
}

func (r *Replica) touchHome(home wire.ServerID) {
	r.spoke(home)
	if home == r.Self() {
		r.dirty.own = true
	} else {
		r.dirty.peers = true
	}
}

// Peers walks the peers by ID.
func (r *Replica) Peers() iter.Seq[Peer] {
	return func(yield func(Peer) bool) {
		r.peers.Scan(func(_ wire.ServerID, m *feed.PeerState) bool {
			return yield(r.peer(*m))
		})
	}
}

// Peer finds a peer.
func (r *Replica) Peer(id wire.ServerID) (Peer, bool) {
	m, ok := r.peers.Get(id)
	if !ok {
		return Peer{}, false
	}
	return r.peer(*m), true
}

func (r *Replica) peer(m feed.PeerState) Peer {
	if info, ok := r.servers.Get(m.Peer); ok {
		m.Information = *info
	}
	p := Peer{PeerState: m, Elements: r.space.Count(m.Peer), Page: r.space.Checksum(m.Peer)}
	p.Computed = p.Page
	if c, ok := r.computed.Get(m.Peer); ok {
		p.Computed, p.HasComputed = *c, true
	}
	return p
}

// Own gives the checksum of the registrar's own elements: as it computes it, if
// known, and as this replica does.
func (r *Replica) Own() (told, page wire.Checksum, known bool) {
	page = r.space.Checksum(r.Self())
	if c, ok := r.computed.Get(r.Self()); ok {
		return *c, page, true
	}
	return 0, page, false
}

// Disagrees lists, by ID, the home servers whose elements add up differently in
// the registrar and in this replica. It means something behind a Sequence: in
// between, checksums may be ahead of their elements.
func (r *Replica) Disagrees() []wire.ServerID {
	var list []wire.ServerID
	r.computed.Scan(func(id wire.ServerID, c *wire.Checksum) bool {
		if *c != r.space.Checksum(id) {
			list = append(list, id)
		}
		return true
	})
	return list
}
