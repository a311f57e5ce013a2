package registrar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

func takeover(sender, target wire.ServerID) enrp.Takeover {
	return enrp.Takeover{IDs: ids(sender, 0), Target: target}
}

// widow is a registrar 0x50 that has just found 0x60 dead, with the elements 1 to
// n at home there; the other peers live. Its associations are by ID.
type widow struct {
	*bench
	to map[wire.ServerID]registrar.AssociationID
}

func widowed(t *testing.T, n int, others ...wire.ServerID) *widow {
	t.Helper()
	return widowedWith(t, registrar.RFC, n, others...)
}

func widowedWith(t *testing.T, d registrar.Dialect, n int, others ...wire.ServerID) *widow {
	t.Helper()
	w := &widow{bench: serving(t, dialect(d)), to: map[wire.ServerID]registrar.AssociationID{}}
	for _, id := range append([]wire.ServerID{0x60}, others...) {
		w.to[id] = w.peer(id, byte(id))
	}
	for id := range wire.PEIdentifier(n) {
		w.enrp(w.to[0x60], add(0x60, "echo", pe(id+1, byte(11+id), life(300_000))))
	}
	for range 3 {
		w.alive(others...)
		w.advance(20 * time.Second)
	}
	w.alive(others...)
	w.forget()
	w.advance(6 * time.Second)
	return w
}

func (w *widow) alive(list ...wire.ServerID) {
	for _, id := range list {
		w.enrp(w.to[id], presence(id))
	}
}

// forget drops what was sent so far.
func (w *widow) forget() { clear(w.sent) }

func (w *widow) ack(from, target wire.ServerID) {
	w.enrp(w.to[from], enrp.InitTakeoverAck{Takeover: takeover(from, target)})
}

// wishes are the INIT_TAKEOVERs sent to a peer.
func (w *widow) wishes(id wire.ServerID) []enrp.InitTakeover {
	w.t.Helper()
	return all[enrp.InitTakeover](w.takeENRP(w.to[id]))
}

func (w *widow) completed() bool { return len(w.noted("takeover.completed")) > 0 }

func TestTakeover(t *testing.T) {
	w := widowed(t, 3, 0x70, 0x80)
	// ENRP-3.5.1-01 ENRP-3.5.1-02 ENRP-3.4.3-03
	for _, id := range []wire.ServerID{0x60, 0x70, 0x80} {
		if diff := cmp.Diff([]enrp.InitTakeover{{Takeover: takeover(self, 0x60)}}, w.wishes(id)); diff != "" {
			t.Errorf("to %v (-want +got):\n%s", id, diff)
		}
	}
	w.ack(0x70, 0x60)
	w.ack(0x70, 0x60)
	w.ack(0x99&0x70, 0x61)
	if w.completed() || w.state(0x60) != feed.TakingOver { // ENRP-3.5.1-03 ENRP-3.5.1-15
		t.Fatalf("completed without the consent of 0x80, or state %v", w.state(0x60))
	}
	w.dials = nil
	effects := len(w.notes)
	w.ack(0x80, 0x60)
	if !w.completed() { // ENRP-3.5.1-04
		t.Fatalf("not completed with all consents: %v", w.notes[effects:])
	}
	for _, id := range []wire.ServerID{0x60, 0x70, 0x80} { // ENRP-3.5.2-01
		only[enrp.TakeoverServer](t, w.takeENRP(w.to[id]))
	}
	w.advance(10 * time.Millisecond)
	// ENRP-3.5.2-04
	if len(w.dials) != 3 || w.dials[0].To.Port != 40011 {
		t.Fatalf("calls %+v, want one to the ASAP transport of each element", w.dials)
	}
	for i, d := range w.dials {
		a := w.up(registrar.ASAP, d.To, d.ID)
		ka := only[asap.EndpointKeepAlive](t, w.takeASAP(a))
		if want := (asap.EndpointKeepAlive{Home: true, Server: self, Handle: "echo"}); ka != want {
			t.Errorf("keep-alive %+v, want %+v", ka, want)
		}
		if i < 2 {
			w.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: wire.PEIdentifier(i + 1)})
		}
	}
	// ENRP-3.5.2-03
	if got := w.listed("echo"); !cmp.Equal(got, []string{"1@50", "2@50", "3@50"}) {
		t.Errorf("elements %v, want all at home here", got)
	}
	w.forget()
	w.advance(5 * time.Second)
	// ENRP-3.5.2-05
	if m := only[enrp.HandleUpdate](t, w.takeENRP(w.to[0x70])); m.Action != enrp.DelPE || m.Element.ID != 3 {
		t.Errorf("update %+v, want the removal of the element that did not answer", m)
	}
	w.forget()
	w.alive(0x70, 0x80)
	w.advance(30 * time.Second)
	// ENRP-3.5.2-02
	if got := w.takeENRP(w.to[0x60]); len(got) > 0 {
		t.Errorf("0x60 is sent %+v", got)
	}
	w.enrp(w.to[0x70], enrp.ListRequest{IDs: ids(0x70, 0)})
	for _, s := range only[enrp.ListResponse](t, w.takeENRP(w.to[0x70])).Servers {
		if s.ID == 0x60 {
			t.Error("0x60 is listed")
		}
	}
	var sum enrp.Sum
	sum.Add("echo", 1)
	sum.Add("echo", 2)
	if m := all[enrp.Presence](w.takeENRP(w.to[0x80])); len(m) != 1 || m[0].Checksum != sum.Checksum() { // ENRP-3.5.2-03
		t.Errorf("presences %+v, want checksum %v", m, sum.Checksum())
	}
}

// What else ends an attempt, or does not.
func TestTakeoverArbitration(t *testing.T) {
	tests := []struct {
		name   string
		others []wire.ServerID
		play   func(w *widow)
		// completed and state are what must come of it.
		completed bool
		state     feed.LinkState
	}{
		{"nobody else is there", nil, func(*widow) {}, true, feed.Dead}, // ENRP-3.5.1-05
		{"a live peer does not consent", []wire.ServerID{0x70}, func(w *widow) { // ENRP-3.5.1-06 TMR-06, TK-16
			for range 4 {
				w.forget()
				w.advance(5 * time.Second)
				w.alive(0x70)
				sent := w.takeENRP(w.to[0x70])
				if len(all[enrp.InitTakeover](sent)) != 1 || !all[enrp.Presence](sent)[0].ReplyRequired {
					w.t.Errorf("after 5 s 0x70 is sent %+v, want the wish again and whether it lives", sent)
				}
			}
		}, false, feed.TakingOver},
		{"who did not consent dies", []wire.ServerID{0x70}, func(w *widow) { // ENRP-3.5.1-06
			w.advance(10 * time.Second)
		}, true, feed.Dead},
		{"who did not consent is taken over", []wire.ServerID{0x70, 0x80}, func(w *widow) { // ENRP-3.5.1-06, TK-06
			w.ack(0x80, 0x60)
			w.enrp(w.to[0x80], enrp.InitTakeover{Takeover: takeover(0x80, 0x70)})
		}, true, feed.Dead},
		{"the target is heard", []wire.ServerID{0x70}, func(w *widow) { // ENRP-3.5.1-08
			w.alive(0x60)
			w.ack(0x70, 0x60)
		}, false, feed.Active},
		{"a larger ID wants it too", []wire.ServerID{0x70}, func(w *widow) { // ENRP-3.5.1-09
			w.forget()
			w.enrp(w.to[0x70], enrp.InitTakeover{Takeover: takeover(0x70, 0x60)})
			only[enrp.InitTakeoverAck](w.t, w.takeENRP(w.to[0x70]))
			w.ack(0x70, 0x60)
		}, false, feed.Yielded},
		{"the IDs are unsigned", []wire.ServerID{0xf0000070}, func(w *widow) { // ENRP-3.5.1-11
			w.enrp(w.to[0xf0000070], enrp.InitTakeover{Takeover: takeover(0xf0000070, 0x60)})
		}, false, feed.Yielded},
		{"a smaller ID wants it too", []wire.ServerID{0x20}, func(w *widow) { // ENRP-3.5.1-10
			w.forget()
			w.enrp(w.to[0x20], enrp.InitTakeover{Takeover: takeover(0x20, 0x60)})
			if got := w.takeENRP(w.to[0x20]); len(got) > 0 {
				w.t.Errorf("0x20 is sent %+v, want nothing", got)
			}
			w.ack(0x20, 0x60)
		}, true, feed.Dead},
		{"consents count for their target only", []wire.ServerID{0x70, 0x80}, func(w *widow) { // ENRP-3.5.1-16 ENRP-3.5.1-12
			w.forget()
			w.enrp(w.to[0x80], enrp.InitTakeover{Takeover: takeover(0x80, 0x70)})
			if got := only[enrp.InitTakeoverAck](w.t, w.takeENRP(w.to[0x80])); got.Target != 0x70 {
				w.t.Errorf("consent %+v, want it for 0x70", got)
			}
			w.ack(0x80, 0x70)
		}, false, feed.TakingOver},
		{"somebody else has done it", []wire.ServerID{0x70}, func(w *widow) { // ENRP-3.5.2-09
			w.forget()
			w.enrp(w.to[0x70], enrp.TakeoverServer{Takeover: takeover(0x70, 0x60)})
			if got := w.listed("echo"); !cmp.Equal(got, []string{"1@70"}) {
				w.t.Errorf("elements %v, want them at home at 0x70", got)
			}
			if got := all[enrp.TakeoverServer](w.takeENRP(w.to[0x70])); len(got) > 0 {
				w.t.Errorf("sent %+v", got)
			}
		}, false, feed.Dead},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := widowed(t, 1, tt.others...)
			tt.play(w)
			if w.completed() != tt.completed || w.state(0x60) != tt.state {
				t.Errorf("completed %v, state %v, want %v, %v", w.completed(), w.state(0x60), tt.completed, tt.state)
			}
		})
	}
}

// ENRP-3.5.1-14 TMR-22, TK-07: who acknowledged a takeover looks whether it came.
func TestYieldedTakeoverIsLookedAfter(t *testing.T) {
	w := widowed(t, 1, 0x70)
	w.enrp(w.to[0x70], enrp.InitTakeover{Takeover: takeover(0x70, 0x60)})
	w.forget()
	w.advance(64 * time.Second) // 0x70 is silent for more than 61 s too
	if got := w.state(0x60); got != feed.Yielded {
		t.Fatalf("state %v before two heartbeats and an answer, want yielded", got)
	}
	w.advance(34 * time.Second)
	if got := w.state(0x60); got == feed.Yielded {
		t.Fatalf("state %v after one and a half times that, want it watched again", got)
	}
	w.advance(30 * time.Second)
	if !w.completed() {
		t.Errorf("the winner died and nobody took over: %v", w.notes)
	}
}

// ENRP-3.5.2-10: the life of an adopted element begins with the takeover.
func TestAdoptedElementExpires(t *testing.T) {
	w := widowed(t, 0, 0x70)
	w.enrp(w.to[0x70], add(0x70, "echo", pe(1, 11, life(10))))
	w.advance(time.Minute) // longer than its life: only its home ends that
	for range 12 {
		if !w.completed() {
			w.advance(time.Second)
		}
	}
	if !w.completed() {
		t.Fatalf("not taken over: %v", w.notes)
	}
	d := w.dials[len(w.dials)-1]
	a := w.up(registrar.ASAP, d.To, d.ID)
	w.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
	w.advance(8 * time.Second)
	if got := w.listed("echo"); !cmp.Equal(got, []string{"1@50"}) {
		t.Errorf("elements %v before its life has ended", got)
	}
	w.advance(3 * time.Second)
	if got := w.listed("echo"); len(got) > 0 {
		t.Errorf("elements %v after its life has ended", got)
	}
}

// Many elements change their home at once, and are asked one after the other.
func TestLargeTakeover(t *testing.T) {
	const n, rate = 5000, 500
	b := serving(t, func(c *registrar.Config) { c.AdoptionRate = rate })
	p := b.peer(0x60, 60)
	for id := range wire.PEIdentifier(n) {
		data, err := enrp.Append(nil, add(0x60, "echo", pe(id+1, 11)))
		if err != nil {
			t.Fatal(err)
		}
		b.r.Step(b.now, registrar.Received{Association: p, Data: data})
	}
	a := b.up(registrar.ASAP, at(11, 40011), 0) // leads to all of them
	b.advance(66*time.Second - 1)
	b.changes = nil
	b.advance(1)
	sums := all[enrp.Presence](b.changes)
	if len(sums) != 2 || b.state(0x60) != feed.Dead {
		t.Fatalf("sums told %+v, state %v", sums, b.state(0x60))
	}
	told := 0
	for range 5 {
		asked := 0
		for end := b.now.Add(time.Second); ; {
			next, ok := b.r.Deadline()
			if !ok || next.After(end) {
				b.now = end
				break
			}
			b.now = next
			for _, e := range b.r.Step(b.now, registrar.Tick{}) {
				if send, ok := e.(registrar.Send); ok && send.Association == a {
					asked++
				}
			}
		}
		if err := b.r.Verify(); err != nil {
			t.Fatal(err)
		}
		if asked > rate+1 {
			t.Errorf("%d elements asked in a second, want at most %d", asked, rate)
		}
		told += asked
	}
	if told < 4*rate {
		t.Errorf("%d elements asked in 5 s, want about %d", told, 5*rate)
	}
}

// D-09: an adopted element that nobody can call stays until its life ends.
func TestAdoptedElementWithoutAddress(t *testing.T) {
	b := serving(t, interval(15*time.Second))
	p := b.peer(0x60, 60)
	m := add(0x60, "echo", pe(1, 11, life(300)))
	m.Element.ASAPTransport = wire.Transport{}
	b.enrp(p, m)
	b.advance(5 * time.Minute)
	if got := b.listed("echo"); !cmp.Equal(got, []string{"1@50"}) {
		t.Errorf("elements %v, want it here", got)
	}
	b.advance(70 * time.Second)
	if got := b.listed("echo"); len(got) > 0 {
		t.Errorf("elements %v after its life has ended", got)
	}
}
