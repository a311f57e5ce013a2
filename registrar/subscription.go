package registrar

import (
	"maps"
	"slices"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// watched is a pool whose changes some users want to hear of, each for as long as
// its association lasts (RFC 5352 section 2.2.5).
type watched struct {
	handle wire.PoolHandle
	users  []subscription
	// changed: since the latest update, which was long enough ago at next.
	changed bool
	next    time.Time
	timer   timer
}

// subscription is one user's wish, with how many elements it asked for at most.
type subscription struct {
	to    *association
	items int
}

// subscribe grants updates of a pool that exists, and reports whether it does. One
// who asks again gets as many elements as it asks for now.
func (r *Registrar) subscribe(a *association, handle wire.PoolHandle, items int) bool {
	w := r.watches[handle]
	if w != nil {
		if i := w.of(a); i >= 0 {
			w.users[i].items = items
			return true
		}
	}
	if len(a.watches) >= r.cfg.Limits.Subscriptions {
		why := r.hit(LimitSubscriptions, "an association has "+count(len(a.watches), "subscription"))
		r.note(Debug, feed.Event{Name: "subscription.refused", Handle: handle, Text: a.remote.String() + ": " + why})
		return false
	}
	if w == nil {
		w = &watched{handle: handle}
		w.timer.owner = w
		r.watches[handle] = w
	}
	w.users = append(w.users, subscription{a, items})
	a.watches = append(a.watches, w)
	r.tally.Subscriptions++
	return true
}

func (w *watched) of(a *association) int {
	return slices.IndexFunc(w.users, func(s subscription) bool { return s.to == a })
}

// poolChanged: at the end of the step, or when the next update may go out, its users
// hear of what it is like then.
func (r *Registrar) poolChanged(handle wire.PoolHandle) {
	if len(r.watches) == 0 {
		return
	}
	if w := r.watches[handle]; w != nil && !w.changed {
		w.changed = true
		r.news = append(r.news, w)
	}
}

// tellUsers sends or puts off the updates of the pools that have changed in this
// step.
func (r *Registrar) tellUsers() {
	for _, w := range r.news {
		switch {
		case r.watches[w.handle] != w: // nobody is left
		case r.now.Before(w.next):
			r.timers.set(&w.timer, w.next)
		default:
			w.due(r)
		}
	}
	clear(r.news)
	r.news = r.news[:0]
}

// due: the next update may go out. A pool that is gone is told of once more, and
// then never again: who wants to know asks (INC-24 in the list of requirements).
func (w *watched) due(r *Registrar) {
	w.changed, w.next = false, r.now.Add(r.cfg.SubscriptionInterval)
	if _, _, some := r.space.Peek(w.handle, 1, r.selected[:0]); !some { // or all of it is without a home
		for _, s := range w.users {
			r.unresolved(s.to, w.handle, "the pool is gone", wire.Cause{Code: wire.CauseUnknownPoolHandle})
			s.to.watches = slices.DeleteFunc(s.to.watches, func(o *watched) bool { return o == w })
		}
		delete(r.watches, w.handle)
		r.tally.Subscriptions -= len(w.users)
		return
	}
	var data []byte
	var err error
	for i, s := range w.users {
		if i == 0 || s.items != w.users[i-1].items { // mostly all want as much
			policy, selected, _ := r.space.Peek(w.handle, s.items, r.selected[:0])
			r.selected = selected
			data, err = r.resolution(w.handle, policy, selected, true)
		}
		if err != nil {
			r.discarded(s.to, DiscardUnsent, "update of a pool not sent: "+err.Error())
			continue
		}
		r.send(s.to, data)
	}
}

// keepTelling sets the timers again that the end of service has stopped: where the
// elements go is news too.
func (r *Registrar) keepTelling() {
	for _, handle := range slices.Sorted(maps.Keys(r.watches)) {
		if w := r.watches[handle]; w.changed {
			r.timers.set(&w.timer, w.next)
		}
	}
}

// unsubscribe ends the subscriptions of an association that is gone.
func (r *Registrar) unsubscribe(a *association) {
	for _, w := range a.watches {
		w.users = slices.DeleteFunc(w.users, func(s subscription) bool { return s.to == a })
		if len(w.users) == 0 {
			r.timers.stop(&w.timer)
			delete(r.watches, w.handle)
		}
	}
	r.tally.Subscriptions -= len(a.watches)
	a.watches = nil
}
