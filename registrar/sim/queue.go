package sim

import "time"

// happening is one thing that will come about.
type happening struct {
	at   time.Duration
	kind kind
	// number is what the kind needs: a fault, a dial, an element.
	number uint64
	// life is that of the host which it is meant for; of a message, Scope.closings
	// when it was sent.
	life uint64
	host *host
	// from is the host that sent the message.
	from *host
	end  *end
	data []byte
}

// kind is what happens.
type kind uint8

const (
	// begin: the host's program starts.
	begin kind = iota
	// wake: the host's deadline has come.
	wake
	// message: data arrives at end.
	message
	// up: end is told of its association.
	up
	// down: end is told that its association has ended; data says why.
	down
	// call: a dial of host reaches the far side; end is what it wants to open.
	call
	// refusal: the dial with this number came to nothing; data says why.
	refusal
	// strike: the fault with this number begins; relief: it ends.
	strike
	relief
	// timeOut: end's association has been without contact for too long.
	timeOut
	// retry: the element with this number wants to register again.
	retry
	// farewell: the element with this number wants to leave.
	farewell
	// request: what a user wants of the element at end changes the state of its
	// session.
	request
	// transmitted: the transport has taken the message with this number at end.
	transmitted
	// act: the user of host does what number says.
	act
)

// queue orders happenings by time, then order: a binary heap of turns, so that
// little is moved, and the happenings beside it.
type queue struct {
	heap  []turn
	list  []happening
	free  []uint32
	order uint64
}

// turn is when the happening at a place in the list is due.
type turn struct {
	at    time.Duration
	order uint64
	place uint32
}

func (a turn) before(b turn) bool { return a.at < b.at || a.at == b.at && a.order < b.order }

func (q *queue) empty() bool { return len(q.heap) == 0 }

// first is the next happening, good until the next push or pop.
func (q *queue) first() *happening { return &q.list[q.heap[0].place] }

func (q *queue) push(x happening) {
	q.order++
	t := turn{at: x.at, order: q.order, place: uint32(len(q.list))} //nolint:gosec // as many as fit into memory
	if last := len(q.free) - 1; last >= 0 {
		t.place, q.free = q.free[last], q.free[:last]
		q.list[t.place] = x
	} else {
		q.list = append(q.list, x)
	}
	q.heap = append(q.heap, t)
	i := len(q.heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !t.before(q.heap[parent]) {
			break
		}
		q.heap[i] = q.heap[parent]
		i = parent
	}
	q.heap[i] = t
}

// pop takes out the next happening.
func (q *queue) pop() happening {
	place := q.heap[0].place
	x := q.list[place]
	q.list[place] = happening{}
	q.free = append(q.free, place)
	last := len(q.heap) - 1
	t := q.heap[last]
	if q.heap = q.heap[:last]; last == 0 {
		return x
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && q.heap[child+1].before(q.heap[child]) {
			child++
		}
		if !q.heap[child].before(t) {
			break
		}
		q.heap[i] = q.heap[child]
		i = child
	}
	q.heap[i] = t
	return x
}
