package replica

import (
	"encoding/binary"
	"hash"
)

// Digest is the hash (SHA-256 by contract; handed in, so that the page's program
// need not carry it) over all pools, by handle, and their elements, by
// identifier, each as RFC 5354 encodes it and behind its length. What registrars
// see differently is not in it (when an element expires, its health and
// reports): two registrars in step have the same digest.
func (r *Replica) Digest(sum hash.Hash) []byte {
	var buf []byte
	for p := range r.space.Pools() {
		buf = binary.BigEndian.AppendUint32(buf[:0], uint32(len(p.Handle))) //nolint:gosec // handles came in 16-bit lengths
		buf = append(buf, p.Handle...)
		buf = binary.BigEndian.AppendUint32(buf, uint32(p.Len)) //nolint:gosec // below the number of IDs
		for e := range r.space.Elements(p.Handle) {
			tlv := e.PoolElement().TLV()
			buf = binary.BigEndian.AppendUint32(buf, uint32(len(tlv))) //nolint:gosec // came in a 16-bit length
			buf = append(buf, tlv...)
			sum.Write(buf)
			buf = buf[:0]
		}
	}
	return sum.Sum(nil)
}
