package metrics

import (
	"time"

	"rserpool/registrar"
	"rserpool/registrar/feed"
	"rserpool/registrar/node"
	"rserpool/registrar/wire"
)

// measures gives what has happened since the start.
func (s sink) measures(m node.Measures) {
	s.elements(m.Counters, m.Tally)
	s.gauge("overload", truth(m.Overloaded))
	s.messages(m)
	s.scope(m.Tally)
	for _, l := range m.Limits {
		s.limit(l)
	}
	s.histogram("step_duration_seconds", m.Steps, time.Microsecond, 10*time.Second)
	s.histogram("handle_resolution_duration_seconds", m.Resolutions, 10*time.Microsecond, 10*time.Second)
	s.histogram("takeover_duration_seconds", m.Tally.TakeoverTimes, time.Millisecond, 500*time.Second)
}

// elements gives what pool elements and users have asked for.
func (s sink) elements(c feed.Counters, t registrar.Tally) {
	s.counter("registrations_total", c.Registrations, "registered", "none")
	s.counter("registrations_total", c.Reregistrations, "registered_again", "none")
	for code, n := range t.Refused {
		s.counter("registrations_total", n, "refused", slug(wire.CauseCode(code).Words())) //nolint:gosec // a code
	}
	for _, o := range []struct {
		origin string
		n      uint64
	}{{"pe", c.ByPE}, {"operator", c.ByOperator}, {"expiry", c.ByExpiry}, {"unreachable", c.ByUnreachable}, {"peer", c.ByPeer}} {
		s.counter("deregistrations_total", o.n, o.origin)
	}
	s.counter("handle_resolutions_total", c.Resolutions, "resolved")
	s.counter("handle_resolutions_total", t.UnknownPools, "unknown_pool")
	s.counter("handle_resolutions_total", t.Shed, "shed")
	s.counter("handle_resolutions_total", c.Unresolved-t.UnknownPools-t.Shed, "refused")
	s.counter("endpoint_keepalives_total", c.Acknowledged, "acknowledged")
	s.counter("endpoint_keepalives_total", c.Unanswered, "unanswered")
	s.gauge("guard_engaged", truth(t.Guard.Engaged))
	s.gauge("guard_held_elements", float64(t.Guard.Held))
	s.counter("guard_engagements_total", t.Guard.Engagements)
	s.counter("unreachable_reports_total", c.Reports)
	s.gauge("subscriptions", float64(t.Subscriptions))
}

// messages gives what has passed, by the types that have a name.
func (s sink) messages(m node.Measures) {
	for _, p := range []registrar.Protocol{registrar.ASAP, registrar.ENRP} {
		for d, direction := range []string{registrar.In: "in", registrar.Out: "out"} {
			byName := map[string]uint64{}
			for kind, n := range m.Tally.Messages[p][d] {
				byName[typeName(p, uint8(kind))] += n //nolint:gosec // a type
			}
			for name, n := range byName {
				s.counter("messages_total", n, p.String(), name, direction)
			}
		}
		for reason, n := range m.Tally.Discarded[p] {
			s.counter("messages_discarded_total", n, p.String(), reasons[reason])
		}
		s.counter("messages_discarded_total", m.Foreign[p], p.String(), "foreign")
		s.gauge("associations", float64(m.Tally.Associations[p]), p.String())
	}
}

// scope gives what has happened among registrars.
func (s sink) scope(t registrar.Tally) {
	for result, n := range t.Takeovers {
		s.counter("takeovers_total", n, takeovers[result].role, takeovers[result].result)
	}
	s.counter("standstills_total", t.Standstills)
	s.counter("checksum_mismatches_total", t.Mismatches)
	s.counter("resyncs_total", t.Resyncs[registrar.AskDone], "completed")
	s.counter("resyncs_total", t.Resyncs[registrar.AskSilent], "failed")
	s.counter("resyncs_total", t.Resyncs[registrar.AskNotNow], "stopped")
	s.gauge("table_downloads", float64(t.Downloads))
}
