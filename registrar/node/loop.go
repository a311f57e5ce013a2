package node

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"runtime/metrics"
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
		at   time.Time // when it was read
		// resolves: it is a handle resolution.
		resolves bool
	}
	// closed is the last input of an association.
	closed struct {
		link *link
		err  error
	}
	// slow is an association whose other end asks, and does not read the answers.
	slow struct{ link *link }
	// heard is a datagram of a multicast group.
	heard struct {
		from netip.AddrPort
		data []byte
	}
	stop struct{}
	// deaf says that a listener failed.
	deaf struct{ err error }
)

// work is the node's own goroutine: it begins and ends the registrar's life, and takes
// the turns that nobody else does.
func (n *Node) work() {
	n.begin()
	n.help(time.Time{})
	for n.life.Err() == nil && !n.over.Load() {
		select {
		case in := <-n.posts:
			n.put(time.Time{}, in)
		case <-n.awake:
			n.help(time.Time{})
		case <-n.life.Done():
		}
	}
	n.ready.Store(false)
	n.end(ErrStopped)
	n.busy.Lock() // the last turn is over: those that follow do nothing
	n.alarm.Stop()
	n.overload.timer.Stop()
	if n.drained != nil {
		n.drained.Stop()
	}
	n.busy.Unlock()
	n.close()
	n.goroutines.Wait()
	n.stopGrowth()
	close(n.done)
}

// begin is the first turn: busy is held since Start.
func (n *Node) begin() {
	defer n.busy.Unlock()
	now := n.watch.now()
	n.lap = now
	n.alarm = time.AfterFunc(math.MaxInt64, func() { n.put(time.Time{}, due{}) })
	n.overload.runnable = []metrics.Sample{{Name: "/sched/goroutines/runnable:goroutines"}}
	n.overload.timer = time.AfterFunc(math.MaxInt64, n.look)
	n.step(now, registrar.Start{})
	n.stepped()
	n.publish(now)
	n.arm()
}

// turn takes all that waits, and the deadline if it has come. The clock is read once,
// and changes are published once. What is urgent comes first, also what becomes so on the
// way. It is called with busy held; at is the time that it
// is, 0 where the caller does not know.
func (n *Node) turn(at time.Time) {
	batch := n.queue.take()
	defer n.queue.done(batch)
	if n.life.Err() != nil || n.over.Load() {
		return
	}
	now := n.clock(at)
	n.takeAll(now, batch.urgent)
	for _, in := range batch.later {
		if n.queue.hurried.Load() {
			n.takeAll(now, n.queue.hurry())
		}
		if l, _ := origin(in); l != nil {
			l.behind.Add(-1)
		}
		n.take(now, in)
	}
	n.attend(now)
	if at, ok := n.core.Deadline(); ok && !now.Before(at) {
		n.step(now, registrar.Tick{})
	}
	n.turned(n.lap)
	n.publish(now)
	n.arm()
	if n.stopping && len(n.links) == 0 && n.dialing == 0 {
		n.over.Store(true) // nothing is left to wait for
		n.rouse()
	}
}

func (n *Node) takeAll(now time.Time, all []input) {
	for _, in := range all {
		n.take(now, in)
	}
}

func (n *Node) take(now time.Time, in input) {
	ev := in.event(n)
	if ev == nil {
		return
	}
	n.step(now, ev)
	if r, ok := in.(received); ok && r.resolves {
		n.resolved(r.at)
	}
}

func (n *Node) step(now time.Time, ev registrar.Event) {
	for _, effect := range n.core.Step(now, ev) {
		n.perform(now, effect)
	}
	n.stepping()
}

// arm sets the alarm for the next turn that is due though nothing comes in. One that
// goes off too early does no harm: it is set again then.
func (n *Node) arm() {
	if at, ok := n.deadline(); ok && (n.armed.IsZero() || at.Before(n.armed)) {
		n.armed = at
		n.alarm.Reset(max(at.Sub(n.lap), 0))
	}
}

// due is what the alarm says.
type due struct{}

func (due) event(n *Node) registrar.Event {
	n.armed = time.Time{}
	return nil
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
	l.stream, l.credential = in.stream, n.cfg.credential(in.association.Peer())
	n.links[l.id] = l
	n.run(l)
	return registrar.AssociationUp{
		Association: l.id, Protocol: in.protocol, Dial: in.dial,
		Remote: remote(in.association), Stream: in.stream, Credential: l.credential,
	}
}

func (in undialled) event(n *Node) registrar.Event {
	n.dialEnded()
	return registrar.DialFailed{
		Dial: in.dial, Reason: in.err.Error(), Exists: errors.Is(in.err, transport.ErrExists),
		Refused: errors.Is(in.err, transport.ErrRefused) || errors.Is(in.err, transport.ErrUnproven),
	}
}

func (in received) event(n *Node) registrar.Event {
	in.link.queued.Add(-1)
	if in.link.ended {
		return nil
	}
	shed := false
	if in.resolves {
		n.asks()
		switch n.overload.admit(in.link) {
		case answers:
		case refuses:
			shed = true
		case waits:
			if n.overload.lines.add(in) {
				n.hits.count[limitLine].Add(1)
			}
			return nil
		}
	}
	return registrar.Received{Association: in.link.id, Data: in.data, Shed: shed}
}

func (in heard) event(*Node) registrar.Event { return registrar.Heard{From: in.from, Data: in.data} }

func (in closed) event(n *Node) registrar.Event {
	why := in.err
	if cause := context.Cause(in.link.ctx); cause != nil {
		why = cause
	}
	delete(n.links, in.link.id)
	in.link.ended = true // what waits of it is forgotten
	in.link.cancel(nil)
	return registrar.AssociationDown{Association: in.link.id, Reason: why.Error(), Lost: errors.Is(why, transport.ErrLost)}
}

func (in slow) event(n *Node) registrar.Event {
	if !in.link.ended {
		n.tooSlow(n.watch.now(), in.link)
	}
	return nil
}

func (stop) event(n *Node) registrar.Event {
	if n.stopping {
		return nil
	}
	n.stopping = true
	n.pending = nil
	n.stopGrowth()
	n.drained = time.AfterFunc(n.cfg.DrainTimeout, func() { n.end(fmt.Errorf("%w and could not wait longer", ErrStopped)) })
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
			n.put(time.Time{}, deaf{fmt.Errorf("node: cannot accept %s associations any more: %w", port, err)})
			return
		}
		in.association = a
		n.put(time.Time{}, in)
	}
}
