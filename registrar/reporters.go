package registrar

import (
	"net/netip"
	"slices"
	"time"

	"rserpool/registrar/handlespace"
)

const (
	// insistTime is how long a user that has taken an element out of its pool alone may
	// not do so again, unless that one comes back before. Elements register again
	// within it.
	insistTime = 10 * time.Minute
	// maxInsistent bounds the users that are remembered for it.
	maxInsistent = 1024
)

// reporter is a user that reports elements as unreachable: its identity, or where names
// prove nothing its host. How many associations it has is its own choice.
type reporter struct {
	name string
	host netip.Addr
}

// reporters are the users that have reported an element since it registered, by its
// number in the handlespace: as many as MAX-BAD-PE-REPORT and one more.
type reporters map[uint32][]reporter

// insistence is the element that a user alone has taken out of its pool.
type insistence struct {
	ref handlespace.Ref
	at  time.Time
}

func (r *Registrar) reporterAt(a *association) reporter {
	if name := r.identity(a); name != "" {
		return reporter{name: name}
	}
	return reporter{host: a.remote.first().Addr()}
}

// reportedBy notes who reports an element, and gives how many users have; the count
// ends where it makes no difference any more.
func (r *Registrar) reportedBy(who reporter, e handlespace.Entry) (users int) {
	list := r.reporters[e.Number()]
	if e.Reports() == 0 { // those are of a registration before this one
		list = nil
	}
	if len(list) <= r.cfg.MaxBadPEReport && !slices.Contains(list, who) {
		list = append(list, who)
		r.reporters[e.Number()] = list
	}
	return len(list)
}

// mayInsist: an element that too many users have reported goes. Where it is fewer that
// have done so again and again, it may be their own way that is cut, or bad intent
// (RFC 5355 section 2.13): the element answers. Such a user's word counts for one
// element at a time, so that no pool is emptied by it.
func (r *Registrar) mayInsist(who reporter, ref handlespace.Ref) bool {
	over := func(x insistence) bool {
		_, back := r.space.Find(x.ref.Handle, x.ref.ID)
		return back || r.now.Sub(x.at) >= insistTime
	}
	if x, ok := r.insistent[who]; ok && !over(x) {
		return false
	}
	if len(r.insistent) >= maxInsistent {
		for o, x := range r.insistent {
			if over(x) {
				delete(r.insistent, o)
			}
		}
	}
	if _, ok := r.insistent[who]; !ok && len(r.insistent) >= maxInsistent {
		return false
	}
	r.insistent[who] = insistence{ref, r.now}
	return true
}
