package sim

import (
	"rserpool/registrar"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// view is what a registrar says in its feed: what it holds, what it computes, and
// what it thinks of its peers.
type view struct {
	lives map[wire.ServerID]*life
	phase feed.Phase
	// copies is what it holds, by PE identifier minus 1.
	copies []copied
	// peers are by the number of their life, 0 being for any that never lived.
	peers []peer
}

// copied is an element as a registrar holds it; no home: it does not.
type copied struct {
	home wire.ServerID
	// print is a hash of all that registrars have to agree on.
	print uint32
}

// peer is what a registrar says of another one, and of itself.
type peer struct {
	// sum is what it computes over its elements.
	sum   wire.Checksum
	known bool
	state feed.LinkState
}

// follow takes one effect of the registrar and reports whether nobody else needs
// to see it.
func (v *view) follow(e registrar.Effect) bool {
	changed, ok := e.(registrar.Changed)
	if !ok {
		return false
	}
	switch m := changed.Message.(type) {
	case enrp.Presence:
		v.of(m.Sender).sum = m.Checksum
		return true
	case feed.RegistrarState:
		v.phase = m.Phase
		return true
	case feed.PeerState:
		p := v.of(m.Peer)
		same := p.known && p.state == m.State
		p.state, p.known = m.State, m.State != feed.Forgotten
		return same
	case feed.ElementState:
		return true
	}
	return false
}

// of is what it says of a registrar, good until the next call.
func (v *view) of(id wire.ServerID) *peer {
	n := 0
	if l := v.lives[id]; l != nil {
		n = l.number
	}
	if n >= len(v.peers) {
		v.peers = append(v.peers, make([]peer, len(v.lives)+1-len(v.peers))...)
	}
	return &v.peers[n]
}

func (v *view) copy(n int) copied {
	if n < len(v.copies) {
		return v.copies[n]
	}
	return copied{}
}
