package handlespace

import (
	"github.com/tidwall/btree"

	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// home is what belongs to one home server; there is none without elements.
type home struct {
	elements *btree.BTreeG[*element]
	sum      enrp.Sum
}

// Checksum is the PE checksum over the elements of one home server (RFC 5353
// section 3.6.2); 0xffff where it has none.
func (h *Handlespace) Checksum(home wire.ServerID) wire.Checksum {
	if m := h.homes[home]; m != nil {
		return m.sum.Checksum()
	}
	return enrp.Sum{}.Checksum()
}

// Count is the number of elements of one home server.
func (h *Handlespace) Count(home wire.ServerID) int {
	if m := h.homes[home]; m != nil {
		return m.elements.Len()
	}
	return 0
}

func (h *Handlespace) joinHome(e *element) {
	id := e.Element.HomeServer
	m := h.homes[id]
	if m == nil {
		m = &home{elements: btree.NewBTreeGOptions(precedes, btree.Options{NoLocks: true})}
		h.homes[id] = m
	}
	m.elements.Set(e)
	m.sum.Add(e.pool.handle, e.Element.ID)
	h.changes++
}

func (h *Handlespace) leaveHome(e *element) {
	m := h.homes[e.Element.HomeServer]
	m.elements.Delete(e)
	m.sum.Remove(e.pool.handle, e.Element.ID)
	if m.elements.Len() == 0 {
		delete(h.homes, e.Element.HomeServer)
	}
	h.changes++
}
