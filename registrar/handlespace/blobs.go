package handlespace

import (
	"bytes"
	"math/bits"
	"slices"
)

// blobs keeps byte strings of up to 64 KiB. Those up to longest lie in pages of
// places of one size each, and each longer one in memory of its own: else elements
// that change their sizes could make pages of thousands of sizes, which stay.
// A place is named by its number among those of its size.
type blobs struct {
	// sizes has the places of 16 bytes, of 32, and so on, and the places of all
	// that are longer.
	sizes   [longest/grain + 1]places
	scratch []byte
}

type places struct {
	pages [][]byte
	free  []uint32
	used  uint32
}

// A place is a multiple of grain long: two IPv4 transports are two grains. The
// pages of places have pageSize bytes.
const (
	grain    = 16
	longest  = 256
	pageSize = 4096
)

// slots is how many places of a size a page has, as a power of 2.
func slots(size int) int { return bits.Len(uint(pageSize/size)) - 1 } //nolint:gosec // a length

// sizeOf is how many grains a place for a length has; all that are longer have one
// size.
func sizeOf(length int) int { return min((max(1, length)+grain-1)/grain, longest/grain+1) }

// at gives the string of a length at a place.
func (b *blobs) at(place uint32, length int) []byte {
	n := sizeOf(length)
	if length > longest {
		return b.sizes[n-1].pages[place]
	}
	shift := slots(n * grain)
	from := int(place) & (1<<shift - 1) * n * grain
	return b.sizes[n-1].pages[place>>shift][from : from+length : from+length]
}

// put stores a string.
func (b *blobs) put(s []byte) uint32 {
	n := sizeOf(len(s))
	p := &b.sizes[n-1]
	place, fresh := p.take()
	switch {
	case len(s) > longest:
		if fresh {
			p.pages = append(p.pages, nil)
		}
		p.pages[place] = slices.Clone(s)
		return place
	case fresh:
		if shift := slots(n * grain); int(place)>>shift == len(p.pages) {
			p.pages = append(p.pages, make([]byte, n*grain<<shift))
		}
	}
	copy(b.at(place, len(s)), s)
	return place
}

// take gives a place that is free, the last one given back or a fresh one.
func (p *places) take() (place uint32, fresh bool) {
	if last := len(p.free) - 1; last >= 0 {
		place, p.free = p.free[last], p.free[:last]
		return place, false
	}
	p.used++
	return p.used - 1, true
}

// drop gives a place back.
func (b *blobs) drop(place uint32, length int) {
	p := &b.sizes[sizeOf(length)-1]
	if length > longest {
		p.pages[place] = nil
	}
	p.free = append(p.free, place)
}

// replace stores another string, in the same place if it has the same size.
func (b *blobs) replace(place uint32, length int, s []byte) uint32 {
	switch {
	case bytes.Equal(b.at(place, length), s):
	case length > longest || sizeOf(length) != sizeOf(len(s)):
		b.drop(place, length)
		return b.put(s)
	default:
		copy(b.at(place, len(s)), s)
	}
	return place
}
