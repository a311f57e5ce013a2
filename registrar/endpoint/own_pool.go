package endpoint

import (
	"github.com/tidwall/btree"

	"rserpool/registrar/wire"
)

// ownPool are the elements of one pool that are here.
type ownPool struct {
	btree.Map[wire.PEIdentifier, *element]
	acks acknowledgements
}

func (e *Endpoint) index(el *element) {
	pool := e.pools[el.spec.Handle]
	if pool == nil {
		pool = new(ownPool)
		pool.acks.timer.fire = func() { e.flushPoolAcks(pool) }
		e.pools[el.spec.Handle] = pool
	}
	pool.Set(el.id, el)
}

func (e *Endpoint) unindex(el *element) {
	pool := e.pools[el.spec.Handle]
	pool.Delete(el.id)
	if pool.Len() == 0 {
		delete(e.pools, el.spec.Handle)
	}
}

func (e *Endpoint) find(handle wire.PoolHandle, id wire.PEIdentifier) (*element, bool) {
	pool := e.pools[handle]
	if pool == nil {
		return nil, false
	}
	return pool.Get(id)
}

// freeID draws a PE identifier that is not 0 and not in use here.
func (e *Endpoint) freeID(handle wire.PoolHandle) wire.PEIdentifier {
	for {
		id := wire.PEIdentifier(e.cfg.Rand.Uint32())
		if _, taken := e.find(handle, id); id != 0 && !taken {
			return id
		}
	}
}
