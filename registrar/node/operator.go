package node

import (
	"context"

	"rserpool/registrar"
)

// operation is a wish of the operator. wish gives the event for a request's number,
// whose answer goes to reply.
type operation struct {
	wish  func(request uint64) registrar.Event
	reply chan<- registrar.Effect
}

func (in operation) event(n *Node) registrar.Event {
	n.lastRequest++
	n.replies[n.lastRequest] = in.reply
	return in.wish(n.lastRequest)
}

// answered is an answer that waits for what it says to be published.
type answered struct {
	to chan<- registrar.Effect
	registrar.Effect
}

// answer keeps the answer to a request: who has it must not find in the handlespace
// what was before.
func (n *Node) answer(request uint64, e registrar.Effect) {
	n.answers = append(n.answers, answered{n.replies[request], e})
	delete(n.replies, request)
}

// handOut hands the answers to those who wait for them.
func (n *Node) handOut() {
	for _, a := range n.answers {
		a.to <- a.Effect // has room for one
	}
	clear(n.answers)
	n.answers = n.answers[:0]
}

// Deregister removes an element for the operator, who may hold it for a while. The
// answer says whether there was one, and who else may remove it.
func (n *Node) Deregister(ctx context.Context, wish registrar.Deregister) (registrar.Deregistered, error) {
	return ask[registrar.Deregistered](ctx, n, func(request uint64) registrar.Event {
		wish.Request = request
		return wish
	})
}

// EndHold ends a hold for the operator.
func (n *Node) EndHold(ctx context.Context, wish registrar.EndHold) (registrar.HoldEnded, error) {
	return ask[registrar.HoldEnded](ctx, n, func(request uint64) registrar.Event {
		wish.Request = request
		return wish
	})
}

// ask waits for the answer to a wish.
func ask[A registrar.Effect](ctx context.Context, n *Node, wish func(request uint64) registrar.Event) (answer A, err error) {
	reply := make(chan registrar.Effect, 1)
	if err := n.post(ctx, operation{wish, reply}); err != nil {
		return answer, err
	}
	select {
	case e := <-reply:
		return e.(A), nil //nolint:forcetypeassert // each wish has its answer
	case <-n.done:
		return answer, ErrStopped
	case <-ctx.Done():
		return answer, ctx.Err()
	}
}
