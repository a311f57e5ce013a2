package view

import "rserpool/registrar/wire"

// handles numbers pool handles, so that the rows of a table hold none: memory without
// pointers is small, and no work for the collector of garbage. The zero value is empty.
type handles struct {
	numbers map[wire.PoolHandle]uint32
	list    []wire.PoolHandle // by number
	uses    []int             // by number
	free    []uint32
}

// use gives the number of a handle, for one more row.
func (h *handles) use(handle wire.PoolHandle) uint32 {
	n, ok := h.numbers[handle]
	if !ok {
		if last := len(h.free) - 1; last >= 0 {
			n, h.free = h.free[last], h.free[:last]
		} else {
			n = uint32(len(h.list)) //nolint:gosec // at most one a row
			h.list, h.uses = append(h.list, ""), append(h.uses, 0)
		}
		if h.numbers == nil {
			h.numbers = make(map[wire.PoolHandle]uint32)
		}
		h.numbers[handle], h.list[n] = n, handle
	}
	h.uses[n]++
	return n
}

// drop takes a use back; the last one frees the number.
func (h *handles) drop(n uint32) {
	if h.uses[n]--; h.uses[n] == 0 {
		delete(h.numbers, h.list[n])
		h.list[n] = ""
		h.free = append(h.free, n)
	}
}
