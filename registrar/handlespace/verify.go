package handlespace

import (
	"errors"
	"strconv"

	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// Verify checks that all indexes agree with each other and that each checksum
// is that of a fresh computation. It walks everything: for tests.
func (h *Handlespace) Verify() error {
	sums := make(map[wire.ServerID]*enrp.Sum)
	size, expiring := 0, 0
	var err error
	h.pools.Scan(func(handle wire.PoolHandle, p *pool) bool {
		if err = h.verifyPool(handle, p); err != nil {
			return false
		}
		p.elements.Scan(func(_ wire.PEIdentifier, e *element) bool {
			size++
			if !e.expires.IsZero() {
				expiring++
			}
			sum := sums[e.Element.HomeServer]
			if sum == nil {
				sum = &enrp.Sum{}
				sums[e.Element.HomeServer] = sum
			}
			sum.Add(handle, e.Element.ID)
			err = h.verifyElement(p, e)
			return err == nil
		})
		return err == nil
	})
	switch {
	case err != nil:
		return err
	case size != h.size:
		return broken("elements counted: " + strconv.Itoa(h.size) + ", in pools: " + strconv.Itoa(size))
	case expiring != h.expiry.Len():
		return broken("elements that expire: " + strconv.Itoa(expiring) + ", in order of expiry: " + strconv.Itoa(h.expiry.Len()))
	case h.pools.Len() != len(h.index):
		return broken("pools in order: " + strconv.Itoa(h.pools.Len()) + ", indexed: " + strconv.Itoa(len(h.index)))
	}
	return h.verifyHomes(size, sums)
}

func (h *Handlespace) verifyPool(handle wire.PoolHandle, p *pool) error {
	switch {
	case p.handle != handle || h.index[handle] != p:
		return p.broken("is not indexed under its handle")
	case p.elements.Len() == 0:
		return p.broken("is empty")
	case p.elements.Len() != p.circle.Len():
		return p.broken("has other elements than its circle")
	}
	return p.circle.Verify()
}

func (h *Handlespace) verifyElement(p *pool, e *element) error {
	id := e.Element.ID
	if kept, ok := p.elements.Get(id); !ok || kept != e || e.pool != p {
		return e.broken("is not where its identifier says")
	}
	if !e.Joined() {
		return e.broken("is not in the circle")
	}
	if err := p.conflict(e.Element); err != nil {
		return e.broken(err.Error())
	}
	m := h.homes[e.Element.HomeServer]
	if m == nil {
		return e.broken("has an unknown home")
	}
	if kept, ok := m.elements.Get(e); !ok || kept != e {
		return e.broken("is not with its home")
	}
	if e.expires.IsZero() {
		return nil
	}
	if kept, ok := h.expiry.Get(e); !ok || kept != e {
		return e.broken("is not in the order of expiry")
	}
	return nil
}

func (h *Handlespace) verifyHomes(size int, sums map[wire.ServerID]*enrp.Sum) error {
	total := 0
	for id, m := range h.homes {
		total += m.elements.Len()
		if sum := sums[id]; sum == nil || *sum != m.sum {
			return broken("the checksum of home " + id.String() + " is not that of its elements")
		}
	}
	if total != size {
		return broken("elements of homes: " + strconv.Itoa(total) + ", of pools: " + strconv.Itoa(size))
	}
	return nil
}

func broken(what string) error { return errors.New("handlespace: " + what) }

func (p *pool) broken(what string) error {
	return broken("pool " + strconv.Quote(string(p.handle)) + " " + what)
}

func (e *element) broken(what string) error {
	return e.pool.broken("element " + e.Element.ID.String() + " " + what)
}
