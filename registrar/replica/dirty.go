package replica

import (
	"maps"
	"slices"

	"rserpool/registrar/wire"
)

// Dirty says what has changed.
type Dirty struct {
	// Pools are the handles, in order, of pools that came, went, or have changed
	// in themselves or in an element.
	Pools []wire.PoolHandle
	// Peers: a peer, or what adds up for one. Own: the registrar itself, or its
	// own checksum. Events: there are new ones.
	Peers, Own, Events bool
	// Counters: new ones came.
	Counters bool
	// All: everything may have changed; the other fields do not matter.
	All bool
}

// maxDirty bounds what is remembered for a reader that never asks; behind so
// many pools, looking at all of them is no more work.
const maxDirty = 4096

type dirty struct {
	pools                             map[wire.PoolHandle]struct{}
	peers, own, events, counters, all bool
}

func (d *dirty) pool(handle wire.PoolHandle) {
	if d.all {
		return
	}
	if len(d.pools) >= maxDirty {
		*d = dirty{all: true}
		return
	}
	if d.pools == nil {
		d.pools = make(map[wire.PoolHandle]struct{})
	}
	d.pools[handle] = struct{}{}
}

// TakeDirty says what has changed since the last call, or since a Hello.
func (r *Replica) TakeDirty() Dirty {
	d := r.dirty
	r.dirty = dirty{}
	if d.all {
		return Dirty{All: true}
	}
	return Dirty{Pools: slices.Sorted(maps.Keys(d.pools)), Peers: d.peers, Own: d.own, Events: d.events, Counters: d.counters}
}
