package handlespace_test

import (
	"net/netip"
	"testing"
	"time"

	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// pe makes an element with an SCTP user transport.
func pe(id wire.PEIdentifier, home wire.ServerID, p wire.Policy) wire.PoolElement {
	return wire.PoolElement{
		ID: id, HomeServer: home, Life: 300, Policy: p,
		UserTransport: wire.Transport{
			Type: wire.TypeSCTPTransport, Port: 7, Addresses: []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, 7})},
		},
	}
}

var rr = wire.Policy{Type: wire.RoundRobin}

func put(t testing.TB, h *handlespace.Handlespace, handle wire.PoolHandle, e wire.PoolElement) {
	t.Helper()
	if _, err := h.Put(handle, e, time.Time{}); err != nil {
		t.Fatal(err)
	}
}

func verify(t interface {
	Helper()
	Fatal(...any)
}, h *handlespace.Handlespace,
) {
	t.Helper()
	if err := h.Verify(); err != nil {
		t.Fatal(err)
	}
}

func ids(list []wire.PoolElement) []wire.PEIdentifier {
	got := make([]wire.PEIdentifier, len(list))
	for i, e := range list {
		got[i] = e.ID
	}
	return got
}
