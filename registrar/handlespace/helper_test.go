package handlespace_test

import (
	"math/rand/v2"
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

// empty is a handlespace with a seed of its own.
func empty() *handlespace.Handlespace { return handlespace.New(rand.NewPCG(1, 2)) }

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

func ids(list []handlespace.Entry) []wire.PEIdentifier {
	got := make([]wire.PEIdentifier, len(list))
	for i, e := range list {
		got[i] = e.ID()
	}
	return got
}
