package sim

import "time"

// happening is one thing that will come about.
type happening struct {
	at time.Duration
	// order makes what is due at the same time happen in the order it was caused.
	order uint64
	kind  kind
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
)

// queue orders happenings: a binary heap by time, then order.
type queue struct {
	heap  []happening
	order uint64
}

func (q *queue) before(i, j int) bool {
	a, b := &q.heap[i], &q.heap[j]
	return a.at < b.at || a.at == b.at && a.order < b.order
}

func (q *queue) push(x happening) {
	q.order++
	x.order = q.order
	q.heap = append(q.heap, x)
	for i := len(q.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if !q.before(i, parent) {
			return
		}
		q.heap[i], q.heap[parent] = q.heap[parent], q.heap[i]
		i = parent
	}
}

func (q *queue) pop() happening {
	first := q.heap[0]
	last := len(q.heap) - 1
	q.heap[0] = q.heap[last]
	q.heap[last] = happening{}
	q.heap = q.heap[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if q.before(child, least) {
				least = child
			}
		}
		if least == i {
			return first
		}
		q.heap[i], q.heap[least] = q.heap[least], q.heap[i]
		i = least
	}
}
