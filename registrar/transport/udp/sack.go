package udp

import (
	"encoding/binary"
	"slices"
	"sync"
)

// sackHeader is a SACK chunk without gap blocks and duplicates (RFC 9260 section
// 3.3.4).
const sackHeader = chunkHeaderSize + 12

// acknowledged is what a peer has reported of the DATA sent to it. One that is short
// of memory may take back what it has acknowledged out of order, and Linux does. The
// engine never sends that again, so that nothing behind it would ever be delivered.
type acknowledged struct {
	mu sync.Mutex
	// cumulative is the highest TSN up to which all has arrived, beyond are those
	// after it, in order.
	cumulative uint32
	beyond     []span
}

// span is a range of TSNs, both ends included.
type span struct{ first, last uint32 }

// before compares TSNs (RFC 9260 section 1.6).
func before(a, b uint32) bool { return int32(a-b) < 0 }

// take takes in a SACK and returns what of it the engine may believe; takenBack says
// that the first TSN it lacks had been acknowledged.
func (k *acknowledged) take(c chunk) (sack chunk, takenBack bool) {
	if len(c) < sackHeader {
		return nil, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	cumulative := binary.BigEndian.Uint32(c[4:])
	if before(cumulative, k.cumulative) {
		return c, false // overtaken by a later one
	}
	k.cumulative = cumulative
	for len(k.beyond) > 0 && !before(cumulative, k.beyond[0].last) {
		k.beyond = k.beyond[1:]
	}
	if len(k.beyond) > 0 && !before(cumulative+1, k.beyond[0].first) {
		return nil, true
	}
	if binary.BigEndian.Uint32(c[8:]) < mtu {
		return withoutGaps(c), false // what comes last now is taken back first
	}
	k.add(c)
	return c, false
}

// add takes in the gap blocks of a SACK. It is called with mu held.
func (k *acknowledged) add(c chunk) {
	n := min(int(binary.BigEndian.Uint16(c[12:])), (len(c)-sackHeader)/4, maxSpans-len(k.beyond))
	if n <= 0 {
		return
	}
	for b := c[sackHeader:]; n > 0; b, n = b[4:], n-1 {
		start, end := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		if start < 2 || end < start {
			continue // offset 1 is what the SACK says it lacks
		}
		k.beyond = append(k.beyond, span{k.cumulative + uint32(start), k.cumulative + uint32(end)})
	}
	slices.SortFunc(k.beyond, func(a, b span) int { return int(int32(a.first - b.first)) })
	merged := k.beyond[:0]
	for _, s := range k.beyond {
		if last := len(merged) - 1; last >= 0 && !before(merged[last].last+1, s.first) {
			if before(merged[last].last, s.last) {
				merged[last].last = s.last
			}
			continue
		}
		merged = append(merged, s)
	}
	k.beyond = merged
}

// withoutGaps cuts a SACK off behind its window, in place.
func withoutGaps(c chunk) chunk {
	binary.BigEndian.PutUint16(c[2:], sackHeader)
	clear(c[12:sackHeader])
	return c[:sackHeader]
}
