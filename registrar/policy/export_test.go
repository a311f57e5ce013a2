package policy

// Moment lets the naive circle reckon as the real one does, and Late lets a test
// begin shortly before times are moved back.
type Moment = moment

func MomentAt(at uint64) Moment { return Moment{at: at} }

func (m moment) At() uint64      { return m.at }
func (m moment) Next() Moment    { m.advance(); return m }
func (m *moment) Pace(of uint64) { m.pace(of) }

func Late(s Set) { s.(*weightedCircle).now = moment{at: latest - 3*turn} }
