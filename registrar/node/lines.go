package node

import "sync/atomic"

const (
	// lineLimit is how many bytes of resolutions wait on one association, lineCost is what
	// each costs besides: then nothing is read of it until a quarter of that waits.
	lineLimit = 8 << 10
	lineCost  = 64
	// portion is how many of an association come before those of the next.
	portion = 4
)

// lines hold resolutions that wait, those of each association in a line of their own.
type lines struct {
	// order has those lines in which any wait; served have been taken of the first.
	order   []*line
	served  int
	waiting int // in all of them
}

// line holds the resolutions of one association that wait.
type line struct {
	waiting []received
	bytes   int
	// relief is closed when there is room again; nil while there is. Others may look at it.
	relief atomic.Pointer[chan struct{}]
}

// add lets a resolution wait behind those of its association, and reports whether no more
// may from now on.
func (ls *lines) add(in received) (full bool) {
	q := &in.link.line
	if len(q.waiting) == 0 {
		ls.order = append(ls.order, q)
	}
	q.waiting = append(q.waiting, in)
	q.bytes += lineCost + len(in.data)
	ls.waiting++
	if q.bytes <= lineLimit || q.full() != nil {
		return false
	}
	relief := make(chan struct{})
	q.relief.Store(&relief)
	return true
}

// next takes one whose turn it is: a portion of each line, from its front. It is false
// when none waits.
func (ls *lines) next() (in received, ok bool) {
	if ls.waiting == 0 {
		return received{}, false
	}
	q := ls.order[0]
	in = q.waiting[0]
	q.waiting[0] = received{} // let go of the data
	q.waiting = q.waiting[1:]
	q.bytes -= lineCost + len(in.data)
	ls.waiting--
	if q.bytes <= lineLimit/4 {
		q.relieve()
	}
	if ls.served++; ls.served == portion || len(q.waiting) == 0 {
		ls.served, ls.order = 0, ls.order[1:]
		if len(q.waiting) > 0 {
			ls.order = append(ls.order, q)
		}
	}
	return in, true
}

// relieve lets the association be read again.
func (q *line) relieve() {
	if relief := q.relief.Swap(nil); relief != nil {
		close(*relief)
	}
}

// full gives what to wait for while no more may wait; nil while there is room. Anybody
// may call it.
func (q *line) full() <-chan struct{} {
	if relief := q.relief.Load(); relief != nil {
		return *relief
	}
	return nil
}
