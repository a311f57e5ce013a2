package registrar_test

import (
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

func TestHandleResolution(t *testing.T) {
	wrr := wire.Policy{Type: wire.WeightedRoundRobin, Weight: 5}
	b := serving(t)
	p := b.peer(0x60, 60)
	a := b.element(11)
	for id := range wire.PEIdentifier(5) {
		b.mustRegister(a, "rr", pe(id+1, 11))
	}
	b.mustRegister(a, "wrr", pe(1, 11, policy(wrr)))
	b.enrp(p, enrp.HandleUpdate{IDs: enrp.IDs{Sender: 0x60}, Handle: "rr", Element: of(0x60, pe(6, 12))})
	tests := []struct {
		name   string
		ask    asap.HandleResolution
		policy wire.Policy
		n      int
		causes []wire.CauseCode
	}{
		{"all", asap.HandleResolution{Handle: "rr"}, wire.Policy{}, 6, nil},                                                // ASAP-3.3-01 ASAP-3.3-04 ARC-06
		{"policy", asap.HandleResolution{Handle: "wrr"}, wrr, 1, nil},                                                      // ASAP-3.3-02
		{"unknown", asap.HandleResolution{Handle: "nope"}, wire.Policy{}, 0, []wire.CauseCode{9}},                          // ASAP-3.3-03
		{"two", asap.HandleResolution{Handle: "rr", Items: 2}, wire.Policy{}, 2, nil},                                      // ASAP-3.3-06
		{"maximum", asap.HandleResolution{Handle: "rr", Items: asap.AllItems}, wire.Policy{}, 6, nil},                      // ASAP-3.3-06
		{"subscribe", asap.HandleResolution{Handle: "rr", Subscribe: true}, wire.Policy{}, 6, nil},                         // ASAP-3.3-08
		{"subscribe unknown", asap.HandleResolution{Handle: "no", Subscribe: true}, wire.Policy{}, 0, []wire.CauseCode{9}}, // ASAP-3.3-10
	}
	u := b.up(registrar.ASAP, at(20, 5000), 0)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b.t = t
			b.asap(u, tt.ask)
			answer := only[asap.HandleResolutionResponse](t, b.takeASAP(u))
			if answer.Handle != tt.ask.Handle || answer.Policy != tt.policy || len(answer.Elements) != tt.n || answer.Accepted != (tt.name == "subscribe") {
				t.Errorf("answer %+v, want %d elements, policy %v, A=1 only if it subscribes", answer, tt.n, tt.policy)
			}
			if diff := cmp.Diff(tt.causes, codes(answer.Causes)); diff != "" {
				t.Errorf("causes (-want +got):\n%s", diff)
			}
			for _, e := range answer.Elements {
				// ASAP-3.3-07
				if home := map[bool]wire.ServerID{true: 0x60, false: self}[e.ID == 6]; e.ASAPTransport.Present() || e.HomeServer != home || e.Life != 300 {
					t.Errorf("element %+v, want home %v, its life and no ASAP transport", e, home)
				}
			}
		})
	}
	b.t = t
	b.mustRegister(b.element(13), "no", pe(1, 13)) // ASAP-3.3-10
	if got := b.takeASAP(u); len(got) > 0 {
		t.Errorf("user hears %v of a pool it did not get, want silence", got)
	}
}

// TestHandleResolutionBytes compares with the bytes of the golden vector.
func TestHandleResolutionBytes(t *testing.T) {
	b := serving(t)
	u := b.element(20)
	b.asap(u, asap.HandleResolution{Handle: "nope"})
	// ASAP-3.3-03
	if got, want := hex.EncodeToString(b.sent[u][0]), "06000014000900086e6f7065000c000800090004"; got != want {
		t.Errorf("answer %s, want %s", got, want)
	}
}

func TestHandleResolutionOfManyElements(t *testing.T) {
	b := serving(t)
	a := b.element(11)
	b.fill(a, "big", 5000)
	u := b.element(20)
	b.asap(u, asap.HandleResolution{Handle: "big"})
	// ASAP-3.3-05
	if n := len(b.sent[u][0]); n > wire.MaxMessage+1 || n < wire.MaxMessage-100 {
		t.Errorf("answer has %d bytes, want as many as fit into %d", n, wire.MaxMessage)
	}
	seen := map[wire.PEIdentifier]bool{}
	for _, e := range only[asap.HandleResolutionResponse](t, b.takeASAP(u)).Elements {
		if seen[e.ID] {
			t.Fatalf("element %v is listed twice", e.ID)
		}
		seen[e.ID] = true
	}
	if len(seen) < 1000 {
		t.Errorf("%d elements listed, want as many as fit", len(seen))
	}
}

func TestMaxResolveItems(t *testing.T) {
	b := serving(t, func(cfg *registrar.Config) { cfg.MaxResolveItems = 3 })
	a := b.element(11)
	b.mustRegister(a, "rr", pe(1, 11), pe(2, 11), pe(3, 11), pe(4, 11))
	for items, want := range map[uint32]int{0: 3, 2: 2, 4: 3, asap.AllItems: 3} {
		b.asap(a, asap.HandleResolution{Handle: "rr", Items: items})
		if got := len(only[asap.HandleResolutionResponse](t, b.takeASAP(a)).Elements); got != want { // ASAP-3.3-05 ASAP-3.3-06 TMR-23
			t.Errorf("asked for %d: %d elements, want %d", items, got, want)
		}
	}
}
