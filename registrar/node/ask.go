package node

import (
	"context"

	"rserpool/registrar"
	"rserpool/registrar/wire"
)

// ProbePeer asks a peer for a sign of life, and waits for it, or for the time of an
// answer.
func (n *Node) ProbePeer(ctx context.Context, id wire.ServerID) (registrar.Answered, error) {
	return ask[registrar.Answered](ctx, n, func(request uint64) registrar.Event {
		return registrar.ProbePeer{Request: request, Peer: id}
	})
}

// ResyncPeer fetches a peer's own elements again, and waits until they are here.
func (n *Node) ResyncPeer(ctx context.Context, id wire.ServerID) (registrar.Answered, error) {
	return ask[registrar.Answered](ctx, n, func(request uint64) registrar.Event {
		return registrar.ResyncPeer{Request: request, Peer: id}
	})
}

// ProbeElement asks an element for a sign of life, and waits for it, or for the time
// of an answer.
func (n *Node) ProbeElement(ctx context.Context, handle wire.PoolHandle, id wire.PEIdentifier) (registrar.Answered, error) {
	return ask[registrar.Answered](ctx, n, func(request uint64) registrar.Event {
		return registrar.ProbeElement{Request: request, Handle: handle, ID: id}
	})
}

// Select gives what a pool user would get now; items of 0 are as many as it gets.
func (n *Node) Select(ctx context.Context, handle wire.PoolHandle, items int) (registrar.Selected, error) {
	return ask[registrar.Selected](ctx, n, func(request uint64) registrar.Event {
		return registrar.SelectElements{Request: request, Handle: handle, Items: items}
	})
}
