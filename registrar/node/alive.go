package node

import (
	"context"

	"rserpool/registrar"
)

// roundtrip is an input that only wants to be taken.
type roundtrip struct{ taken chan struct{} }

func (in roundtrip) event(*Node) registrar.Event {
	close(in.taken)
	return nil
}

// Alive asks for a turn, as a sign of life: nil once it has taken all that
// waited before, ErrStopped after the end, ctx's error where it does not answer in time.
func (n *Node) Alive(ctx context.Context) error {
	in := roundtrip{make(chan struct{})}
	if err := n.post(ctx, in); err != nil {
		return err
	}
	select {
	case <-in.taken:
		return nil
	case <-n.done:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}
