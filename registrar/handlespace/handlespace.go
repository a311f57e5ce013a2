package handlespace

import (
	"bytes"
	"math/rand/v2"
	"time"

	"github.com/tidwall/btree"

	"rserpool/registrar/enrp"
	"rserpool/registrar/index"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// Handlespace is all pools that a registrar knows. Use New.
type Handlespace struct {
	// pools finds a pool, ordered has them by handle, numbered by number.
	pools    map[wire.PoolHandle]*pool
	ordered  btree.Map[wire.PoolHandle, *pool]
	numbered index.Slab[*pool]

	// An element is a number, the same in all of these.
	records index.Slab[record]
	members *policy.Members
	blobs   blobs
	// elements has all of them by pool number and identifier.
	elements index.Tree
	nodes    index.Nodes

	homes map[wire.ServerID]*home
	// recent is the home that was looked up last: mostly the next one too.
	recent *home
	expiry expiry

	// CountFirst: only the first element of an answer counts as selected where the
	// policy counts, not all that were listed.
	CountFirst bool
	// Carries reports whether peers are told of a pool with this type of user
	// transport: Sum leaves out the elements of others. nil is all. Set it before the
	// first Put.
	Carries func(wire.PoolHandle, wire.ParameterType) bool

	chance *rand.PCG
	random *rand.Rand
	picked []uint32
	// changes counts what has moved in the trees; walks notice it (see table.go).
	changes uint64
}

// Element is a pool element and what its pool's registrar adds.
type Element struct {
	wire.PoolElement
	// Expires is when the registration ends; zero: it does not end here.
	Expires time.Time
	// Reports counts the ENDPOINT_UNREACHABLEs since the registration, up to
	// 65,535.
	Reports int
}

// Ref names an element.
type Ref struct {
	Handle wire.PoolHandle
	ID     wire.PEIdentifier
}

// New returns an empty handlespace. The source is the only one of chance, for
// the policies that select at random.
func New(source *rand.PCG) *Handlespace {
	h := &Handlespace{
		pools:  make(map[wire.PoolHandle]*pool),
		homes:  make(map[wire.ServerID]*home),
		chance: source, random: rand.New(source),
	}
	h.members = policy.NewMembers(&h.nodes)
	return h
}

// Outcome is what Put has done.
type Outcome uint8

// The outcomes.
const (
	// Added: there was no such element.
	Added Outcome = iota
	// Replaced: it is another one now.
	Replaced
	// Refreshed: all but its expiry was so before.
	Refreshed
)

// Put adds an element, or replaces it: attributes, home and expiry are the new
// ones, its reports and selections are forgotten, but it keeps its turn as far as
// its policy lets it. Nothing has changed where it gives an error:
// a *ConflictError where policy type, transport type or transport use contradict
// the pool (RFC 5352 section 3.1), even if the pool has no other element, and
// wire.ErrTooLong where no HANDLE_UPDATE could carry the element to a peer.
func (h *Handlespace) Put(handle wire.PoolHandle, pe wire.PoolElement, expires time.Time) (Outcome, error) {
	p := h.pools[handle]
	if p != nil {
		if err := h.conflict(p, &pe); err != nil {
			return 0, err
		}
	}
	blob := h.blobs.pack(&pe)
	if len(handle)+len(blob) > wire.MaxMessage/2 { // else there is room for all the rest
		update := enrp.HandleUpdate{Handle: handle, Element: pe}
		if _, err := update.AppendTo(nil); err != nil {
			return 0, err
		}
	}
	if p == nil {
		p = h.open(handle, &pe)
	} else if slot, ok := h.elements.Get(&h.nodes, p.key(pe.ID)); ok {
		return h.replace(p, slot, &pe, blob, expires), nil
	}
	h.add(p, &pe, blob, expires)
	return Added, nil
}

func (h *Handlespace) add(p *pool, pe *wire.PoolElement, blob []byte, expires time.Time) {
	slot := h.records.Take()
	r := h.records.At(slot)
	*r = record{
		pool: p.number, id: pe.ID, home: pe.HomeServer, life: pe.Life,
		blob: h.blobs.put(blob), length: uint16(len(blob)), //nolint:gosec // bounded by Put
	}
	h.elements.Set(&h.nodes, p.key(pe.ID), slot)
	p.joined(h, slot, r)
	p.set.Join(slot, policy.ValuesOf(pe.Policy))
	h.joinHome(p, slot, r)
	h.expiry.join(&h.nodes, slot, r, h.expiry.mark(expires))
	h.changes++
}

// replace changes what has changed: mostly nothing has.
func (h *Handlespace) replace(p *pool, slot uint32, pe *wire.PoolElement, blob []byte, expires time.Time) Outcome {
	r, values := h.records.At(slot), policy.ValuesOf(pe.Policy)
	same := r.home == pe.HomeServer && r.life == pe.Life && values == h.members.Values(slot) &&
		bytes.Equal(h.blobs.at(r.blob, int(r.length)), blob)
	h.move(p, slot, r, pe.HomeServer, expires)
	r.reports = 0
	p.set.Update(slot, values)
	if same {
		return Refreshed
	}
	r.life = pe.Life
	r.blob = h.blobs.replace(r.blob, int(r.length), blob)
	r.length = uint16(len(blob)) //nolint:gosec // bounded by Put
	return Replaced
}

// Remove takes an element out and returns it; a pool goes with its last element.
func (h *Handlespace) Remove(handle wire.PoolHandle, id wire.PEIdentifier) (Element, bool) {
	e, ok := h.Find(handle, id)
	if !ok {
		return Element{}, false
	}
	was := e.Element()
	h.Drop(e)
	return was, true
}

// Drop takes an element out; a pool goes with its last element. The Entry, and all
// others of that element, are then spent.
func (h *Handlespace) Drop(e Entry) {
	r := e.record()
	p := *h.numbered.At(r.pool)
	h.leaveHome(p, r)
	h.expiry.leave(&h.nodes, e.slot, r)
	p.set.Leave(e.slot)
	h.elements.Delete(&h.nodes, p.key(r.id))
	p.left(h, e.slot)
	if p.size == 0 {
		h.close(p)
	}
	h.blobs.drop(r.blob, int(r.length))
	h.records.Give(e.slot)
	h.changes++
}

// SetHome gives an element another home server and expiry, as a takeover does;
// its turn and its reports stay. It is false where there is no such element.
func (h *Handlespace) SetHome(handle wire.PoolHandle, id wire.PEIdentifier, home wire.ServerID, expires time.Time) bool {
	e, ok := h.Find(handle, id)
	if ok {
		r := e.record()
		h.move(*h.numbered.At(r.pool), e.slot, r, home, expires)
	}
	return ok
}

// Report counts one more ENDPOINT_UNREACHABLE and returns how many there were
// since the registration.
func (h *Handlespace) Report(handle wire.PoolHandle, id wire.PEIdentifier) (reports int, ok bool) {
	e, ok := h.Find(handle, id)
	if !ok {
		return 0, false
	}
	r := e.record()
	r.reports = max(r.reports, r.reports+1) // 65,535 stays
	return int(r.reports), true
}

// Find finds an element.
func (h *Handlespace) Find(handle wire.PoolHandle, id wire.PEIdentifier) (Entry, bool) {
	p := h.pools[handle]
	if p == nil {
		return Entry{}, false
	}
	slot, ok := h.elements.Get(&h.nodes, p.key(id))
	return Entry{h, slot}, ok
}

// Numbered is the element with a number, which must be there (Entry.Number).
func (h *Handlespace) Numbered(number uint32) Entry { return Entry{h, number} }

// Element finds an element and gives a copy of it.
func (h *Handlespace) Element(handle wire.PoolHandle, id wire.PEIdentifier) (Element, bool) {
	e, ok := h.Find(handle, id)
	if !ok {
		return Element{}, false
	}
	return e.Element(), true
}

// Len is the number of elements, PoolCount that of pools.
func (h *Handlespace) Len() int { return h.elements.Len() }

// PoolCount is the number of pools.
func (h *Handlespace) PoolCount() int { return len(h.pools) }

// move gives an element another home and expiry.
func (h *Handlespace) move(p *pool, slot uint32, r *record, home wire.ServerID, expires time.Time) {
	if r.home != home {
		h.leaveHome(p, r)
		r.home = home
		h.joinHome(p, slot, r)
		h.changes++
	}
	h.expiry.prolong(&h.nodes, slot, r, h.expiry.mark(expires))
}
