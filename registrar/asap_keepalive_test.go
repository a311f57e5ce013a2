package registrar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// interval switches periodic keep-alives on.
func interval(d time.Duration) func(*registrar.Config) {
	return func(cfg *registrar.Config) { cfg.KeepAliveInterval = d }
}

func TestKeepAlivesSpread(t *testing.T) {
	b := serving(t, interval(30*time.Second))
	p := b.peer(0x60, 60)
	a := b.element(11)
	const n = 100
	for id := range wire.PEIdentifier(n) {
		b.mustRegister(a, "echo", pe(id+1, 11, life(wire.InfiniteLife)))
	}
	b.enrp(p, enrp.HandleUpdate{IDs: enrp.IDs{Sender: 0x60}, Handle: "other", Element: of(0x60, pe(1, 11))})
	b.sent[a] = nil

	// Without the PE identifier in a keep-alive the answer is found by its time:
	// the registrar takes an acknowledgement of an element only while one is open.
	var acks [n][]byte
	for i := range acks {
		acks[i], _ = asap.Append(nil, asap.EndpointKeepAliveAck{Handle: "echo", ID: wire.PEIdentifier(i + 1)})
	}
	perSecond := map[int]int{}
	total := 0
	for end := b.now.Add(5 * time.Minute); b.now.Before(end); {
		next, _ := b.r.Deadline()
		b.now = next
		b.step(registrar.Tick{})
		for _, m := range b.takeASAP(a) {
			ka, ok := m.(asap.EndpointKeepAlive)
			if !ok {
				t.Fatalf("element is sent %+v", m)
			}
			// ASAP-3.4-01 ASAP-3.5-07
			if diff := cmp.Diff(asap.EndpointKeepAlive{Server: self, Handle: "echo"}, ka); diff != "" {
				t.Fatalf("keep-alive (-want +got):\n%s", diff)
			}
			total++
			perSecond[int(b.now.Sub(epoch)/time.Second)]++
		}
		for _, ack := range acks {
			b.r.Step(b.now, registrar.Received{Association: a, Data: ack})
		}
		b.enrp(p, enrp.Presence{IDs: ids(0x60, 0)}) // it lives
	}
	// ASAP-3.5-08 TMR-09
	if total < n*5*60/45 || total > n*5*60/15 {
		t.Errorf("%d keep-alives in 5 minutes, want every element asked each 15 s to 45 s", total)
	}
	for s, count := range perSecond {
		if s > 60 && count > 10 {
			t.Errorf("%d keep-alives in second %d, want at most 10", count, s)
		}
	}
	if got := len(b.listed("echo")); got != n {
		t.Errorf("%d elements listed, want %d", got, n)
	}
	if got := b.listed("other"); !cmp.Equal(got, []string{"1@60"}) {
		t.Errorf("peer's element: %v", got)
	}
}

func TestKeepAliveNotAcknowledged(t *testing.T) {
	b := serving(t, interval(15*time.Second))
	p := b.peer(0x60, 60)
	a := b.element(11)
	b.mustRegister(a, "echo", pe(1, 11))
	b.sent[p] = nil
	b.advance(22500 * time.Millisecond)
	only[asap.EndpointKeepAlive](t, b.takeASAP(a))
	stranger := b.element(12)
	b.asap(stranger, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1}) // ASAP-3.5-10
	b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 9})        // ASAP-3.5-10
	b.advance(5 * time.Second)
	// ASAP-3.5-03 TMR-08 ARC-02
	if got := b.listed("echo"); len(got) > 0 {
		t.Errorf("still listed: %v", got)
	}
	if update := only[enrp.HandleUpdate](t, b.takeENRP(p)); update.Action != enrp.DelPE || update.Element.HomeServer != self {
		t.Errorf("peer hears %+v, want DEL", update) // ENRP-3.3.2-01
	}
	if n := only[registrar.Noted](t, b.noted("element.removed")); n.Origin != "unreachable" {
		t.Errorf("origin %q, want unreachable", n.Origin)
	}
}

func TestReportsOfUnreachable(t *testing.T) {
	t.Run("alive", func(t *testing.T) {
		b := serving(t)
		a, u := b.element(11), b.element(20)
		b.mustRegister(a, "echo", pe(1, 11))
		report := asap.EndpointUnreachable{Handle: "echo", ID: 1}
		b.advance(2 * time.Second)
		b.asap(u, report)
		// ASAP-3.5-01
		if ka := only[asap.EndpointKeepAlive](t, b.takeASAP(a)); ka.Home {
			t.Error("keep-alive has H=1")
		}
		b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
		b.advance(time.Minute)
		if got := b.listed("echo"); len(got) != 1 { // ASAP-3.5-04
			t.Errorf("acknowledged, but listed is %v", got)
		}
		for range 2 {
			b.asap(u, report)
			b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
		}
		b.mustRegister(a, "echo", pe(1, 11))
		for range 3 {
			b.asap(u, report)
			b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
		}
		if got := b.listed("echo"); len(got) != 1 { // ASAP-3.5-06
			t.Errorf("3 reports, registered, 3 reports: listed is %v", got)
		}
		b.asap(u, report)
		if got := b.listed("echo"); len(got) != 0 { // ASAP-3.5-05 TMR-07
			t.Errorf("4 reports: listed is %v", got)
		}
	})
	t.Run("unknown", func(t *testing.T) { // ASAP-3.5-09
		b := serving(t)
		u := b.element(20)
		b.asap(u, asap.EndpointUnreachable{Handle: "echo", ID: 1})
		if got := b.takeASAP(u); len(got) > 0 || len(b.dials) > 0 {
			t.Errorf("answer %v, dials %v, want silence", got, b.dials)
		}
	})
	t.Run("flood", func(t *testing.T) { // SEC-14 TMR-26
		b := serving(t, func(cfg *registrar.Config) { cfg.MaxBadPEReport = 10_000 })
		a, u := b.element(11), b.element(20)
		b.mustRegister(a, "echo", pe(1, 11))
		asked := 0
		for range 1000 {
			b.asap(u, asap.EndpointUnreachable{Handle: "echo", ID: 1})
			asked += len(b.takeASAP(a))
			b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
			b.advance(time.Millisecond)
		}
		if asked != 1 {
			t.Errorf("1,000 reports in a second provoked %d keep-alives, want 1", asked)
		}
	})
	t.Run("one user reports all", func(t *testing.T) { // SEC-15
		b := serving(t)
		a := b.element(11)
		b.mustRegister(a, "echo", pe(1, 11), pe(2, 11), pe(3, 11))
		for i := range 100 { // over and over, and over several associations
			user := b.up(registrar.ASAP, at(20, uint16(1000+i)), 0)
			for id := range wire.PEIdentifier(3) {
				b.asap(user, asap.EndpointUnreachable{Handle: "echo", ID: id + 1})
				b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: id + 1})
			}
			b.advance(time.Second)
		}
		if got := b.listed("echo"); len(got) != 2 {
			t.Errorf("listed %v, want two: all answer, and one user's word counts for one at a time", got)
		}
		insist := func(id wire.PEIdentifier) {
			for range 4 {
				b.asap(b.element(20), asap.EndpointUnreachable{Handle: "echo", ID: id})
				b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: id})
			}
		}
		b.mustRegister(a, "echo", pe(1, 11)) // back, and again in reach of it
		insist(2)
		if got := b.listed("echo"); !cmp.Equal(got, []string{"3@50", "1@50"}) {
			t.Errorf("after another was reported: listed %v", got)
		}
		insist(3)
		b.asap(b.element(21), asap.EndpointUnreachable{Handle: "echo", ID: 3}) // another user has its own
		if got := b.listed("echo"); !cmp.Equal(got, []string{"1@50"}) {
			t.Errorf("after a second user's report: listed %v", got)
		}
		b.advance(10 * time.Minute) // not a word of the one that was removed
		insist(1)
		if got := b.listed("echo"); len(got) != 0 {
			t.Errorf("after 10 minutes: listed %v", got)
		}
	})
	t.Run("one user's share", func(t *testing.T) { // SEC-15
		b := serving(t, func(cfg *registrar.Config) { cfg.Limits.Reports, cfg.MaxBadPEReport = 2, 0 })
		a, u := b.element(11), b.element(20)
		b.mustRegister(a, "echo", pe(1, 11), pe(2, 11), pe(3, 11))
		for id := range wire.PEIdentifier(3) {
			b.asap(u, asap.EndpointUnreachable{Handle: "echo", ID: id + 1})
		}
		if got := b.listed("echo"); !cmp.Equal(got, []string{"3@50"}) {
			t.Errorf("listed %v, want the one reported beyond the limit", got)
		}
	})
}

func TestAssociationLost(t *testing.T) {
	for _, outcome := range []string{"refused", "acknowledged", "silent", "accepted and lost", "lost once"} {
		t.Run(outcome, func(t *testing.T) {
			b := serving(t)
			p := b.peer(0x60, 60)
			a := b.element(11)
			b.mustRegister(a, "echo", pe(1, 11), pe(2, 11))
			b.sent[p] = nil
			b.down(a)
			// ASAP-3.5-11: asked, not removed; the two elements share one association
			call := only[registrar.Dial](t, b.dials)
			if diff := cmp.Diff(registrar.Dial{ID: call.ID, Protocol: registrar.ASAP, To: at(11, 40011)}, call, deepEqual); diff != "" {
				t.Errorf("call (-want +got):\n%s", diff)
			}
			if got := b.listed("echo"); len(got) != 2 {
				t.Errorf("listed while asked: %v", got)
			}
			if outcome == "refused" {
				b.step(registrar.DialFailed{Dial: call.ID, Reason: outcome})
			} else {
				back := b.up(registrar.ASAP, call.To, call.ID)
				if got := all[asap.EndpointKeepAlive](b.takeASAP(back)); len(got) != 2 {
					t.Errorf("keep-alives %v, want 2", got)
				}
				switch outcome {
				case "acknowledged":
					b.asap(back, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
					b.asap(back, asap.EndpointKeepAliveAck{Handle: "echo", ID: 2})
				case "accepted and lost":
					b.down(back)
					again := b.dials[len(b.dials)-1]
					b.down(b.up(registrar.ASAP, again.To, again.ID))
					if got := len(b.dials); got != 2 {
						t.Errorf("called %d times, want twice", got)
					}
				case "lost once": // two calls have crossed, and SCTP has ended one
					b.down(back)
					if got := b.listed("echo"); len(got) != 2 {
						t.Errorf("listed while asked again: %v", got)
					}
					for id := range wire.PEIdentifier(2) {
						b.asap(b.element(11), asap.EndpointKeepAliveAck{Handle: "echo", ID: id + 1})
					}
				}
			}
			b.advance(5 * time.Second)
			if outcome == "acknowledged" || outcome == "lost once" {
				if got := b.listed("echo"); len(got) != 2 {
					t.Errorf("listed %v, want both", got)
				}
				return
			}
			// ASAP-3.5-02 ASAP-3.5-03 ARC-03
			if got := b.listed("echo"); len(got) != 0 {
				t.Errorf("listed %v, want none", got)
			}
			if got := all[enrp.HandleUpdate](b.takeENRP(p)); len(got) != 2 || got[0].Action != enrp.DelPE {
				t.Errorf("peer hears %+v, want two DELs", got)
			}
			if outcome == "silent" && len(b.ended) != 1 {
				t.Errorf("associations ended %v, want the one opened to ask", b.ended)
			}
		})
	}
}

func TestElementOfPeerReported(t *testing.T) {
	for _, lives := range []bool{true, false} {
		b := serving(t)
		p := b.peer(0x60, 60)
		b.enrp(p, enrp.HandleUpdate{IDs: enrp.IDs{Sender: 0x60}, Handle: "echo", Element: of(0x60, pe(1, 11))})
		b.sent[p] = nil
		b.asap(b.element(20), asap.EndpointUnreachable{Handle: "echo", ID: 1})
		call := only[registrar.Dial](t, b.dials)
		a := b.up(registrar.ASAP, call.To, call.ID)
		if ka := only[asap.EndpointKeepAlive](t, b.takeASAP(a)); ka.Home {
			t.Error("keep-alive has H=1")
		}
		if lives {
			b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
		}
		b.advance(6 * time.Second)
		updates := all[enrp.HandleUpdate](b.takeENRP(p))
		// ASAP-3.5-12
		if got := len(b.listed("echo")); lives && (got != 1 || len(updates) > 0) {
			t.Errorf("alive: %d listed, peer hears %v", got, updates)
		} else if !lives && (got != 0 || len(updates) != 1 || updates[0].Action != enrp.DelPE || updates[0].Element.HomeServer != 0x60) {
			t.Errorf("dead: %d listed, peer hears %v, want DEL naming its home", got, updates)
		}
		if !cmp.Equal(b.ended, []registrar.AssociationID{a}) {
			t.Errorf("ended %v, want the association opened to ask, %v", b.ended, a)
		}
	}
}
