package node

import (
	"context"

	"rserpool/registrar"
	"rserpool/registrar/wire"
)

// ProbePeer asks a peer for a sign of life, and waits for it, or for the time of an
// answer.
func (n *Node) ProbePeer(ctx context.Context, id wire.ServerID) (registrar.PeerAnswered, error) {
	return ask[registrar.PeerAnswered](ctx, n, func(request uint64) registrar.Event {
		return registrar.ProbePeer{Request: request, Peer: id}
	})
}

// ResyncPeer fetches a peer's own elements again, and waits until they are here.
func (n *Node) ResyncPeer(ctx context.Context, id wire.ServerID) (registrar.PeerAnswered, error) {
	return ask[registrar.PeerAnswered](ctx, n, func(request uint64) registrar.Event {
		return registrar.ResyncPeer{Request: request, Peer: id}
	})
}
