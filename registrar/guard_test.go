package registrar_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// An outage of the registrar's own network removes nobody, however long before the
// guard's time is over, and peers hear of nothing.
func TestGuardHolds(t *testing.T) {
	for _, n := range []int{10, 13, 50} {
		for _, d := range []time.Duration{12 * time.Second, 40 * time.Second, 2 * time.Minute} {
			f := newFleet(t, n)
			f.run(time.Minute)
			f.outage(d)
			if got := f.gone("unreachable"); len(got) > 0 {
				t.Errorf("%d elements cut off for %v: removed are %v", n, d, got)
			}
			if got := len(f.listed("echo")); got != n {
				t.Errorf("%d elements cut off for %v: %d are listed", n, d, got)
			}
			state := f.r.Tally().Guard
			if want := (registrar.GuardState{Threshold: max(10, n/2), Engaged: true, Held: n, Own: n, Engagements: 1}); d > 30*time.Second {
				if state.Left <= 0 || state.Left > 5*time.Minute {
					t.Errorf("%v is left", state.Left)
				}
				state.Left = 0
				if diff := cmp.Diff(want, state); diff != "" {
					t.Errorf("%d elements cut off for %v (-want +got):\n%s", n, d, diff)
				}
				if got := f.suspects(); got != n {
					t.Errorf("%d of %d are shown as suspect", got, n)
				}
			}
			f.cut = false
			f.run(time.Minute)
			if state := f.r.Tally().Guard; state.Engaged || state.Held > 0 {
				t.Errorf("after the outage the guard is %+v", state)
			}
			if got, gone := f.suspects(), f.gone("unreachable"); got > 0 || len(gone) > 0 {
				t.Errorf("%d elements after an outage of %v: %d are suspect, removed are %v", n, d, got, gone)
			}
			if got := f.told(enrp.DelPE); len(got) > 0 {
				t.Errorf("the peer hears that %v are gone", got)
			}
		}
	}
}

func TestGuardSaysSo(t *testing.T) {
	f := newFleet(t, 20)
	f.run(time.Minute)
	f.outage(time.Minute)
	f.cut = false
	f.run(time.Minute)
	engaged, released := only[registrar.Noted](t, f.noted("guard.engaged")), only[registrar.Noted](t, f.noted("guard.released"))
	if !strings.Contains(engaged.Text, "10 of 20 own elements are silent, 10 or more are an outage") || engaged.Level != registrar.Warn {
		t.Errorf("%v %q", engaged.Level, engaged.Text)
	}
	if !strings.Contains(released.Text, "4 of 20 own elements are silent still") || !strings.Contains(released.Text, "heard again after") || released.Level != registrar.Warn {
		t.Errorf("%v %q", released.Level, released.Text)
	}
}

// What is no outage of the registrar's network is dealt with as ever.
func TestGuardDoesNotEngage(t *testing.T) {
	tests := []struct {
		name string
		n    int
		set  func(*registrar.Config)
		then func(f *fleet)
		gone int // in ten seconds
	}{
		{name: "few elements", n: 9, then: func(f *fleet) { f.outage(25 * time.Second) }, gone: 9},
		{name: "switched off", n: 20, set: func(c *registrar.Config) { c.GuardShare = 0 }, then: func(f *fleet) { f.outage(15 * time.Second) }, gone: 20},
		{name: "a greater share", n: 20, set: func(c *registrar.Config) { c.GuardShare = 80 }, then: func(f *fleet) {
			for id := range wire.PEIdentifier(15) {
				f.deaf[id+1] = true
			}
			f.lose(1, 15)
		}, gone: 15},
		{name: "hosts refuse", n: 20, then: func(f *fleet) {
			for id := range wire.PEIdentifier(20) {
				f.down(f.to[id+1])
				d := f.dials[len(f.dials)-1]
				f.taken = len(f.dials)
				f.step(registrar.DialFailed{Dial: d.ID, Reason: "refused", Refused: true})
			}
		}, gone: 20},
		{name: "one of many", n: 50, then: func(f *fleet) {
			f.deaf[1] = true
			f.lose(1, 1)
		}, gone: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := []func(*registrar.Config){}
			if tt.set != nil {
				set = append(set, tt.set)
			}
			f := newFleet(t, tt.n, set...)
			f.run(time.Minute)
			tt.then(f)
			f.run(10 * time.Second)
			if got := f.gone("unreachable"); len(got) != tt.gone || len(f.noted("guard.engaged")) > 0 {
				t.Errorf("removed are %v, want %d; guard: %v", got, tt.gone, f.noted("guard.engaged"))
			}
			if got := f.told(enrp.DelPE); len(got) != tt.gone {
				t.Errorf("the peer hears that %v are gone, want %d", got, tt.gone)
			}
		})
	}
}

// The death of one or two hosts is no outage, however many elements were there.
func TestGuardOneHost(t *testing.T) {
	f := newFleet(t, 2)
	b := f.bench
	for id := range wire.PEIdentifier(20) {
		b.mustRegister(f.to[1], "echo", pe(id+10, hostOf(1), life(wire.InfiniteLife)))
	}
	f.deaf[1], f.deaf[2] = true, true
	f.lose(1, 2)
	f.run(15 * time.Second)
	if got := f.gone("unreachable"); len(got) != 22 {
		t.Errorf("%d elements of two dead hosts are removed, want 22; guard: %v", len(got), f.noted("guard.engaged"))
	}
}

// Where all elements are on one host, it is an outage if no other registrar is heard
// either, whichever is noticed first; not if that one was on the same host.
func TestGuardOneHostAndNoPeer(t *testing.T) {
	for _, tt := range []struct {
		name      string
		peerFirst bool
		host      byte // of the elements; the peer is on 60
		gone      int
	}{
		{"the peer is lost first", true, hostOf(1), 0},
		{"the elements are lost first", false, hostOf(1), 0},
		{"the peer was there too", true, 60, 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFleet(t, 0)
			f.to[1] = f.element(tt.host)
			for id := range wire.PEIdentifier(20) {
				f.mustRegister(f.to[1], "echo", pe(id+1, tt.host, life(wire.InfiniteLife)))
			}
			f.cut = true
			f.run(8 * time.Second)
			if tt.peerFirst {
				f.down(f.peer)
			}
			f.lose(1, 1)
			if !tt.peerFirst {
				f.down(f.peer)
			}
			f.run(5 * time.Second)
			for _, d := range f.dials {
				if d.Protocol == registrar.ENRP {
					f.step(registrar.DialFailed{Dial: d.ID, Reason: "timed out"})
				}
			}
			f.run(50 * time.Second)
			if got := f.gone("unreachable"); len(got) != tt.gone {
				t.Errorf("%d elements are removed, want %d; guard: %v", len(got), tt.gone, f.noted("guard.engaged"))
			}
		})
	}
}

// While the guard is engaged, whatever is no silence removes elements as ever.
func TestGuardStillRemoves(t *testing.T) {
	f := newFleet(t, 20)
	f.run(time.Minute)
	f.outage(30 * time.Second)
	f.step(registrar.Deregister{Request: 1, Handle: "echo", ID: 1})
	f.asap(f.element(hostOf(2)), asap.Deregistration{Handle: "echo", ID: 2})
	for user := range byte(5) {
		f.asap(f.element(20+user), asap.EndpointUnreachable{Handle: "echo", ID: 3})
	}
	if got := f.told(enrp.DelPE); !slices.Equal(got, []wire.PEIdentifier{1, 2, 3}) {
		t.Errorf("the peer hears that %v are gone, want 1, 2 and 3", got)
	}
	if !f.r.Tally().Guard.Engaged {
		t.Error("the guard is not engaged any more")
	}
	// Its identifier is wanted by another one: so it is asked, and has its time.
	other := f.element(99)
	f.sent[other] = nil
	f.asap(other, asap.Registration{Handle: "echo", Element: pe(4, 99)})
	f.run(30 * time.Second)
	if got := only[asap.RegistrationResponse](t, f.takeASAP(other)); got.Reject {
		t.Errorf("the successor of an element is refused: %v", codes(got.Causes))
	}
	// And an operator asks.
	f.step(registrar.ProbeElement{Request: 2, Handle: "echo", ID: 5})
	f.run(30 * time.Second)
	if got := only[registrar.Answered](t, f.outcomes); got.Outcome != registrar.AskSilent || !strings.Contains(got.Text, "kept") {
		t.Errorf("the operator hears %+v", got)
	}
}

// Elements that are silent when others are heard again have one more keep-alive.
func TestGuardReleased(t *testing.T) {
	f := newFleet(t, 20)
	f.run(time.Minute)
	f.outage(40 * time.Second)
	f.deaf[1], f.deaf[2] = true, true // they have died meanwhile
	f.cut = false
	f.run(time.Minute)
	got := f.gone("unreachable")
	if slices.Sort(got); !slices.Equal(got, []wire.PEIdentifier{1, 2}) {
		t.Errorf("removed are %v, want 1 and 2", got)
	}
	released := only[registrar.Noted](t, f.noted("guard.released")).At.Time()
	for _, n := range f.noted("element.removed") {
		if d := n.At.Time().Sub(released); d < 5*time.Second {
			t.Errorf("%v is removed %v after the guard was released, want the time of an answer", n.Element, d)
		}
	}
}

// After GuardTime all go who do not answer, at a bounded rate, and the guard does not
// come back for them; for the next outage it does.
func TestGuardTimeOver(t *testing.T) {
	f := newFleet(t, 40, func(c *registrar.Config) { c.GuardTime, c.AdoptionRate = 2*time.Minute, 2 })
	f.run(time.Minute)
	f.outage(2 * time.Minute)
	f.run(10 * time.Second)
	if text := only[registrar.Noted](t, f.noted("guard.released")).Text; !strings.Contains(text, "its time is over after 2m0s: 40 of 40") {
		t.Errorf("released: %q", text)
	}
	f.run(time.Minute)
	removed := f.noted("element.removed")
	if len(removed) != 40 {
		t.Fatalf("%d of 40 are removed", len(removed))
	}
	for i := range removed[2:] {
		if d := removed[i+2].At.Time().Sub(removed[i].At.Time()); d < 999*time.Millisecond {
			t.Errorf("3 are removed in %v, want 2 in a second", d)
		}
	}
	if got := len(f.noted("guard.engaged")); got != 1 {
		t.Errorf("engaged %d times, want once", got)
	}
	f.cut = false
	for id := range wire.PEIdentifier(40) {
		f.join(id + 1)
	}
	f.run(time.Minute)
	f.outage(time.Minute)
	if got := len(f.noted("guard.engaged")); got != 2 || len(f.noted("element.removed")) != 40 {
		t.Errorf("after the next outage: engaged %d times, %d removed; want 2 and 40", got, len(f.noted("element.removed")))
	}
}

// Half of the elements are out of reach: there is a switch between them and here.
func TestGuardPartialOutage(t *testing.T) {
	f := newFleet(t, 100)
	f.run(time.Minute)
	for id := range wire.PEIdentifier(60) {
		f.deaf[id+1] = true
	}
	f.run(8 * time.Second)
	f.lose(1, 60)
	f.run(time.Minute)
	if got := f.gone("unreachable"); len(got) > 0 {
		t.Errorf("removed are %v", got)
	}
	if got := f.r.Tally().Guard; !got.Engaged || got.Held != 60 {
		t.Errorf("the guard is %+v", got)
	}
}

// Registration lives do not end of elements that cannot register again.
func TestGuardLives(t *testing.T) {
	for _, keepAlives := range []time.Duration{0, 15 * time.Second} {
		f := newFleet(t, 0, interval(keepAlives))
		for id := range wire.PEIdentifier(20) {
			f.to[id+1] = f.element(hostOf(id + 1))
			f.mustRegister(f.to[id+1], "echo", pe(id+1, hostOf(id+1), life(30)))
		}
		f.outage(2 * time.Minute)
		if got := f.gone("expiry"); len(got) > 0 {
			t.Errorf("keep-alives each %v: %v have come to the end of their lives", keepAlives, got)
		}
		f.run(5 * time.Minute)
		if got := len(f.gone("expiry")) + len(f.gone("unreachable")); got != 20 {
			t.Errorf("keep-alives each %v: %d are removed after all, want 20", keepAlives, got)
		}
	}
}

// An element that acknowledges, and does not register again, comes to the end of its life.
func TestGuardLifeOfTheLiving(t *testing.T) {
	f := newFleet(t, 20)
	f.to[21] = f.element(hostOf(21))
	f.mustRegister(f.to[21], "echo", pe(21, hostOf(21), life(30)))
	f.run(31 * time.Second)
	if got := f.gone("expiry"); !slices.Equal(got, []wire.PEIdentifier{21}) {
		t.Errorf("removed are %v, want 21", got)
	}
}

// A registrar that stops hands over what it holds.
func TestGuardStops(t *testing.T) {
	f := newFleet(t, 20)
	f.run(time.Minute)
	f.outage(30 * time.Second)
	f.step(registrar.Stop{Within: time.Second})
	if text := only[registrar.Noted](t, f.noted("guard.released")).Text; !strings.Contains(text, "the registrar stops") {
		t.Errorf("released: %q", text)
	}
	if f.r.Tally().Guard.Engaged {
		t.Error("the guard is engaged")
	}
}

// Elements of a registrar that was taken over are no evidence until they have answered:
// they may have died with it.
func TestGuardAdopted(t *testing.T) {
	w := widowed(t, 30)
	w.advance(10 * time.Second)
	if got := w.noted("guard.engaged"); len(got) > 0 || len(w.gone("unreachable")) != 30 {
		t.Errorf("removed are %v, want all that were adopted; guard: %v", w.gone("unreachable"), got)
	}
}
