package registrar

import (
	"rserpool/registrar/handlespace"
	"rserpool/registrar/index"
)

// records are those of elements with something going on: all own ones, and those
// of peers while they are probed. They lie in pages without pointers, which the
// garbage collector need not look at, and one that ends makes room for the next:
// nothing may keep an *element beyond that, but only its number.
type records struct {
	slab index.Slab[element]
	// of finds the number of a record by that of its element in the handlespace;
	// 0 is none.
	of index.Slab[uint32]

	// What few records have is kept beside them, by their numbers: contenders are
	// those who wait for an element's end, probes are operators' wishes for a sign
	// of life.
	contenders map[uint32]*contender
	probes     map[uint32][]asked
	owners     identities
}

func newRecords() records {
	return records{contenders: make(map[uint32]*contender), probes: make(map[uint32][]asked)}
}

// Len is how many elements have a record.
func (s *records) Len() int { return s.slab.Len() }

// at is the record with a number.
func (s *records) at(number uint32) *element { return s.slab.At(number) }

// number is that of a record.
func (s *records) number(el *element) uint32 { return *s.of.At(el.place) }

// find is the record of an element of the handlespace, by its number there, nil if
// it has none.
func (s *records) find(place uint32) *element {
	if uint64(place) > s.of.Room() {
		return nil
	}
	if number := *s.of.At(place); number != 0 {
		return s.slab.At(number)
	}
	return nil
}

// add begins the record of an element that has none.
func (s *records) add(place uint32) *element {
	s.of.Grow(place)
	number := s.slab.Take()
	*s.of.At(place) = number
	el := s.slab.At(number)
	el.place, el.asked = place, never
	return el
}

// remove ends a record.
func (s *records) remove(el *element) {
	number := s.number(el)
	delete(s.contenders, number)
	s.owners.give(el.owner)
	*s.of.At(el.place) = 0
	s.slab.Give(number)
}

// record is that of the element with a name, nil if it has none.
func (r *Registrar) record(ref handlespace.Ref) *element {
	e, ok := r.space.Find(ref.Handle, ref.ID)
	if !ok {
		return nil
	}
	return r.recordIn(e)
}

// recordIn is that of an element, nil if it has none.
func (r *Registrar) recordIn(e handlespace.Entry) *element { return r.records.find(e.Number()) }

// ref names the element of a record. It is in the handlespace until drop.
func (r *Registrar) ref(el *element) handlespace.Ref { return r.space.Numbered(el.place).Ref() }

// contender waits for the end of the element, nil if nobody does.
func (r *Registrar) contender(el *element) *contender {
	if len(r.records.contenders) == 0 { // as nearly always
		return nil
	}
	return r.records.contenders[r.records.number(el)]
}

// owner is the identity that the element is, "" where that is not known or names
// prove nothing.
func (r *Registrar) owner(el *element) string { return r.records.owners.name(el.owner) }

// ownerIfAny is that of whoever has a record.
func (r *Registrar) ownerIfAny(el *element) string {
	if el == nil {
		return ""
	}
	return r.owner(el)
}

func (r *Registrar) setOwner(el *element, name string) {
	el.owner = r.records.owners.change(el.owner, name)
}
