package handlespace

import (
	"errors"
	"strconv"

	"rserpool/registrar/enrp"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// Verify checks that all indexes agree with each other and that each checksum
// is that of a fresh computation. It walks everything: for tests.
func (h *Handlespace) Verify() error {
	return errors.Join(h.verifyPools(), h.verifyHomes(), h.verifyExpiry())
}

func (h *Handlespace) verifyPools() error {
	var err error
	size := 0
	h.ordered.Scan(func(handle wire.PoolHandle, p *pool) bool {
		size += p.size
		if p.handle != handle || h.pools[handle] != p || *h.numbered.At(p.number) != p {
			err = p.broken("is not indexed under its handle and number")
		} else {
			err = errors.Join(h.verifyPool(p), p.set.Verify())
		}
		return err == nil
	})
	switch {
	case err != nil:
		return err
	case h.ordered.Len() != len(h.pools) || h.numbered.Len() != len(h.pools):
		return broken("pools in order, indexed and numbered: " + counts(h.ordered.Len(), len(h.pools), h.numbered.Len()))
	case size != h.elements.Len() || size != h.records.Len():
		return broken("elements of pools, in the tree and recorded: " + counts(size, h.elements.Len(), h.records.Len()))
	}
	return h.elements.Verify(&h.nodes)
}

func (h *Handlespace) verifyPool(p *pool) error {
	n := 0
	picked := make(map[uint32]bool)
	for e := range h.Elements(p.handle) {
		r := e.record()
		if n == 0 && e.slot != p.first {
			return p.broken("has another first element")
		}
		if r.pool != p.number {
			return e.broken("belongs to another pool")
		}
		if err := h.conflict(p, new(e.PoolElement())); err != nil {
			return e.broken(err.Error())
		}
		if kept, ok := h.elements.Get(&h.nodes, p.key(r.id)); !ok || kept != e.slot {
			return e.broken("is not where its identifier says")
		}
		if h.members.Values(e.slot) != policy.ValuesOf(e.Policy()) {
			return e.broken("is selected by the values of another policy")
		}
		picked[e.slot] = true
		n++
	}
	if n == 0 || n != p.size {
		return p.broken("has a wrong size")
	}
	before := *h.chance
	list := p.set.Pick(nil, 0, h.random)
	*h.chance = before
	for _, slot := range list {
		if !picked[slot] {
			return p.broken("selects who is no element of it, or selects it twice")
		}
		picked[slot] = false
	}
	if len(list) == 0 {
		return p.broken("selects nobody")
	}
	return nil
}

func (h *Handlespace) verifyHomes() error {
	sums := make(map[wire.ServerID]enrp.Sum)
	for e := range h.Table(Position{}, 0) {
		r := e.record()
		sum := sums[r.home]
		sum.Add(e.Handle(), r.id)
		sums[r.home] = sum
		m := h.homes[r.home]
		if m == nil {
			return e.broken("has an unknown home")
		}
		if kept, ok := m.elements.Get(&h.nodes, e.pool().key(r.id)); !ok || kept != e.slot {
			return e.broken("is not with its home")
		}
	}
	total := 0
	for id, m := range h.homes {
		total += m.elements.Len()
		if m.sum != sums[id] || m.id != id {
			return broken("the checksum of home " + id.String() + " is not that of its elements")
		}
		if err := m.elements.Verify(&h.nodes); err != nil {
			return err
		}
	}
	if total != h.Len() {
		return broken("elements of homes and in all: " + counts(total, h.Len()))
	}
	return nil
}

func (h *Handlespace) verifyExpiry() error {
	queued := 0
	for e := range h.Table(Position{}, 0) {
		r := e.record()
		if r.queued != never {
			queued++
		}
		if r.queued > r.expires || (r.queued == never) != (r.expires == never) {
			return e.broken("is queued behind its expiry")
		}
	}
	var err error
	h.expiry.queue.All(&h.nodes, &h.expiry.links, 0, func(key uint64, slot uint32) bool {
		if h.records.At(slot).queued.key() != key {
			err = Entry{h, slot}.broken("is queued at another time")
		}
		queued--
		return err == nil
	})
	if err == nil && queued != 0 {
		err = broken("elements that expire and are not queued: " + counts(queued))
	}
	return errors.Join(err, h.expiry.queue.Verify(&h.nodes, &h.expiry.links))
}

func broken(what string) error { return errors.New("handlespace: " + what) }

func (p *pool) broken(what string) error {
	return broken("pool " + strconv.Quote(string(p.handle)) + " " + what)
}

func (e Entry) broken(what string) error {
	return e.pool().broken("element " + e.ID().String() + " " + what)
}

func counts(list ...int) string {
	s := ""
	for _, n := range list {
		s += " " + strconv.Itoa(n)
	}
	return s[1:]
}
