package web

import (
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
	"rserpool/ui/view"
)

// The page copies an element as the export has it.
func TestElementJSON(t *testing.T) {
	addr := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}
	for _, e := range []replica.Element{
		{Owned: true, State: feed.ElementState{Expires: 1700000000123, Health: feed.Unanswered, Reports: 2}, PoolElement: wire.PoolElement{
			ID: 7, HomeServer: 9, Life: 300, Policy: wire.Policy{Type: wire.WeightedRoundRobin, Weight: 5},
			UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Use: wire.DataAndControl, Addresses: addr},
			ASAPTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 8, Addresses: addr[:1]},
		}},
		{PoolElement: wire.PoolElement{
			Life: wire.InfiniteLife, Policy: wire.Policy{Type: 0x80000007, Raw: "\x00x"},
			UserTransport: wire.Transport{Type: wire.TypeDCCPTransport, Port: 7, ServiceCode: 3, Addresses: addr[:1]},
		}},
		{PoolElement: wire.PoolElement{Policy: wire.Policy{Type: wire.Random}, UserTransport: wire.Transport{Type: wire.TypeUDPLiteTransport, Port: 1, Addresses: addr}}},
		{PoolElement: wire.PoolElement{UserTransport: wire.Transport{Type: wire.TypeOpaqueTransport, Opaque: "abc"}}},
	} {
		exported, err := json.Marshal(exportElementOf(e))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(exported), view.ElementJSON(e)); diff != "" {
			t.Errorf("%v (-export +page):\n%s", e.ID, diff)
		}
	}
}
