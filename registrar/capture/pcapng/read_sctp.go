package pcapng

import (
	"encoding/binary"
	"hash/crc32"
	"net/netip"
)

const (
	// The headers of SCTP and of its chunks (RFC 9260 section 3).
	sctpHeader  = 12
	chunkHeader = 4
	// The bits of a DATA chunk that say where in its message it is.
	endBit, beginBit = 1, 2
	// maxAssociations, maxPieces and maxDone bound what a file can make a reader
	// remember: directions of associations, fragments of messages that are not
	// whole, and numbers of fragments that are, which are left out when they are
	// seen again. A message of 64 KiB has 60 fragments where packets are smallest.
	maxAssociations = 1 << 16
	maxPieces       = 1 << 10
	maxDone         = 1 << 14
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksummed reports whether b is a packet of SCTP: its checksum tells, so that
// the UDP port does not have to.
func checksummed(b []byte) bool {
	if len(b) < sctpHeader+chunkHeader {
		return false
	}
	sum := crc32.Update(0, castagnoli, b[:8])
	sum = crc32.Update(sum, castagnoli, []byte{0, 0, 0, 0})
	return crc32.Update(sum, castagnoli, b[sctpHeader:]) == binary.LittleEndian.Uint32(b[8:])
}

// associations are what has been seen of each direction of each association.
type associations map[direction]*assembly

type direction struct {
	from, to netip.AddrPort
	tag      uint32
}

// assembly puts fragments together.
type assembly struct {
	pieces map[uint32]piece // by TSN
	done   map[uint32]bool
}

// piece is a fragment of a message.
type piece struct {
	begin, end bool
	data       []byte
}

// read takes the DATA chunks of a packet.
func (a associations) read(from, to netip.Addr, b []byte, add emit) {
	if len(b) < sctpHeader {
		return
	}
	d := direction{
		netip.AddrPortFrom(from, binary.BigEndian.Uint16(b)), netip.AddrPortFrom(to, binary.BigEndian.Uint16(b[2:])),
		binary.BigEndian.Uint32(b[4:]),
	}
	for b = b[sctpHeader:]; len(b) >= chunkHeader; {
		n := int(binary.BigEndian.Uint16(b[2:]))
		if n < chunkHeader || n > len(b) {
			return // captured in part, or broken
		}
		if b[0] == sctpData && n > dataHeader {
			if enrp, ok := ofProtocol(binary.BigEndian.Uint32(b[12:])); ok {
				if whole := a.of(d).add(binary.BigEndian.Uint32(b[4:]), piece{b[1]&beginBit != 0, b[1]&endBit != 0, b[dataHeader:n]}); whole != nil {
					add(d.from, d.to, enrp, whole)
				}
			}
		}
		b = b[min((n+3)&^3, len(b)):]
	}
}

func (a associations) of(d direction) *assembly {
	if a[d] == nil {
		if len(a) == maxAssociations {
			clear(a)
		}
		a[d] = &assembly{map[uint32]piece{}, map[uint32]bool{}}
	}
	return a[d]
}

// add takes a fragment, and gives the message that it makes whole.
func (a *assembly) add(tsn uint32, p piece) (whole []byte) {
	if a.done[tsn] {
		return nil
	}
	if len(a.pieces) >= maxPieces {
		clear(a.pieces)
	}
	a.pieces[tsn] = p
	first, last := tsn, tsn
	for ; !a.pieces[first].begin; first-- {
		if _, have := a.pieces[first-1]; !have {
			return nil
		}
	}
	for ; !a.pieces[last].end; last++ {
		if _, have := a.pieces[last+1]; !have {
			return nil
		}
	}
	if len(a.done) >= maxDone {
		clear(a.done)
	}
	for n := first; n != last+1; n++ {
		whole = append(whole, a.pieces[n].data...)
		delete(a.pieces, n)
		a.done[n] = true
	}
	return whole
}
