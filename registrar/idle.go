package registrar

import (
	"fmt"
	"time"

	"rserpool/registrar/feed"
)

const (
	// Leaving is how many associations that give way to others may still be there,
	// beyond the limit.
	Leaving = 64
	// leastIdle is how long an association has to be idle to give way: who has come
	// just now is about to say what it wants.
	leastIdle = time.Second
)

// spoke: something came over an association that another one has opened.
func (r *Registrar) spoke(a *association) {
	if !a.opened {
		a.heard = r.timers.mark(r.now)
		r.idle.MoveToBack(a.place)
	}
}

// giveWay ends the association that has been idle for longest and has nothing to lose:
// no element is reached over it, no registrar, and no user is told of changes. Whoever
// opens many and leaves them idle keeps nobody out so, and it can come back. With
// strangers it is one of those. It reports false where there is none.
func (r *Registrar) giveWay(strangers bool) bool {
	limit := LimitAssociations
	if strangers {
		limit = LimitUnproven
	}
	if r.leaving >= Leaving {
		return false
	}
	for range r.inbound { // none is looked at twice
		at := r.idle.Front()
		r.idle.MoveToBack(at) // for the next one not to look at it again
		a := at.Value.(*association)
		if r.since(a.heard) < leastIdle || a.closing || len(a.elements)+len(a.watches)+len(a.peers) > 0 || strangers && !r.isStranger(a) {
			continue
		}
		a.closing, a.expelled, a.leaving = true, true, true
		r.leaving++
		r.countIn(a, -1)
		r.forgetRemotes(a)
		why := r.hit(limit, "the one that has been idle for longest gives way")
		r.complain(feed.Event{Name: "association.refused", Text: fmt.Sprintf("%v with %v ended: %s", a.protocol, a.remote, why)})
		r.effect(Disconnect{Association: a.id, Abort: true})
		return true
	}
	return false
}
