package enrp

import (
	"math"

	"rserpool/registrar/wire"
)

// Sum is the PE checksum of RFC 5353 section 3.6.2 in its incremental form: the
// Internet checksum (RFC 1071) over one block for each element of one home, the
// handle padded with zeros to 4 bytes and the PE identifier. It stays unfolded,
// so that taking out what was put in is exact and 0x0000 and 0xffff are never
// confused. The zero value is the sum of no element.
type Sum struct{ words uint64 }

// Add puts an element in.
func (s *Sum) Add(h wire.PoolHandle, id wire.PEIdentifier) { s.words += block(h, id) }

// Remove takes out an element that was put in.
func (s *Sum) Remove(h wire.PoolHandle, id wire.PEIdentifier) { s.words -= block(h, id) }

// Checksum folds the sum and complements it; no element gives 0xffff.
func (s Sum) Checksum() wire.Checksum {
	w := s.words
	for w > 0xffff {
		w = w>>16 + w&0xffff
	}
	return ^wire.Checksum(w) //nolint:gosec // folded to 16 bits
}

// Narrow is the checksum over the sum modulo 2^32, as RSPLIB keeps it. The two
// differ from about 20,000 elements of one home on.
func (s Sum) Narrow() wire.Checksum {
	return Sum{s.words & math.MaxUint32}.Checksum()
}

// block sums the 16-bit big-endian words of one element's block.
func block(h wire.PoolHandle, id wire.PEIdentifier) uint64 {
	sum := uint64(id>>16) + uint64(id&0xffff)
	for i := 0; i < len(h); i++ {
		if i%2 == 0 {
			sum += uint64(h[i]) << 8
		} else {
			sum += uint64(h[i])
		}
	}
	return sum
}

// SumOf gives the checksum of blocks as RFC 5353 section 3.6.2 lays them out,
// one behind the other; an odd last byte is padded with zero.
func SumOf(blocks []byte) wire.Checksum {
	return Sum{block(wire.PoolHandle(blocks), 0)}.Checksum()
}
