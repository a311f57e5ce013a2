package feed

import (
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// Counters is how often things have happened since the registrar started, up to a
// time. They only grow, but for Associations.
type Counters struct {
	At Time
	// Registrations of elements that were not here, or at home elsewhere;
	// Reregistrations of those at home here. Refused are neither.
	Registrations, Reregistrations, Refused uint64
	// Removals of elements, by how they came about.
	ByPE, ByOperator, ByExpiry, ByUnreachable, ByPeer uint64
	// Resolutions are the handle resolutions that gave elements, Unresolved the others.
	Resolutions, Unresolved uint64
	// KeepAlives were begun or repeated. Acknowledged were answered in time, Unanswered
	// given up.
	KeepAlives, Acknowledged, Unanswered uint64
	// Reports are the ENDPOINT_UNREACHABLEs that were heard.
	Reports uint64
	// Messages of ENRP, and among them the HANDLE_UPDATEs and PRESENCEs.
	ENRPIn, ENRPOut, UpdatesIn, UpdatesOut, PresencesIn, PresencesOut uint64
	// Associations of elements and users that are open now.
	Associations uint64
}

// Type is TypeCounters.
func (Counters) Type() enrp.MessageType { return TypeCounters }

// values are all counters in the order of the message: new ones come last.
func (m *Counters) values() []*uint64 {
	return []*uint64{
		&m.Registrations, &m.Reregistrations, &m.Refused,
		&m.ByPE, &m.ByOperator, &m.ByExpiry, &m.ByUnreachable, &m.ByPeer,
		&m.Resolutions, &m.Unresolved, &m.KeepAlives, &m.Acknowledged, &m.Unanswered, &m.Reports,
		&m.ENRPIn, &m.ENRPOut, &m.UpdatesIn, &m.UpdatesOut, &m.PresencesIn, &m.PresencesOut,
		&m.Associations,
	}
}

func (m Counters) append(w *wire.Writer) {
	m.At.append(w)
	values := m.values()
	w.Uint32(uint32(len(values))) //nolint:gosec // as many as above
	for _, v := range values {
		w.Uint64(*v)
	}
}

// readCounters passes over what a newer registrar counts, and leaves out what an
// older one does not.
func readCounters(r *wire.Reader) Message {
	m := Counters{At: readTime(r)}
	values := m.values()
	for i := range r.Uint32() {
		if r.Err() != nil {
			break
		}
		if v := r.Uint64(); int(i) < len(values) {
			*values[i] = v
		}
	}
	return m
}
