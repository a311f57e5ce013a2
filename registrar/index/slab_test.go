package index_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/index"
)

func TestSlabTakeGive(t *testing.T) {
	var s index.Slab[int64]
	// Each step takes (0) or gives a number back, and names the number taken and Len.
	steps := []struct{ give, take uint32 }{
		{take: 1},
		{take: 2},
		{take: 3},
		{give: 1},
		{give: 3},
		{take: 3},
		{take: 1},
		{take: 4},
		{give: 2},
		{take: 2},
	}
	taken := 0
	for i, step := range steps {
		if step.give != 0 {
			s.Give(step.give)
			taken--
		} else {
			got := s.Take()
			taken++
			if got != step.take {
				t.Errorf("step %d: Take() = %d, want %d", i, got, step.take)
			}
			if v := *s.At(got); v != 0 {
				t.Errorf("step %d: value %d taken is %d, want it zeroed", i, got, v)
			}
			*s.At(got) = -1
		}
		if s.Len() != taken {
			t.Errorf("step %d: Len() = %d, want %d", i, s.Len(), taken)
		}
	}
}

// Whatever the size of a value: numbers follow each other, and values keep their
// place and their contents while others are taken.
func TestSlabSizes(t *testing.T) {
	t.Run("0 bytes", testSlab[struct{}])
	t.Run("1 byte", testSlab[byte])
	t.Run("24 bytes", testSlab[[3]uint64])
	t.Run("512 bytes", testSlab[[64]uint64])
	t.Run("pointer", testSlab[*int])
	t.Run("a page", testSlab[[1024]uint64])
	t.Run("more than a page", testSlab[[1500]uint64])
}

func testSlab[T comparable](t *testing.T) {
	const values = 1100 // three pages of the smallest
	var s index.Slab[T]
	places := []*T{nil}
	for want := uint32(1); want <= values; want++ {
		got := s.Take()
		if got != want {
			t.Fatalf("Take() = %d, want %d", got, want)
		}
		places = append(places, s.At(got))
	}
	for i := uint32(1); i <= values; i++ {
		if s.At(i) != places[i] {
			t.Fatalf("value %d has moved", i)
		}
	}
}

func TestSlabValuesAreApart(t *testing.T) {
	var s index.Slab[uint32]
	for range 2000 {
		i := s.Take()
		*s.At(i) = i
	}
	for i := uint32(1); i <= 2000; i++ {
		if got := *s.At(i); got != i {
			t.Fatalf("value %d is %d, want %d", i, got, i)
		}
	}
}

func TestSlabGrow(t *testing.T) {
	var s index.Slab[uint64]
	s.Grow(1000)
	*s.At(1000) = 7
	*s.At(1) = 8
	s.Grow(5)
	s.Grow(3000)
	if got := []uint64{*s.At(1), *s.At(1000), *s.At(3000)}; !cmp.Equal(got, []uint64{8, 7, 0}) {
		t.Errorf("values 1, 1000, 3000 are %d, want [8 7 0]", got)
	}
	if s.Len() != 0 {
		t.Errorf("Len() = %d after Grow alone, want 0", s.Len())
	}
}

func TestSlabAtPanics(t *testing.T) {
	for _, i := range []uint32{0, 513, 1 << 31, 1<<32 - 1} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			var s index.Slab[uint64]
			s.Grow(512) // one page
			defer func() {
				if recover() == nil {
					t.Errorf("At(%d) of a slab with 512 values does not panic", i)
				}
			}()
			s.At(i)
		})
	}
}
