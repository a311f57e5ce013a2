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

// idlers are the associations that others have opened, by when they last said
// something. Whoever opens many and leaves them idle keeps nobody out: at the limit the
// one that has been idle for longest gives way. It can come back.
type idlers struct{ oldest, newest *association }

// add puts an association behind all others.
func (l *idlers) add(a *association) {
	a.older, a.newer = l.newest, nil
	if l.newest == nil {
		l.oldest = a
	} else {
		l.newest.newer = a
	}
	l.newest = a
}

func (l *idlers) remove(a *association) {
	if a.older == nil {
		l.oldest = a.newer
	} else {
		a.older.newer = a.newer
	}
	if a.newer == nil {
		l.newest = a.older
	} else {
		a.newer.older = a.older
	}
	a.older, a.newer = nil, nil
}

// last puts an association behind all others again.
func (l *idlers) last(a *association) {
	if a != l.newest {
		l.remove(a)
		l.add(a)
	}
}

// spoke: something came over an association that another one has opened.
func (r *Registrar) spoke(a *association) {
	if !a.opened {
		a.heard = r.timers.mark(r.now)
		r.idle.last(a)
	}
}

// giveWay ends the association that has been idle for longest and has nothing to lose:
// no element is reached over it, no registrar, and no user is told of changes. With
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
		a := r.idle.oldest
		r.idle.last(a) // for the next one not to look at it again
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
