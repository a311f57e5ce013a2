package registrar_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// standstill lets time pass without a Tick, as if nothing ran here.
func (b *bench) standstill(d time.Duration) { b.now = b.now.Add(d) }

// gone are the elements that were removed, with why.
func (b *bench) gone(origin string) (list []wire.PEIdentifier) {
	for _, n := range b.noted("element.removed") {
		if n.Origin == origin {
			list = append(list, n.Element)
		}
	}
	return list
}

// Who owes an acknowledgement when the registrar stands still gets the time of one
// from then on, and is removed after that.
func TestStandstillKeepAlive(t *testing.T) {
	tests := []struct {
		name  string
		still time.Duration
		then  func(b *bench, a registrar.AssociationID) // at once
		// removed right after the standstill, and in the ten seconds that follow.
		atOnce, later bool
	}{
		{"answers", time.Minute, func(b *bench, a registrar.AssociationID) {
			b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
		}, false, false},
		{"does not answer", time.Minute, nil, false, true},
		{"registers again", time.Minute, func(b *bench, a registrar.AssociationID) {
			b.asap(a, asap.Registration{Handle: "echo", Element: pe(1, 11)})
		}, false, false},
		{"only late", 5900 * time.Millisecond, nil, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := serving(t)
			a := b.element(11)
			b.mustRegister(a, "echo", pe(1, 11))
			b.advance(2 * time.Second)
			b.asap(b.element(20), asap.EndpointUnreachable{Handle: "echo", ID: 1})
			b.standstill(tt.still)
			b.step(registrar.Tick{})
			if got := len(b.gone("unreachable")) > 0; got != tt.atOnce {
				t.Errorf("removed after a standstill of %v: %t, want %t", tt.still, got, tt.atOnce)
			}
			if tt.then != nil {
				tt.then(b, a)
			}
			b.advance(4900 * time.Millisecond)
			if got := len(b.gone("unreachable")) > 0; got != tt.atOnce {
				t.Errorf("removed before the time of an answer: %t, want %t", got, tt.atOnce)
			}
			b.advance(5 * time.Second)
			if got := len(b.gone("unreachable")) > 0; got != (tt.atOnce || tt.later) {
				t.Errorf("removed in the end: %t, want %t", got, tt.atOnce || tt.later)
			}
			want := 1
			if tt.atOnce {
				want = 0
			}
			if got := b.noted("registrar.stood_still"); len(got) != want || uint64(want) != b.r.Tally().Standstills { //nolint:gosec // 0 or 1
				t.Errorf("noted %v, counted %d, want %d", got, b.r.Tally().Standstills, want)
			}
			for _, n := range b.noted("registrar.stood_still") {
				if want := "for 55s or more; time is given once more for 1 keep-alive, 0 registrations"; !strings.Contains(n.Text, want) || n.Level != registrar.Warn {
					t.Errorf("%v %q, want a warning with %q", n.Level, n.Text, want)
				}
			}
		})
	}
}

// The other end has given the association up over which an element was being asked when
// the registrar stood still: the element is called once more.
func TestStandstillLosesAssociation(t *testing.T) {
	b := serving(t)
	a := b.element(11)
	b.mustRegister(a, "echo", pe(1, 11))
	b.down(a)
	called := b.up(registrar.ASAP, b.dials[0].To, b.dials[0].ID)
	only[asap.EndpointKeepAlive](t, b.takeASAP(called))
	b.standstill(time.Minute)
	b.down(called)
	if len(b.gone("unreachable")) > 0 || len(b.dials) != 2 {
		t.Fatalf("removed %v, dials %v; want the element called once more", b.gone("unreachable"), b.dials)
	}
	again := b.up(registrar.ASAP, b.dials[1].To, b.dials[1].ID)
	only[asap.EndpointKeepAlive](t, b.takeASAP(again))
	b.asap(again, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
	b.advance(time.Minute)
	if got := b.listed("echo"); len(got) != 1 {
		t.Errorf("listed %v, want the element", got)
	}
}

// The time in which nothing ran does not count for registration lives, but none gets
// longer than a new one.
func TestStandstillLife(t *testing.T) {
	tests := []struct {
		name        string
		life        wire.RegistrationLife
		before      time.Duration // the standstill, which lasts 40 s
		lives, ends time.Duration // after it
	}{
		{"ends in it", 60, 30 * time.Second, 9 * time.Second, 11 * time.Second},
		{"ends right after it", 60, 19 * time.Second, 9 * time.Second, 42 * time.Second},
		{"is short", 3, 2 * time.Second, 2 * time.Second, 4 * time.Second},
		{"goes on", 120, 30 * time.Second, 49 * time.Second, 51 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := serving(t)
			b.mustRegister(b.element(11), "echo", pe(1, 11, life(tt.life)))
			b.advance(tt.before)
			b.standstill(40 * time.Second)
			b.step(registrar.Tick{})
			b.advance(tt.lives)
			if got := b.gone("expiry"); len(got) > 0 {
				t.Errorf("%v after the standstill %v are removed", tt.lives, got)
			}
			b.advance(tt.ends - tt.lives)
			if got := b.gone("expiry"); len(got) != 1 {
				t.Errorf("%v after the standstill %v are removed, want the element", tt.ends, got)
			}
		})
	}
}

// Keep-alives that were to be sent while nothing ran are not all sent at once.
func TestStandstillSpreadsKeepAlives(t *testing.T) {
	b := serving(t, interval(15*time.Second))
	a := b.element(11)
	b.fill(a, "echo", 1000)
	b.sent[a] = nil
	b.standstill(time.Minute)
	b.step(registrar.Tick{})
	if n := len(b.sent[a]); n > 10 {
		t.Errorf("%d keep-alives at once, want them spread", n)
	}
	b.advance(4 * time.Second)
	if n := len(b.sent[a]); n < 100 || n > 500 {
		t.Errorf("%d keep-alives in 4 s, want about 4/15 of 1000", n)
	}
}

// Other registrars are not taken for silent, nor for dead, for a time in which nobody
// listened to them.
func TestStandstillPeers(t *testing.T) {
	t.Run("active", func(t *testing.T) {
		b := serving(t)
		b.peer(0x60, 60)
		b.standstill(3 * time.Minute)
		b.step(registrar.Tick{})
		b.advance(4900 * time.Millisecond)
		if got := b.noted("peer.suspect"); len(got) > 0 {
			t.Errorf("suspect within the time of an answer: %v", got)
		}
		b.advance(200 * time.Millisecond)
		only[registrar.Noted](t, b.noted("peer.suspect"))
	})
	t.Run("suspect", func(t *testing.T) {
		b := serving(t)
		p := b.peer(0x60, 60)
		b.enrp(p, add(0x60, "echo", pe(1, 11)))
		b.advance(62 * time.Second)
		only[registrar.Noted](t, b.noted("peer.suspect"))
		b.standstill(time.Minute)
		b.enrp(p, presence(0x60)) // it waited in the socket
		b.advance(10 * time.Second)
		if got := b.noted("takeover.completed"); len(got) > 0 {
			t.Errorf("taken over: %v", got)
		}
	})
	t.Run("dead", func(t *testing.T) {
		b := serving(t)
		b.enrp(b.peer(0x60, 60), add(0x60, "echo", pe(1, 11)))
		b.advance(62 * time.Second)
		b.standstill(time.Minute)
		b.step(registrar.Tick{})
		b.advance(6 * time.Second)
		only[registrar.Noted](t, b.noted("takeover.completed"))
	})
	t.Run("consent", func(t *testing.T) {
		w := widowed(t, 1, 0x70)
		if n := len(w.wishes(0x70)); n != 1 {
			t.Fatalf("%d wishes to take over, want one", n)
		}
		w.standstill(time.Minute)
		w.ack(0x70, 0x60)
		if n := len(w.wishes(0x70)); n != 0 || !w.completed() {
			t.Errorf("asked %d times more, completed %t; want the consent that waited", n, w.completed())
		}
	})
	t.Run("mentor", func(t *testing.T) {
		b, d1, _ := starting(t)
		p1 := b.answer(d1)
		b.takeENRP(p1)
		b.standstill(time.Minute)
		b.enrp(p1, enrp.ListResponse{IDs: ids(0x60, self)})
		if got := b.noted("mentor.failed"); len(got) > 0 || len(all[enrp.HandleTableRequest](b.takeENRP(p1))) != 1 {
			t.Errorf("the mentor, whose answer waited, is given up: %v", got)
		}
	})
	t.Run("group", func(t *testing.T) {
		cfg := config(self, 1)
		cfg.AnnounceENRP = true
		b := idle(t, cfg)
		b.step(registrar.Start{})
		b.standstill(time.Minute)
		b.step(registrar.Tick{})
		b.advance(4900 * time.Millisecond)
		if b.r.Phase() != feed.Starting {
			t.Error("starts alone without having listened to the group")
		}
		b.advance(time.Second)
		if b.r.Phase() != feed.Serving {
			t.Errorf("phase %v, want serving after nobody was heard", b.r.Phase())
		}
	})
}

// After its end nothing stands still any more.
func TestStandstillEnded(t *testing.T) {
	b := serving(t)
	b.mustRegister(b.element(11), "echo", pe(1, 11))
	b.step(registrar.Stop{})
	b.standstill(time.Hour)
	b.step(registrar.Tick{})
	if slices.ContainsFunc(b.notes, func(n registrar.Noted) bool { return n.Name == "registrar.stood_still" }) {
		t.Error("noted after the end")
	}
}
