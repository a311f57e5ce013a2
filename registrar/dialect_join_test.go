package registrar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// RSPLIB asks each peer for its list once, when they meet. Two that meet a registrar
// which starts would never know of each other.
func TestDialectListsEarly(t *testing.T) {
	eachDialect(t, func(t *testing.T, d registrar.Dialect) {
		cfg := config(self, 1, at(60, 9901), at(70, 9901))
		cfg.Dialect = d
		b := idle(t, cfg)
		b.step(registrar.Start{})
		var lists []enrp.ListResponse
		meet := func(d registrar.Dial, id wire.ServerID, host byte) {
			p := b.answer(d)
			b.enrp(p, enrp.Presence{IDs: ids(id, self), Checksum: 0xffff, HasChecksum: true, Information: information(id, host)})
			b.sent[p] = nil
			b.enrp(p, enrp.ListRequest{IDs: ids(id, self)})
			lists = append(lists, only[enrp.ListResponse](t, b.takeENRP(p)))
		}
		meet(b.dials[0], 0x60, 60)
		meet(b.dials[1], 0x70, 70)
		// ENRP-3.2-10
		want := either(d,
			[]enrp.ListResponse{{IDs: ids(self, 0x60), Reject: true}, {IDs: ids(self, 0x70), Reject: true}},
			[]enrp.ListResponse{
				{IDs: ids(self, 0x60), Servers: []wire.ServerInformation{information(self, 1)}},
				{IDs: ids(self, 0x70), Servers: []wire.ServerInformation{information(self, 1), information(0x60, 60)}},
			})
		if diff := cmp.Diff(want, lists, deepEqual); diff != "" {
			t.Errorf("lists (-want +got):\n%s", diff)
		}
	})
}

// A peer is told of all own elements again when there is a new association to it, but
// not beside the table that it downloads: twice as much at once is more than RSPLIB
// takes.
func TestDialectRetelling(t *testing.T) {
	for _, downloads := range []bool{false, true} {
		t.Run(map[bool]string{false: "is told", true: "downloads"}[downloads], func(t *testing.T) {
			b := serving(t, dialect(registrar.RSPLIB))
			const elements = 250
			a := b.element(11)
			for id := range wire.PEIdentifier(elements) {
				b.mustRegister(a, "big", pe(id+1, 11, life(300_000)))
			}
			p := b.peer(0x60, 60)
			told := 0
			collect := func() (more bool) {
				for _, m := range b.takeENRP(p) {
					switch m := m.(type) {
					case enrp.HandleUpdate:
						told++
					case enrp.HandleTableResponse:
						more = m.More
					}
				}
				return more
			}
			for more := downloads; more; {
				b.enrp(p, enrp.HandleTableRequest{IDs: ids(0x60, self)})
				more = collect()
				b.advance(time.Second) // slower than a heartbeat in all
			}
			for range 60 {
				b.advance(time.Second)
				b.enrp(p, presence(0x60))
				collect()
			}
			if want := map[bool]int{false: elements, true: 0}[downloads]; told != want {
				t.Errorf("told of %d elements, want %d", told, want)
			}
		})
	}
}
