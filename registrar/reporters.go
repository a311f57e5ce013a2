package registrar

import (
	"net/netip"
	"slices"

	"rserpool/registrar/handlespace"
)

// reporter is a user that has reported an element.
type reporter struct {
	// name is the identity, "" where names prove nothing; addrs are those of the host
	// then.
	name  string
	addrs []netip.Addr
}

// reporters are the users whose reports of an element count, by the element's number
// in the handlespace, since it has registered. There are as many as MAX-BAD-PE-REPORT
// allows.
type reporters map[uint32][]reporter

// isReporter takes note of who reports an element, and tells whether that is the first
// report from there. A user whose own way to an element is cut reports it as often as
// it tries: it must not take the element from all others, which see it live (RFC 5355
// section 2.13). Nor does it help to come over further associations: users of the same
// host have the same way.
func (r *Registrar) isReporter(a *association, e handlespace.Entry) bool {
	who := reporter{name: r.identity(a)}
	if who.name == "" {
		who.addrs = a.remote.Addrs
	}
	list := r.reporters[e.Number()]
	if e.Reports() == 0 { // those are of a registration before this one
		list = nil
	}
	if slices.ContainsFunc(list, func(o reporter) bool {
		return o.name == who.name && (who.name != "" || overlap(o.addrs, who.addrs))
	}) {
		return false
	}
	r.reporters[e.Number()] = append(list, who)
	return true
}
