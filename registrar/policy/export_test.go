package policy

// Moment lets the naive circle reckon as the real one does, and Late lets a test
// begin shortly before times are moved back.
type Moment = moment

func MomentAt(base uint64) Moment { return Moment{base: base} }

func (m Moment) At() uint64      { return m.at() }
func (m Moment) Next() Moment    { return m.next() }
func (m *Moment) Pace(of uint64) { m.pace(of) }

func Late(s Set) { s.(*weightedCircle).now = moment{base: latest - 3*turn} }
