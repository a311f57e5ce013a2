package node

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/transport"
)

// input is what other goroutines tell the node's. event does the node's part
// of it and gives the registrar's, if there is one.
type input interface {
	event(n *Node) registrar.Event
}

type (
	// opened is a new association; dial is 0 when the other end opened it, stream
	// says that it is TCP.
	opened struct {
		association transport.Association
		protocol    registrar.Protocol
		dial        registrar.DialID
		stream      bool
	}
	// undialled is a dial that came to nothing.
	undialled struct {
		dial registrar.DialID
		err  error
	}
	received struct {
		link *link
		data []byte
		// at is when a handle resolution was read, whose answer is timed.
		at time.Time
	}
	// closed is the last input of an association.
	closed struct {
		link *link
		err  error
	}
	// heard is a datagram of a multicast group.
	heard struct {
		from netip.AddrPort
		data []byte
	}
	stop struct{}
	// deaf says that a listener failed.
	deaf struct{ err error }
)

// put hands in to the node's goroutine, unless that is at its end.
func (n *Node) put(in input) {
	select {
	case n.inbox <- in:
	case <-n.life.Done():
	}
}

// work is the node's goroutine.
func (n *Node) work() {
	timer := time.NewTimer(0)
	n.begin()
	var drained <-chan time.Time
	for !n.finished() {
		if n.stopping && drained == nil {
			drained = time.After(n.cfg.DrainTimeout)
		}
		n.arm(timer)
		select {
		case in := <-n.inbox:
			n.turn(in)
		case <-timer.C:
			n.turn(nil)
		case <-drained:
			n.end(fmt.Errorf("%w and could not wait longer", ErrStopped))
		case <-n.life.Done():
		}
	}
	n.ready.Store(false)
	timer.Stop()
	n.end(ErrStopped)
	n.close()
	n.goroutines.Wait()
	n.stopGrowth()
	close(n.done)
}

// finished reports whether nothing is left to wait for.
func (n *Node) finished() bool {
	return n.life.Err() != nil || n.stopping && len(n.links) == 0 && n.dialing == 0
}

// arm sets timer to when the next turn is due.
func (n *Node) arm(timer *time.Timer) {
	if at, ok := n.deadline(); ok {
		timer.Reset(time.Until(at))
	} else {
		timer.Stop()
	}
}

func (n *Node) begin() {
	now := time.Now()
	n.lap = now
	n.step(now, registrar.Start{})
	n.publish(now)
}

// turn takes in, all that waits behind it, and the deadline if it has come. The
// clock is read once, and changes are published once.
func (n *Node) turn(in input) {
	now := n.clock()
	if in != nil {
		n.take(now, in)
		for range len(n.inbox) { // nobody else takes from it
			n.take(now, <-n.inbox)
		}
	}
	if at, ok := n.core.Deadline(); ok && !now.Before(at) {
		n.step(now, registrar.Tick{})
	}
	n.publish(now)
}

func (n *Node) take(now time.Time, in input) {
	if ev := in.event(n); ev != nil {
		n.step(now, ev)
	}
	if r, ok := in.(received); ok && !r.at.IsZero() {
		n.resolutions.Observe(n.lap.Sub(r.at))
	}
}

func (n *Node) step(now time.Time, ev registrar.Event) {
	for _, effect := range n.core.Step(now, ev) {
		n.perform(now, effect)
	}
	n.stepped()
}

func (in opened) event(n *Node) registrar.Event {
	if in.dial != 0 {
		n.dialEnded()
	}
	if n.stopping { // it was under way when growth ended
		n.goroutines.Go(func() { in.association.Abort("the registrar stops") })
		return nil
	}
	n.lastID++
	l := newLink(n.life, n.lastID, in.protocol, in.association)
	l.stream = in.stream
	n.links[l.id] = l
	n.run(l)
	return registrar.AssociationUp{
		Association: l.id, Protocol: in.protocol, Dial: in.dial,
		Remote: remote(in.association), Stream: in.stream, Credential: n.cfg.credential(in.association.Peer()),
	}
}

func (in undialled) event(n *Node) registrar.Event {
	n.dialEnded()
	return registrar.DialFailed{Dial: in.dial, Reason: in.err.Error(), Exists: errors.Is(in.err, transport.ErrExists)}
}

func (in received) event(*Node) registrar.Event {
	if in.link.ended {
		return nil
	}
	return registrar.Received{Association: in.link.id, Data: in.data}
}

func (in heard) event(*Node) registrar.Event { return registrar.Heard{From: in.from, Data: in.data} }

func (in closed) event(n *Node) registrar.Event {
	why := in.err
	if cause := context.Cause(in.link.ctx); cause != nil {
		why = cause
	}
	delete(n.links, in.link.id)
	in.link.cancel(nil)
	return registrar.AssociationDown{Association: in.link.id, Reason: why.Error()}
}

func (stop) event(n *Node) registrar.Event {
	if n.stopping {
		return nil
	}
	n.stopping = true
	n.pending = nil
	n.stopGrowth()
	return registrar.Stop{Within: n.cfg.DrainTimeout * 4 / 5} // the rest is for what is queued
}

func (in deaf) event(n *Node) registrar.Event {
	n.err = in.err
	n.end(in.err)
	return nil
}

// accept takes the associations that others open to one of the ports.
func (n *Node) accept(from transport.Listener, port string) {
	in := opened{protocol: registrar.ASAP, stream: port == PortASAPStream || port == PortASAPTLS}
	if port == PortENRP {
		in.protocol = registrar.ENRP
	}
	for {
		a, err := from.Accept(n.growing)
		switch {
		case n.growing.Err() != nil:
			if a != nil {
				a.Abort("the registrar stops")
			}
			return
		case err != nil:
			n.put(deaf{fmt.Errorf("node: cannot accept %s associations any more: %w", port, err)})
			return
		}
		in.association = a
		n.put(in)
	}
}
