package policy

import "math/bits"

// turn is the virtual time of one whole turn of a weighted circle, in units that
// tell the entries of 2^40 from each other. latest is when times are moved back:
// after 4 million turns.
const (
	turn   = 1 << 40
	latest = 1 << 62
)

// moment is a virtual time: base and parts of a turn that is divided into so
// many. The parts are counted, not added up, so that nothing is lost by rounding
// and the circle repeats itself for ever.
type moment struct{ base, parts, of uint64 }

// at is the time in units, rounded down.
func (m moment) at() uint64 {
	if m.parts == 0 {
		return m.base
	}
	hi, lo := bits.Mul64(m.parts, turn)
	q, _ := bits.Div64(hi, lo, m.of)
	return m.base + q
}

// next is one part later.
func (m moment) next() moment {
	if m.parts++; m.parts >= m.of {
		m.base, m.parts = m.base+turn, 0
	}
	return m
}

// pace divides the turns from now on into other parts.
func (m *moment) pace(of uint64) { *m = moment{base: m.at(), of: of} }
