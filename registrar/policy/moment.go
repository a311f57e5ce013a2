package policy

// turn is the virtual time of one whole turn of a weighted circle, in units that
// tell 2^40 entries from each other. latest is when times are moved back: after 4
// million turns, and 2 million more each time.
const (
	turn   = 1 << 40
	latest = 1 << 62
)

// moment is a virtual time that goes on by parts of a turn. What a part has beyond
// whole units is carried on, so that nothing is lost by rounding and the circle
// repeats itself for ever.
type moment struct {
	// at is the time in units, rounded down.
	at uint64
	// A part is step units and over of-ths of one; rest is what at leaves out.
	step, over, rest, of uint64
}

// advance goes on by one part.
func (m *moment) advance() {
	m.at += m.step
	if m.rest += m.over; m.rest >= m.of {
		m.rest -= m.of
		m.at++
	}
}

// next is the time after one part, in units.
func (m *moment) next() uint64 {
	if m.rest+m.over >= m.of {
		return m.at + m.step + 1
	}
	return m.at + m.step
}

// pace divides the turns from now on into so many parts; 0 lets time stand still.
func (m *moment) pace(parts uint64) {
	*m = moment{at: m.at, of: parts}
	if parts > 0 {
		m.step, m.over = turn/parts, turn%parts
	}
}
