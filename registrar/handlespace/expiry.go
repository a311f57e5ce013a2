package handlespace

import (
	"cmp"
	"math"
	"slices"
	"time"

	"rserpool/registrar/index"
)

// expiry is the queue of the elements that expire. An element that is prolonged
// stays in its place there, and is queued anew only when that comes up: so
// refreshing one costs nothing here.
type expiry struct {
	queue index.Queues
	links index.Links
	// soonest is the first place in the queue, if known: it is asked for again and
	// again.
	soonest mark
	known   bool
	// epoch is what marks count from. As a time that the caller gave, it keeps the
	// reading of the monotonic clock that steps of the wall clock do not touch. All
	// times must then have one, or none: those without are taken by the wall clock.
	epoch time.Time
}

// mark is a time in nanoseconds since the epoch. Times that are 292 years away or
// more are as far as it reaches: they expire then, and in no wrong order.
type mark int64

// never is the mark of no expiry.
const never mark = math.MaxInt64

func (m mark) key() uint64 { return uint64(m) ^ 1<<63 } //nolint:gosec // keeps the order

func (x *expiry) mark(t time.Time) mark {
	if t.IsZero() {
		return never
	}
	if x.epoch.IsZero() {
		x.epoch = t
	}
	return min(mark(t.Sub(x.epoch)), never-1)
}

func (x *expiry) time(m mark) time.Time {
	if m == never {
		return time.Time{}
	}
	return x.epoch.Add(time.Duration(m))
}

func (x *expiry) join(n *index.Nodes, slot uint32, r *record, at mark) {
	r.expires, r.queued = at, at
	if at != never {
		x.queue.Add(n, &x.links, at.key(), slot)
		x.soonest = min(x.soonest, at)
	}
}

func (x *expiry) leave(n *index.Nodes, slot uint32, r *record) {
	if r.queued != never {
		x.queue.Remove(n, &x.links, r.queued.key(), slot)
		x.known = x.known && r.queued > x.soonest
	}
}

func (x *expiry) prolong(n *index.Nodes, slot uint32, r *record, at mark) {
	if at == never || at < r.queued {
		x.leave(n, slot, r)
		x.join(n, slot, r, at)
		return
	}
	r.expires = at
}

// Prolong sets when the registration of an element ends.
func (h *Handlespace) Prolong(e Entry, expires time.Time) {
	h.expiry.prolong(&h.nodes, e.slot, e.record(), h.expiry.mark(expires))
}

// NextExpiry is when to call Expired next; false where no element ever expires.
// None is due before; at that time one may be, or has been prolonged.
func (h *Handlespace) NextExpiry() (time.Time, bool) {
	x := &h.expiry
	if !x.known {
		x.soonest, x.known = never, true
		if key, _, ok := x.queue.Min(&h.nodes); ok {
			x.soonest = mark(key ^ 1<<63) //nolint:gosec // see key
		}
	}
	return x.time(x.soonest), x.soonest != never
}

// Expired lists the elements that are due at now, the longest due first. They
// stay until they are removed.
func (h *Handlespace) Expired(now time.Time) []Ref {
	x := &h.expiry
	limit := min(mark(now.Sub(x.epoch)), never-1)
	var up []uint32
	x.queue.All(&h.nodes, &x.links, 0, func(key uint64, slot uint32) bool {
		if key > limit.key() {
			return false
		}
		up = append(up, slot)
		return true
	})
	due := slices.DeleteFunc(up, func(slot uint32) bool {
		r := h.records.At(slot)
		if r.expires <= limit {
			return false
		}
		x.leave(&h.nodes, slot, r)
		x.join(&h.nodes, slot, r, r.expires)
		return true
	})
	slices.SortFunc(due, func(a, b uint32) int {
		if c := cmp.Compare(h.records.At(a).expires, h.records.At(b).expires); c != 0 {
			return c
		}
		x, y := Entry{h, a}, Entry{h, b}
		return cmp.Or(cmp.Compare(x.Handle(), y.Handle()), cmp.Compare(x.ID(), y.ID()))
	})
	var refs []Ref
	for _, slot := range due {
		refs = append(refs, Entry{h, slot}.Ref())
	}
	return refs
}
