package endpoint

import "rserpool/registrar/wire"

const (
	// maxLast is of how many pools the element of the last message is known, for
	// SendToLast: more than one program talks to.
	maxLast = 4096
	// maxOrders is of how many pools a failover order is kept that no session has for
	// itself. Others choose the pool handles, of up to 64 KB each.
	maxOrders = 256
)

// recent keeps a value for each of the pools that came last, as many as limit.
type recent[V any] struct {
	limit  int
	of     map[wire.PoolHandle]V
	oldest []wire.PoolHandle
}

func newRecent[V any](limit int) recent[V] {
	return recent[V]{limit: limit, of: make(map[wire.PoolHandle]V)}
}

func (r *recent[V]) set(handle wire.PoolHandle, v V) {
	if _, known := r.of[handle]; !known {
		if len(r.oldest) == r.limit {
			delete(r.of, r.oldest[0])
			r.oldest = r.oldest[1:]
		}
		r.oldest = append(r.oldest, handle)
	}
	r.of[handle] = v
}
