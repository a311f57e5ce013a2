package index

import (
	"math/bits"
	"unsafe"
)

const (
	// pageBytes is about what a page takes: little enough for a slab with ten
	// values, enough that the table of pages stays small beside a million.
	pageBytes = 8 << 10
	// maxPageValues bounds a page of small values.
	maxPageValues = 512
)

// Slab holds values of one type in pages that never move. Each is addressed by a
// number from 1 on; 0 stands for none. A slab is filled either by Take or by Grow.
// The zero value is an empty slab.
type Slab[T any] struct {
	pages [][]T
	free  []uint32 // the numbers given back, the last one on top
	fresh uint32   // how many numbers were ever taken: the next new one is fresh+1
	shift uint8    // a page has 1<<shift values; set with the first page
}

// Take returns the number of a zeroed value: the one given back last, or a new one.
func (s *Slab[T]) Take() uint32 {
	if last := len(s.free) - 1; last >= 0 {
		i := s.free[last]
		s.free = s.free[:last]
		return i
	}
	s.fresh++
	s.Grow(s.fresh)
	return s.fresh
}

// Give zeroes value i, which must be taken, and gives it back. Pointers to it must
// no longer be used.
func (s *Slab[T]) Give(i uint32) {
	var zero T
	*s.At(i) = zero
	s.free = append(s.free, i)
}

// At returns value i. The pointer stays valid until Give(i). It panics for 0 and
// for numbers beyond those that Take or Grow reached.
func (s *Slab[T]) At(i uint32) *T {
	i--
	page := s.pages[i>>(s.shift&31)]
	return &page[i&uint32(len(page)-1)]
}

// Len returns how many values are taken.
func (s *Slab[T]) Len() int { return int(s.fresh) - len(s.free) }

// Grow makes At valid up to i without Take: for a slab that runs parallel to
// another one's numbers.
func (s *Slab[T]) Grow(i uint32) {
	if uint64(i) > s.Room() {
		s.addPages(i)
	}
}

// Room is up to which number there are values: all that At may be asked for.
func (s *Slab[T]) Room() uint64 { return uint64(len(s.pages)) << (s.shift & 31) }

// addPages appends pages until there is a value i.
func (s *Slab[T]) addPages(i uint32) {
	var value T
	size := max(1, min(maxPageValues, pageBytes/max(1, unsafe.Sizeof(value))))
	s.shift = uint8(bits.Len64(uint64(size)) - 1)
	for uint64(i) > s.Room() {
		s.pages = append(s.pages, make([]T, 1<<s.shift))
	}
}
