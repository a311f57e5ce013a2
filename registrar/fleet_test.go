package registrar_test

import (
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// fleet is a registrar with a peer, and n elements of the pool echo, each with a host and
// an association of its own: the element with the identifier 1 is on host 101.
type fleet struct {
	*bench
	peer  registrar.AssociationID
	to    map[wire.PEIdentifier]registrar.AssociationID
	cut   bool // nothing gets through
	deaf  map[wire.PEIdentifier]bool
	taken int // of dials
}

func newFleet(t testing.TB, n int, set ...func(*registrar.Config)) *fleet {
	t.Helper()
	f := &fleet{
		bench: serving(t, append([]func(*registrar.Config){interval(15 * time.Second)}, set...)...),
		to:    map[wire.PEIdentifier]registrar.AssociationID{}, deaf: map[wire.PEIdentifier]bool{},
	}
	f.peer = f.bench.peer(0x60, 60)
	for id := range wire.PEIdentifier(n) {
		f.join(id + 1)
	}
	f.sent[f.peer] = nil
	return f
}

func hostOf(id wire.PEIdentifier) byte { return byte(100 + id) } //nolint:gosec // few

// join registers an element over a new association.
func (f *fleet) join(id wire.PEIdentifier, set ...func(*wire.PoolElement)) {
	f.t.Helper()
	f.to[id] = f.element(hostOf(id))
	f.mustRegister(f.to[id], "echo", pe(id, hostOf(id), append(set, life(wire.InfiniteLife))...))
}

// run lets time pass. Those who are not cut off acknowledge keep-alives and let
// themselves be called; the peer lives.
func (f *fleet) run(d time.Duration) {
	f.t.Helper()
	for end := f.now.Add(d); f.now.Before(end); {
		next, ok := f.r.Deadline()
		if !ok || next.After(end) {
			next = end
		}
		f.now = next
		f.step(registrar.Tick{})
		f.answerAll()
	}
}

func (f *fleet) answerAll() {
	f.t.Helper()
	for ; f.taken < len(f.dials); f.taken++ {
		d := f.dials[f.taken]
		id := wire.PEIdentifier(d.To.Addrs[0].As4()[3]) - 100
		switch {
		case d.Protocol == registrar.ENRP:
		case f.cut || f.deaf[id]:
			f.step(registrar.DialFailed{Dial: d.ID, Reason: "network is unreachable"})
		default:
			f.to[id] = f.up(registrar.ASAP, d.To, d.ID)
		}
	}
	for id := wire.PEIdentifier(1); int(id) <= len(f.to); id++ {
		a := f.to[id]
		asked := len(all[asap.EndpointKeepAlive](f.takeASAP(a))) > 0
		if asked && !f.cut && !f.deaf[id] {
			f.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: id})
		}
	}
	if !f.cut {
		f.enrp(f.peer, enrp.Presence{IDs: ids(0x60, 0)})
	}
}

// outage cuts the network. After eight seconds the transports find the associations lost,
// all within two.
func (f *fleet) outage(d time.Duration) {
	f.t.Helper()
	f.cut = true
	f.run(8 * time.Second)
	f.lose(1, len(f.to))
	f.run(d - 10*time.Second)
}

// lose ends associations for want of sound, within two seconds.
func (f *fleet) lose(from, to int) {
	f.t.Helper()
	for id := from; id <= to; id++ {
		f.step(registrar.AssociationDown{Association: f.to[wire.PEIdentifier(id)], Reason: "lost", Lost: true}) //nolint:gosec // few
		f.run(2 * time.Second / time.Duration(to-from+1))
	}
}

// told are the elements that the peer heard of, by what.
func (f *fleet) told(action enrp.Action) (list []wire.PEIdentifier) {
	f.t.Helper()
	for _, u := range all[enrp.HandleUpdate](f.takeENRP(f.peer)) {
		if u.Action == action {
			list = append(list, u.Element.ID)
		}
	}
	return list
}

func (f *fleet) suspects() int {
	states := map[wire.PEIdentifier]feed.Health{}
	for _, s := range all[feed.ElementState](f.changes) {
		states[s.ID] = s.Health
	}
	n := 0
	for _, s := range states {
		if s == feed.Unanswered {
			n++
		}
	}
	return n
}
