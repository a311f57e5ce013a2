package replica

import (
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// Dirty says what has changed.
type Dirty struct {
	// Pools are the handles of pools that came, went, or have changed in themselves
	// or in an element, in the order of their first change.
	Pools []wire.PoolHandle
	// Elements are those that came, went or have changed; one may be there twice.
	Elements []Ref
	// Peers: a peer, or what adds up for one. Own: the registrar itself, or its
	// own checksum. Events: there are new ones.
	Peers, Own, Events bool
	// Captured: there are new messages.
	Captured bool
	// Counters: new ones came.
	Counters bool
	// Holds: one was made, has ended, or has refused something.
	Holds bool
	// All: everything may have changed; the other fields do not matter.
	All bool
}

// maxDirty bounds what is remembered for a reader that never asks; behind so
// many pools, looking at all of them is no more work.
const maxDirty = 4096

// maxDirtyElements is the same for elements.
const maxDirtyElements = 1 << 15

// Ref names an element.
type Ref = handlespace.Ref

type dirty struct {
	pools                                              []wire.PoolHandle
	isDirty                                            map[wire.PoolHandle]struct{}
	elements                                           []Ref
	peers, own, events, counters, holds, captured, all bool
}

func (d *dirty) pool(handle wire.PoolHandle) {
	if d.all {
		return
	}
	if len(d.pools) >= maxDirty {
		*d = dirty{all: true}
		return
	}
	if _, ok := d.isDirty[handle]; ok {
		return
	}
	if d.isDirty == nil {
		d.isDirty = make(map[wire.PoolHandle]struct{})
	}
	d.isDirty[handle] = struct{}{}
	d.pools = append(d.pools, handle)
}

// element notes a change of an element, and so of its pool.
func (d *dirty) element(handle wire.PoolHandle, id wire.PEIdentifier) {
	d.pool(handle)
	switch {
	case d.all:
	case len(d.elements) >= maxDirtyElements:
		*d = dirty{all: true}
	default:
		d.elements = append(d.elements, Ref{Handle: handle, ID: id})
	}
}

// TakeDirty says what has changed since the last call, or since a Hello.
func (r *Replica) TakeDirty() Dirty {
	d := r.dirty
	r.dirty = dirty{}
	if d.all {
		return Dirty{All: true}
	}
	return Dirty{Pools: d.pools, Elements: d.elements, Peers: d.peers, Own: d.own, Events: d.events, Counters: d.counters, Holds: d.holds, Captured: d.captured}
}
