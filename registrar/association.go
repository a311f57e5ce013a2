package registrar

import (
	"cmp"
	"container/list"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// association is one that is up.
type association struct {
	id AssociationID
	// number is its own in Registrar.numbers.
	number   uint32
	protocol Protocol
	remote   Endpoint
	// stream: it is TCP, and the other end a pool user.
	stream bool
	// opened from here: a call to an element, or a peer.
	opened bool
	// again: it was opened because the first call had ended.
	again bool
	// credential is what its other end has proven.
	credential Credential
	// closing: the driver was asked to end it. expelled: at once, and nothing that it
	// brings until then counts.
	closing, expelled bool
	// leaving: it has given way. heard is when something came over it, place where it is
	// among those that others have opened.
	leaving bool
	heard   time.Duration
	place   *list.Element
	// elements are the records of those that are reached over it.
	elements []uint32
	// peers are the registrars that spoke over it, mostly one.
	peers []*peer
	peer  [1]*peer
	// greeted: a PRESENCE was sent over it.
	greeted bool
	// reports are those of unreachable elements, registrations those of new ones.
	reports, registrations allowance
	// watches are the pools that the user at the other end has subscribed to.
	watches []*watched
}

// remote is one place of another endpoint.
type remote struct {
	protocol Protocol
	at       netip.AddrPort
}

// dial is an attempt to open an association.
type dial struct {
	id       DialID
	protocol Protocol
	to       Endpoint
	// elements are the records of those that have a keep-alive to send when it
	// succeeds.
	elements []uint32
	// again: see association.
	again bool
	// began is when it did.
	began time.Duration
	peer  *peer
	seed  *seed
}

// transport is the endpoint as a message carries it.
func (e Endpoint) transport() wire.Transport {
	return wire.Transport{Type: wire.TypeSCTPTransport, Port: e.Port, Addresses: e.Addrs}
}

// meets reports whether the two endpoints have the port and an address in
// common, and so cannot be two.
func (e Endpoint) meets(o Endpoint) bool { return e.Port == o.Port && overlap(e.Addrs, o.Addrs) }

// same reports whether the two are the same, in whatever order their addresses are.
func (e Endpoint) same(o Endpoint) bool {
	return e.Port == o.Port && e.UDPPort == o.UDPPort && len(e.Addrs) == len(o.Addrs) &&
		!slices.ContainsFunc(e.Addrs, func(a netip.Addr) bool { return !slices.Contains(o.Addrs, a) })
}

func overlap(a, b []netip.Addr) bool {
	return slices.ContainsFunc(a, func(x netip.Addr) bool { return slices.Contains(b, x) })
}

// String gives the endpoint as users write it: HOST,HOST:PORT@UDPPORT.
func (e Endpoint) String() string {
	hosts := make([]string, len(e.Addrs))
	for i, addr := range e.Addrs {
		if hosts[i] = addr.String(); addr.Is6() {
			hosts[i] = "[" + hosts[i] + "]"
		}
	}
	text := fmt.Sprintf("%s:%d", strings.Join(hosts, ","), e.Port)
	if e.UDPPort != 0 {
		text += fmt.Sprintf("@%d", e.UDPPort)
	}
	return text
}

func (r *Registrar) associationUp(ev AssociationUp) {
	d := r.dials[ev.Dial]
	delete(r.dials, ev.Dial)
	a := &association{
		id: ev.Association, protocol: ev.Protocol, remote: ev.Remote, stream: ev.Stream, opened: ev.Dial != 0, credential: ev.Credential,
	}
	a.peers = a.peer[:0]
	switch {
	case r.associations[a.id] != nil:
		return // the driver promised not to
	case r.phase == feed.Draining, a.opened && d == nil, !r.admits(a, d):
		if r.phase == feed.Draining && d != nil {
			r.unwanted(d)
		}
		r.effect(Disconnect{Association: a.id, Abort: true})
		return
	}
	r.associations[a.id] = a
	r.numbered(a)
	r.tally.Associations[a.protocol]++
	r.countIn(a, 1)
	// Only a place that may have to be called is looked for, and a port of TCP is no
	// place of SCTP.
	if !a.stream && (a.protocol == ENRP || r.mayNotBeElement(a) == "") {
		for _, addr := range a.remote.Addrs {
			r.remotes[remote{a.protocol, netip.AddrPortFrom(addr, a.remote.Port)}] = a
		}
	}
	switch {
	case d == nil && a.protocol == ENRP:
		r.seedCame(a)
	case d == nil:
	case d.protocol == ASAP:
		r.calledBack(d, a)
	default:
		r.peerReached(d, a)
	}
}

// unwanted: a dial succeeded when the registrar was about to leave. It says nothing
// against those who were called.
func (r *Registrar) unwanted(d *dial) {
	if d.protocol == ENRP {
		r.peerNotReached(d, DialFailed{Dial: d.id, Reason: "this registrar is stopping"})
		return
	}
	delete(r.callbacks, d.to.first())
	for _, number := range d.elements {
		if el := r.records.at(number); el.waitsFor(d) {
			el.waitNoMore()
		}
	}
}

// admits reports whether a new association has a place here, and says so where it
// has none. One that is turned away leaves nothing behind.
func (r *Registrar) admits(a *association, d *dial) bool {
	if why := cmp.Or(r.mayNotJoin(a), r.mayNotStay(a)); why != "" {
		r.complain(feed.Event{Name: "association.refused", Text: fmt.Sprintf("%v with %v refused: %s", a.protocol, a.remote, why)})
		if d != nil {
			r.peerNotReached(d, DialFailed{Dial: d.id, Reason: why})
		}
		return false
	}
	if !a.opened && r.inbound >= r.cfg.Limits.Associations && !r.giveWay(false) {
		why := r.hit(LimitAssociations, fmt.Sprintf("the limit of %d associations is reached", r.cfg.Limits.Associations))
		r.complain(feed.Event{Name: "association.refused", Text: fmt.Sprintf("%v from %v refused: %s", a.protocol, a.remote, why)})
		return false
	}
	return true
}

// countIn counts an association that the other end opened in, or out with -1.
func (r *Registrar) countIn(a *association, n int) {
	if a.opened {
		return
	}
	if r.inbound += n; n > 0 {
		a.heard = r.timers.mark(r.now)
		a.place = r.idle.PushBack(a)
	} else {
		r.idle.Remove(a.place)
	}
	if a.protocol == ASAP {
		r.counters.Associations += uint64(n) //nolint:gosec // -1 takes away the one that was added
	}
	if r.isStranger(a) {
		r.strangers += n
	}
}

// expel ends an association at once whose other end does what it may not.
func (r *Registrar) expel(a *association, why string, server wire.ServerID) {
	a.closing, a.expelled = true, true
	r.forgetRemotes(a)
	r.complain(feed.Event{Name: "peer.refused", Server: server, Text: fmt.Sprintf("association with %v aborted: %s", a.remote, why)})
	r.effect(Disconnect{Association: a.id, Abort: true})
}

func (r *Registrar) dialFailed(ev DialFailed) {
	d := r.dials[ev.Dial]
	if d == nil {
		return
	}
	delete(r.dials, ev.Dial)
	if d.protocol == ASAP {
		r.callFailed(d, ev.Refused)
	} else {
		r.peerNotReached(d, ev)
	}
}

func (r *Registrar) associationDown(ev AssociationDown) {
	a := r.associations[ev.Association]
	if a == nil {
		return
	}
	delete(r.associations, a.id)
	r.tally.Associations[a.protocol]--
	if a.leaving { // it has been counted out
		r.leaving--
	} else {
		r.countIn(a, -1)
	}
	r.forgetRemotes(a)
	if a.protocol == ASAP {
		r.unsubscribe(a)
		r.elementsLost(a, ev.Lost)
	} else {
		r.peersLost(a, ev.Reason)
	}
	r.numbers.Give(a.number)
}

func (r *Registrar) forgetRemotes(a *association) {
	for _, addr := range a.remote.Addrs {
		if key := (remote{a.protocol, netip.AddrPortFrom(addr, a.remote.Port)}); r.remotes[key] == a {
			delete(r.remotes, key)
		}
	}
}

// associationTo finds an association that exists already, whoever opened it:
// SCTP allows one between two endpoints.
func (r *Registrar) associationTo(p Protocol, e Endpoint) *association {
	for _, addr := range e.Addrs {
		if a := r.remotes[remote{p, netip.AddrPortFrom(addr, e.Port)}]; a != nil {
			return a
		}
	}
	return nil
}

func (r *Registrar) dial(p Protocol, to Endpoint) *dial {
	if r.lastDial++; uint32(r.lastDial) == 0 { //nolint:gosec // that is no dial in records
		r.lastDial++
	}
	d := &dial{id: r.lastDial, protocol: p, to: to, began: r.timers.mark(r.now)}
	r.dials[d.id] = d
	r.effect(Dial{ID: d.id, Protocol: p, To: to})
	return d
}

// disconnect ends an association when what was sent has arrived.
func (r *Registrar) disconnect(a *association) {
	if a.closing {
		return
	}
	a.closing = true
	r.forgetRemotes(a)
	r.effect(Disconnect{Association: a.id})
}

func (r *Registrar) send(a *association, data []byte) {
	r.tally.message(a.protocol, Out, data)
	if a.protocol == ENRP {
		r.counters.sentENRP(data)
	}
	r.effect(Send{Association: a.id, Protocol: a.protocol, Data: data})
}

func (r *Registrar) received(ev Received) {
	a := r.associations[ev.Association]
	if a == nil || a.expelled {
		return
	}
	r.spoke(a)
	r.tally.message(a.protocol, In, ev.Data)
	if a.protocol == ASAP {
		r.speaker.association = a
		r.receiveASAP(a, ev.Data, ev.Shed)
	} else {
		r.receiveENRP(a, ev.Data)
	}
}

// allowance counts what may happen so often in a second.
type allowance struct {
	since time.Time
	used  int
}

func (w *allowance) take(now time.Time, limit int) bool {
	if now.Sub(w.since) >= time.Second {
		*w = allowance{since: now}
	}
	w.used++
	return w.used <= limit
}
