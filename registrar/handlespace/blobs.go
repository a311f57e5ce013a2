package handlespace

import (
	"bytes"
	"math/bits"
)

// blobs keeps byte strings of up to 64 KiB in pages of places of one size each.
// A place is named by its number among those of its size.
type blobs struct {
	// sizes has the places of 16 bytes, of 32, and so on.
	sizes   []places
	scratch []byte
}

type places struct {
	pages [][]byte
	free  []uint32
	used  uint32
}

// A place is a multiple of grain long: two IPv4 transports are two grains. The
// pages of short places have pageSize bytes.
const (
	grain    = 16
	pageSize = 4096
)

// slots is how many places of a size a page has, as a power of 2.
func slots(size int) int { return max(0, bits.Len(uint(pageSize/size))-1) } //nolint:gosec // a length

func sizeOf(length int) int { return max(1, (length+grain-1)/grain) }

// at gives the string of a length at a place.
func (b *blobs) at(place uint32, length int) []byte {
	n := sizeOf(length)
	shift := slots(n * grain)
	from := int(place) & (1<<shift - 1) * n * grain
	return b.sizes[n-1].pages[place>>shift][from : from+length : from+length]
}

// put stores a string.
func (b *blobs) put(s []byte) uint32 {
	n := sizeOf(len(s))
	for len(b.sizes) < n {
		b.sizes = append(b.sizes, places{})
	}
	p := &b.sizes[n-1]
	var place uint32
	if last := len(p.free) - 1; last >= 0 {
		place, p.free = p.free[last], p.free[:last]
	} else {
		place = p.used
		p.used++
		if shift := slots(n * grain); int(place)>>shift == len(p.pages) {
			p.pages = append(p.pages, make([]byte, n*grain<<shift))
		}
	}
	copy(b.at(place, len(s)), s)
	return place
}

// drop gives a place back.
func (b *blobs) drop(place uint32, length int) {
	p := &b.sizes[sizeOf(length)-1]
	p.free = append(p.free, place)
}

// replace stores another string, in the same place if it has the same size.
func (b *blobs) replace(place uint32, length int, s []byte) uint32 {
	if sizeOf(length) != sizeOf(len(s)) {
		b.drop(place, length)
		return b.put(s)
	}
	if old := b.at(place, length); !bytes.Equal(old, s) {
		copy(b.at(place, len(s)), s)
	}
	return place
}
