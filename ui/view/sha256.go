package view

import (
	"encoding/binary"
	"hash"
	"math/bits"
)

// sha256 is SHA-256 (FIPS 180-4), for the digest of the handlespace: crypto/sha256
// would make the page's program larger by 58 KB, and a browser gives its own only
// to pages over TLS. Nothing here is secret.
type sha256 struct {
	state  [8]uint32
	block  [64]byte
	filled int
	length uint64
}

// newSHA256 gives an empty one.
func newSHA256() hash.Hash {
	h := &sha256{}
	h.Reset()
	return h
}

// Reset implements hash.Hash.
func (h *sha256) Reset() {
	*h = sha256{state: [8]uint32{
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	}}
}

// Size implements hash.Hash.
func (*sha256) Size() int { return 32 }

// BlockSize implements hash.Hash.
func (*sha256) BlockSize() int { return 64 }

// Write implements hash.Hash.
func (h *sha256) Write(b []byte) (int, error) {
	n := len(b)
	h.length += uint64(n)
	for len(b) > 0 {
		took := copy(h.block[h.filled:], b)
		h.filled, b = h.filled+took, b[took:]
		if h.filled == len(h.block) {
			h.compress()
			h.filled = 0
		}
	}
	return n, nil
}

// Sum implements hash.Hash.
func (h *sha256) Sum(b []byte) []byte {
	end := *h
	padding := make([]byte, 64+8)
	padding[0] = 0x80
	n := 64 - (h.filled+8)%64
	binary.BigEndian.PutUint64(padding[n:], 8*h.length)
	_, _ = end.Write(padding[:n+8]) // never fails
	for _, w := range end.state {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return b
}

var sha256Constants = [64]uint32{
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
}

// compress takes the full block into the state (section 6.2.2).
func (h *sha256) compress() {
	var w [64]uint32
	for i := range 16 {
		w[i] = binary.BigEndian.Uint32(h.block[4*i:])
	}
	for i := 16; i < 64; i++ {
		s0 := bits.RotateLeft32(w[i-15], -7) ^ bits.RotateLeft32(w[i-15], -18) ^ w[i-15]>>3
		s1 := bits.RotateLeft32(w[i-2], -17) ^ bits.RotateLeft32(w[i-2], -19) ^ w[i-2]>>10
		w[i] = w[i-16] + s0 + w[i-7] + s1
	}
	v := h.state
	for i := range w {
		s1 := bits.RotateLeft32(v[4], -6) ^ bits.RotateLeft32(v[4], -11) ^ bits.RotateLeft32(v[4], -25)
		t1 := v[7] + s1 + (v[4]&v[5] ^ ^v[4]&v[6]) + sha256Constants[i] + w[i]
		s0 := bits.RotateLeft32(v[0], -2) ^ bits.RotateLeft32(v[0], -13) ^ bits.RotateLeft32(v[0], -22)
		t2 := s0 + (v[0]&v[1] ^ v[0]&v[2] ^ v[1]&v[2])
		v = [8]uint32{t1 + t2, v[0], v[1], v[2], v[3] + t1, v[4], v[5], v[6]}
	}
	for i, x := range v {
		h.state[i] += x
	}
}
