package registrar_test

import (
	"testing"

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
