package handlespace

import (
	"errors"
	"strconv"
	"strings"

	"rserpool/registrar/enrp"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// Verify checks that all indexes agree with each other and that each checksum
// is that of a fresh computation. It walks everything: for tests.
func (h *Handlespace) Verify() error {
	return errors.Join(h.verifyPools(), h.verifyHomes(), h.verifyExpiry(), h.verifyStores())
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
	if n == 0 || n != p.size || n != p.set.Len() {
		return p.broken("has elements, by the tree, its size and its set: " + counts(n, p.size, p.set.Len()))
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
	type sum struct{ all, told enrp.Sum }
	sums := make(map[wire.ServerID]sum)
	for e := range h.Table(Position{}, 0) {
		r := e.record()
		s := sums[r.home]
		s.all.Add(e.Handle(), r.id)
		if e.Carried() {
			s.told.Add(e.Handle(), r.id)
		}
		sums[r.home] = s
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
		if (sum{m.sum, m.told}) != sums[id] || m.id != id {
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
			err = broken("element number " + counts(int(slot)) + " is queued at another time")
		}
		queued--
		return err == nil
	})
	if err == nil && queued != 0 {
		err = broken("elements that expire and are not queued: " + counts(queued))
	}
	return errors.Join(err, h.expiry.queue.Verify(&h.nodes, &h.expiry.links))
}

// verifyStores checks that nothing is kept for elements that are gone.
func (h *Handlespace) verifyStores() error {
	type place struct {
		size   int
		number uint32
	}
	held := make(map[place]bool)
	in := make(map[uint32]bool)
	for e := range h.Table(Position{}, 0) {
		r := e.record()
		at := place{sizeOf(int(r.length)), r.blob}
		if held[at] {
			return e.broken("shares its blob with another one")
		}
		held[at], in[e.slot] = true, true
	}
	blobs := 0
	for i := range h.blobs.sizes {
		p := &h.blobs.sizes[i]
		blobs += int(p.used) - len(p.free)
		for _, number := range p.free {
			if held[place{i + 1, number}] {
				return broken("a blob has been given back and is still held")
			}
		}
	}
	if blobs != len(held) {
		return broken("places of blobs, and elements: " + counts(blobs, len(held)))
	}
	var err error
	h.expiry.links.All(func(slot uint32) bool {
		if !in[slot] {
			err = broken("an element that is gone still waits for its expiry")
		}
		return err == nil
	})
	if len(in) == 0 && h.nodes.Len() > 0 {
		err = broken("nodes of trees, and elements: " + counts(h.nodes.Len(), 0))
	}
	return errors.Join(err, h.members.Verify(func(slot uint32) bool { return in[slot] }))
}

func broken(what string) error { return errors.New("handlespace: " + what) }

func (p *pool) broken(what string) error {
	return broken("pool " + strconv.Quote(string(p.handle)) + " " + what)
}

func (e Entry) broken(what string) error {
	return e.pool().broken("element " + e.ID().String() + " " + what)
}

func counts(list ...int) string {
	text := make([]string, len(list))
	for i, n := range list {
		text[i] = strconv.Itoa(n)
	}
	return strings.Join(text, " ")
}
