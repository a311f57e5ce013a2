package memory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/inbox"
)

// association is one end. Messages go from out, by the pump, to the peer's in.
type association struct {
	network *Network
	pair    pair
	peer    *association
	// patience is how long this end bears a cut link.
	patience time.Duration
	// secured, and the identity that the other end has proven.
	secured  bool
	identity string
	out, in  *inbox.Inbox
	// drained is closed when the pump has delivered everything after out ended.
	drained chan struct{}
	done    chan struct{}
	// pumping ends when either end has ended.
	pumping context.Context
	cancel  context.CancelFunc

	// The network's mu guards the rest.
	err  error
	loss *time.Timer
	// closing is why Send is refused although the association has not ended.
	closing error
}

// newAssociation is called with the network's mu held.
func newAssociation(n *Network, p pair, c transport.Config) *association {
	identity, there := n.identities[p.remote.Addr()]
	_, here := n.identities[p.local.Addr()]
	if !here {
		identity = ""
	}
	pumping, cancel := context.WithCancel(context.Background())
	return &association{
		pumping:  pumping,
		cancel:   cancel,
		network:  n,
		secured:  here && there,
		identity: identity,
		pair:     p,
		patience: c.Heartbeat * time.Duration(c.MaxMissed+1),
		out:      inbox.New(queueLimit),
		in:       inbox.New(queueLimit),
		drained:  make(chan struct{}),
		done:     make(chan struct{}),
	}
}

// pump delivers what Send queued, while the link is up, until the end.
func (s *association) pump() {
	for {
		m, err := s.out.Get(s.pumping)
		if s.pumping.Err() != nil || !s.awaitLink() {
			return
		}
		if err != nil { // the queue ended and all is delivered
			close(s.drained)
			return
		}
		if s.peer.in.Put(s.pumping, m) != nil {
			return
		}
	}
}

// awaitLink reports whether the link came up before either end ended.
func (s *association) awaitLink() bool {
	for {
		up, changed := s.network.up(linkOf(s.pair.local.Addr(), s.pair.remote.Addr()))
		if up {
			return true
		}
		select {
		case <-changed:
		case <-s.pumping.Done():
			return false
		}
	}
}

func (s *association) Send(ctx context.Context, m transport.Message) error {
	if err := m.Validate(); err != nil {
		return err
	}
	if err := s.sendable(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err := s.out.Put(ctx, transport.Message{PPID: m.PPID, Data: bytes.Clone(m.Data)})
	if errors.Is(err, inbox.ErrEnded) {
		return s.sendable()
	}
	return err
}

// sendable says why nothing can be sent any more.
func (s *association) sendable() error {
	s.network.mu.Lock()
	defer s.network.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	return s.closing
}

func (s *association) Recv(ctx context.Context) (transport.Message, error) {
	m, err := s.in.Get(ctx)
	if errors.Is(err, inbox.ErrEnded) {
		return m, s.Err()
	}
	return m, err
}

func (s *association) Peer() transport.Peer {
	return transport.Peer{
		Addrs: []netip.Addr{s.pair.remote.Addr()}, Port: s.pair.remote.Port(), Secured: s.secured, Identity: s.identity,
	}
}

func (s *association) Local() []netip.AddrPort { return []netip.AddrPort{s.pair.local} }

func (s *association) Done() <-chan struct{} { return s.done }

func (s *association) Err() error {
	s.network.mu.Lock()
	defer s.network.mu.Unlock()
	return s.err
}

// Shutdown follows RFC 9260 section 9.2: both directions are drained before
// either end has ended.
func (s *association) Shutdown(ctx context.Context) error {
	s.refuse(transport.ErrClosed)
	if !s.await(ctx, s.drained) {
		return s.giveUp(ctx)
	}
	s.peer.refuse(transport.ErrShutdown)
	if !s.await(ctx, s.peer.drained) {
		return s.giveUp(ctx)
	}
	s.network.mu.Lock()
	defer s.network.mu.Unlock()
	s.end(transport.ErrClosed)
	s.peer.end(transport.ErrShutdown)
	return s.outcome()
}

// refuse lets no more messages in; those queued are still delivered.
func (s *association) refuse(why error) {
	s.network.mu.Lock()
	defer s.network.mu.Unlock()
	if s.closing == nil {
		s.closing = why
	}
	s.out.End()
}

func (s *association) await(ctx context.Context, drained <-chan struct{}) bool {
	select {
	case <-drained:
		return true
	case <-s.done:
	case <-ctx.Done():
	}
	return false
}

func (s *association) giveUp(ctx context.Context) error {
	select {
	case <-s.done:
		s.network.mu.Lock()
		defer s.network.mu.Unlock()
		return s.outcome()
	default:
		s.Abort("shutdown took too long")
		return ctx.Err()
	}
}

// outcome is what Shutdown returns after the end: nil when it was graceful. It
// is called with the network's mu held.
func (s *association) outcome() error {
	if errors.Is(s.err, transport.ErrClosed) || errors.Is(s.err, transport.ErrShutdown) {
		return nil
	}
	return s.err
}

func (s *association) Abort(reason string) {
	s.network.mu.Lock()
	defer s.network.mu.Unlock()
	s.abort(reason)
}

// abort is called with the network's mu held. A peer behind a cut link hears
// nothing and is left to its own patience.
func (s *association) abort(reason string) {
	if s.err != nil {
		return
	}
	s.end(transport.ErrClosed)
	if !s.network.cut[linkOf(s.pair.local.Addr(), s.pair.remote.Addr())] {
		s.peer.end(fmt.Errorf("%w by the peer: %s", transport.ErrAborted, reason))
	}
}

// end is called with the network's mu held.
func (s *association) end(why error) {
	if s.err != nil {
		return
	}
	s.err = why
	s.stopLoss()
	delete(s.network.associations, s.pair)
	close(s.done)
	s.cancel()
	s.peer.cancel()
	s.out.End()
	s.in.End()
}

// startLoss is called with the network's mu held.
func (s *association) startLoss() {
	s.loss = time.AfterFunc(s.patience, func() {
		s.network.mu.Lock()
		defer s.network.mu.Unlock()
		if s.network.cut[linkOf(s.pair.local.Addr(), s.pair.remote.Addr())] {
			s.end(transport.ErrLost)
		}
	})
}

// stopLoss is called with the network's mu held.
func (s *association) stopLoss() {
	if s.loss != nil {
		s.loss.Stop()
	}
}
