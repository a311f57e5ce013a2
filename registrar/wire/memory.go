package wire

import "net/netip"

// memory is where a Reader puts what it reads. The zero value allocates each
// list and each handle by itself; from the first reuse on it takes them from what
// it has.
type memory struct {
	addresses arena[netip.Addr]
	elements  arena[PoolElement]
	handles   handles
}

func (m *memory) reuse() {
	m.addresses.reuse()
	m.elements.reuse()
	if m.handles.young == nil {
		m.handles.young = make(map[string]PoolHandle)
	}
}

// handle gives the bytes as a pool handle.
func (m *memory) handle(b []byte) PoolHandle {
	if m.handles.young == nil || len(b) > maxKeptHandle {
		return PoolHandle(b)
	}
	return m.handles.get(b)
}

// arena hands out lists of T from one array, as long as that lasts.
type arena[T any] struct {
	// room has the length that is handed out.
	room []T
	// total is what was handed out since the last reuse, from other arrays too.
	total int
}

// take gives an empty list with room for n, and no more than that.
func (a *arena[T]) take(n int) []T {
	a.total += n
	start := len(a.room)
	if n > cap(a.room)-start {
		return make([]T, 0, n)
	}
	a.room = a.room[:start+n]
	return a.room[start:start:len(a.room)]
}

// reserve makes room for n, which are about to be taken bit by bit.
func (a *arena[T]) reserve(n int) {
	if n > cap(a.room)-len(a.room) {
		a.room = make([]T, 0, n)
	}
}

// reuse takes back all that was handed out and makes the array large enough for
// as much again. What a message holds bounds it: 65535 bytes have at most 8191
// addresses and 2340 elements, which take 0.2 and 0.4 megabytes.
func (a *arena[T]) reuse() {
	if a.total > cap(a.room) {
		a.room = make([]T, 0, a.total)
	}
	a.room, a.total = a.room[:0], 0
}

// The bounds of what a Reader keeps of the handles it saw: two generations of
// maxKeptHandles, in the longest case half a megabyte. Longer handles than
// maxKeptHandle are rare, and allocated each time.
const (
	maxKeptHandles = 1024
	maxKeptHandle  = 255
)

// handles finds the pool handles that were seen lately: all of the last
// maxKeptHandles different ones, and none beyond twice as many.
type handles struct{ young, old map[string]PoolHandle }

func (h *handles) get(b []byte) PoolHandle {
	if found, ok := h.young[string(b)]; ok {
		return found
	}
	found, ok := h.old[string(b)]
	if !ok {
		found = PoolHandle(b)
	}
	if len(h.young) == maxKeptHandles {
		h.young, h.old = h.old, h.young
		clear(h.young)
		if h.young == nil {
			h.young = make(map[string]PoolHandle, maxKeptHandles)
		}
	}
	h.young[string(found)] = found
	return found
}
