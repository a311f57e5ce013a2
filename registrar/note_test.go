package registrar_test

import (
	"runtime"
	"strings"
	"testing"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// SEC-27: what strangers have said is kept in events for long: it is cut, and does not
// keep the message that it came in.
func TestNotesOfStrangersAreShort(t *testing.T) {
	live := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const count = 300
	many := make([]wire.Cause, 16_000)
	long := wire.PoolHandle(strings.Repeat("x", 65_000))
	for _, tt := range []struct {
		name string
		do   func(b *bench, element, peer registrar.AssociationID)
	}{
		{"refused registrations", func(b *bench, a, _ registrar.AssociationID) { b.register(a, long, pe(1, 11)) }},
		{"refused deregistrations", func(b *bench, a, _ registrar.AssociationID) { b.asap(a, asap.Deregistration{Handle: long, ID: 1}) }},
		{"errors of a registrar", func(b *bench, _, p registrar.AssociationID) {
			b.enrp(p, enrp.Error{IDs: enrp.IDs{Sender: 0x60}, Causes: many})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := serving(t)
			a, p := b.element(11), b.peer(0x60, 60)
			b.mustRegister(a, "echo", pe(1, 11))
			b.notes = nil
			kept := make([]feed.Event, 0, count)
			do := func() {
				tt.do(b, a, p)
				clear(b.sent)
				for _, n := range b.notes {
					kept = append(kept, n.Event)
					if len(n.Text) > 500 || len(n.Handle) > 1024 {
						t.Fatalf("%s has a text of %d bytes and a handle of %d", n.Name, len(n.Text), len(n.Handle))
					}
				}
				b.notes = nil
			}
			do()
			before := live()
			for range count {
				do()
			}
			if grown := int64(live()) - int64(before); grown > count*8<<10 { //nolint:gosec // small
				t.Errorf("%d events keep %d bytes", len(kept), grown)
			}
			if len(kept) > count/2 {
				t.Errorf("%d events in a second tell of %d refusals", len(kept), count)
			}
			runtime.KeepAlive(kept)
		})
	}
}
