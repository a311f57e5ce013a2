package registrar_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// A registrar that leaves hands each element to one peer, which asks it with the
// H bit; then it goes. No other registrar ever lacks one.
func TestHandover(t *testing.T) {
	s := newScope(t, 3)
	a, b, c := s.start(0), s.start(1), s.start(2)
	const n = 20
	var homes []string
	for id := range wire.PEIdentifier(n) {
		e := pe(id+1, byte(100+id))
		s.asap(a, s.element(a, byte(100+id)), asap.Registration{Handle: "echo", Element: e})
		for _, m := range []*member{b, c} { // there an acknowledgement comes from, if it is asked
			at := s.element(m, byte(100+id))
			m.elements[at] = append(m.elements[at], asap.EndpointKeepAliveAck{Handle: "echo", ID: e.ID})
		}
	}
	s.send(a, registrar.Stop{Within: 4 * time.Second})
	for range 20 {
		for _, m := range []*member{b, c} {
			if got := s.listed(m, "echo"); len(got) != n {
				t.Fatalf("registrar %v lists %v, want all %d all the time", m.r.ID(), got, n)
			}
		}
		s.advance(50 * time.Millisecond)
	}
	if a.up {
		t.Error("the registrar that leaves is still there")
	}
	counts := map[byte]int{}
	for _, text := range s.listed(b, "echo") {
		var id, home int
		if _, err := fmt.Sscanf(text, "%d@%x", &id, &home); err != nil {
			t.Fatal(err)
		}
		homes = append(homes, text)
		counts[byte(home)]++
	}
	if counts[0x20]+counts[0x30] != n || counts[0x20] == 0 || counts[0x30] == 0 {
		t.Errorf("homes %v, want them shared by the two that stay", homes)
	}
	s.agree("echo", homes...)
}

func TestHandoverEnds(t *testing.T) {
	leaving := func(t *testing.T, within time.Duration, elements int, peers ...wire.ServerID) *bench {
		b := serving(t)
		for _, id := range peers {
			b.peer(id, byte(id))
		}
		a := b.element(11)
		for id := range wire.PEIdentifier(elements) {
			b.mustRegister(a, "echo", pe(id+1, 11))
		}
		b.ended = nil
		clear(b.sent)
		b.step(registrar.Stop{Within: within})
		return b
	}
	tests := []struct {
		name     string
		within   time.Duration
		elements int
		peers    []wire.ServerID
		// takes is when it is over.
		takes time.Duration
	}{
		{"nobody to hand to", 4 * time.Second, 1, nil, 0},
		{"nothing to hand over", 4 * time.Second, 0, []wire.ServerID{0x60}, 0},
		{"no time for it", 0, 1, []wire.ServerID{0x60}, 0},
		{"nobody takes it", 3 * time.Second, 1, []wire.ServerID{0x60, 0x70}, 3 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := leaving(t, tt.within, tt.elements, tt.peers...)
			if tt.takes > 0 {
				b.advance(tt.takes - 1)
				if len(b.ended) > 0 {
					t.Errorf("associations end before %v", tt.takes)
				}
				user := registrar.AssociationID(len(tt.peers) + 1) // the element's
				b.asap(user, asap.HandleResolution{Handle: "echo"})
				if got := only[asap.HandleResolutionResponse](t, b.takeASAP(user)); len(got.Elements) != tt.elements {
					t.Errorf("answer %+v, want them resolved to the end", got)
				}
				b.advance(1)
			}
			if len(b.ended) < len(tt.peers) || b.r.Phase() != feed.Draining {
				t.Errorf("%d associations end, phase %v", len(b.ended), b.r.Phase())
			}
		})
	}
	t.Run("another one is asked", func(t *testing.T) {
		b := leaving(t, 4*time.Second, 1, 0x60, 0x70)
		asked := func() (ids []wire.ServerID) {
			for _, a := range []registrar.AssociationID{1, 2} {
				for _, m := range all[enrp.HandleUpdate](b.takeENRP(a)) {
					if !m.TakeoverSuggested || m.Element.HomeServer != self {
						t.Errorf("update %+v, want a suggestion", m)
					}
					ids = append(ids, m.Receiver)
				}
			}
			return ids
		}
		first := asked()
		b.advance(2 * time.Second)
		second := asked()
		if len(first) != 1 || len(second) != 1 || first[0] == second[0] {
			t.Errorf("asked %v, then %v, want one peer after the other", first, second)
		}
		b.enrp(1, add(0x60, "echo", pe(1, 11)))
		if len(b.ended) < 2 {
			t.Errorf("%d associations end, want all: the element has a home", len(b.ended))
		}
	})
	t.Run("no new registrations", func(t *testing.T) {
		b := leaving(t, 4*time.Second, 1, 0x60)
		if m := b.register(2, "echo", pe(2, 11)); !m.Reject {
			t.Error("registered at a registrar that leaves")
		}
	})
}

// A suggestion to somebody else, or for an element of another home, is no more
// than the update; one that the element does not answer leaves it where it is.
func TestSuggestion(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	a := b.up(registrar.ASAP, at(11, 40011), 0)
	m := add(0x60, "echo", pe(1, 11))
	m.TakeoverSuggested = true
	b.enrp(p, m)
	b.advance(10 * time.Millisecond)
	if got := b.takeASAP(a); len(got) > 0 {
		t.Fatalf("the element is sent %+v", got)
	}
	m.Receiver = self
	b.enrp(p, m)
	b.advance(10 * time.Millisecond)
	if ka := only[asap.EndpointKeepAlive](t, b.takeASAP(a)); !ka.Home {
		t.Errorf("keep-alive %+v, want the H bit", ka)
	}
	b.advance(5 * time.Second)
	if got := b.listed("echo"); len(got) != 1 || got[0] != "1@60" {
		t.Errorf("elements %v, want it where it is", got)
	}
	if got := all[enrp.HandleUpdate](b.takeENRP(p)); len(got) > 0 {
		t.Errorf("0x60 hears %+v", got)
	}
	b.enrp(p, m)
	b.advance(10 * time.Millisecond)
	b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
	if got := b.listed("echo"); len(got) != 1 || got[0] != "1@50" {
		t.Errorf("elements %v, want it here", got)
	}
	if u := only[enrp.HandleUpdate](t, b.takeENRP(p)); u.Element.HomeServer != self || u.TakeoverSuggested {
		t.Errorf("update %+v, want it said", u)
	}
}

// An element of RSPLIB leaves its home when another registrar calls it, and the home
// tells that it is gone before it has answered.
func TestSuggestionAndRemoval(t *testing.T) {
	asked := func(t *testing.T) (b *bench, p, a registrar.AssociationID) {
		b = serving(t)
		p = b.peer(0x60, 60)
		a = b.up(registrar.ASAP, at(11, 40011), 0)
		m := add(0x60, "echo", pe(1, 11))
		m.TakeoverSuggested, m.Receiver = true, self
		b.enrp(p, m)
		b.advance(10 * time.Millisecond)
		b.takeASAP(a)
		b.enrp(p, removal(0x60, 0x60, "echo", pe(1, 11)))
		if got := b.listed("echo"); len(got) != 1 {
			t.Fatalf("elements %v, want it still", got)
		}
		return b, p, a
	}
	t.Run("answers", func(t *testing.T) {
		b, p, a := asked(t)
		b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
		if got := b.listed("echo"); len(got) != 1 || got[0] != "1@50" {
			t.Errorf("elements %v, want it here", got)
		}
		if u := only[enrp.HandleUpdate](t, b.takeENRP(p)); u.Action != enrp.AddPE || u.Element.HomeServer != self {
			t.Errorf("update %+v, want it said", u)
		}
	})
	t.Run("does not answer", func(t *testing.T) {
		b, p, _ := asked(t)
		b.advance(5 * time.Second)
		if got := b.listed("echo"); len(got) > 0 {
			t.Errorf("elements %v, want none", got)
		}
		if u := only[enrp.HandleUpdate](t, b.takeENRP(p)); u.Action != enrp.DelPE || u.Element.HomeServer != self {
			t.Errorf("update %+v, want its removal", u)
		}
	})
	t.Run("is not asked yet", func(t *testing.T) {
		b := serving(t, func(c *registrar.Config) { c.AdoptionRate = 1 })
		p := b.peer(0x60, 60)
		for _, id := range []wire.PEIdentifier{1, 2} {
			m := add(0x60, "echo", pe(id, 11))
			m.TakeoverSuggested, m.Receiver = true, self
			b.enrp(p, m)
		}
		b.enrp(p, removal(0x60, 0x60, "echo", pe(2, 11)))
		if got := b.listed("echo"); len(got) != 1 || got[0] != "1@60" {
			t.Errorf("elements %v, want the other one", got)
		}
	})
}

// Whoever is called when the registrar leaves is not wanted any more once it is
// reached, and nothing waits for it.
func TestReachedInVain(t *testing.T) {
	leave := func(t *testing.T, b *bench) {
		t.Helper()
		call := only[registrar.Dial](t, b.dials)
		b.step(registrar.Stop{Within: time.Minute})
		b.ended = nil
		if a := b.up(call.Protocol, call.To, call.ID); !cmp.Equal(b.ended, []registrar.AssociationID{a}) {
			t.Errorf("ended %v, want %d", b.ended, a)
		}
		if n := len(b.noted("element.removed")); n > 0 {
			t.Errorf("%d elements removed, want them left to those that stay", n)
		}
	}
	t.Run("peer", func(t *testing.T) {
		b := idle(t, config(self, 1, at(60, 9901)))
		b.step(registrar.Start{})
		leave(t, b)
	})
	t.Run("element", func(t *testing.T) {
		b := serving(t)
		b.peer(0x60, 60)
		a := b.element(11)
		b.mustRegister(a, "echo", pe(1, 11))
		b.down(a)
		leave(t, b)
	})
}
