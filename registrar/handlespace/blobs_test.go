package handlespace_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// addresses are n different ones, IPv4 and IPv6 in turn.
func addresses(n int) []netip.Addr {
	list := make([]netip.Addr, n)
	for i := range list {
		if high, low := byte(i>>8), byte(i); i%2 == 0 {
			list[i] = netip.AddrFrom4([4]byte{10, 0, high, low})
		} else {
			list[i] = netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 14: high, 15: low})
		}
	}
	return list
}

func private(length int) wire.Policy {
	return wire.Policy{Type: 0xb0001003, Raw: strings.Repeat("x", length)}
}

// What has no fixed size comes back as it was, whatever was in its place before.
func TestElementsOfAnySize(t *testing.T) {
	sctp := func(n int) wire.Transport {
		list := addresses(n)
		if n == 0 {
			list = nil
		}
		return wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: list}
	}
	dccp := wire.Transport{Type: wire.TypeDCCPTransport, Port: 7, ServiceCode: 0xfedcba98, Addresses: addresses(1)}
	tests := []struct {
		name       string
		policy     wire.Policy
		user, asap wire.Transport
	}{
		{"one address", rr, sctp(1), wire.Transport{}},
		{"no address", rr, sctp(0), sctp(0)},
		{"no transport", rr, wire.Transport{}, sctp(1)},
		{"no transport at all", rr, wire.Transport{}, wire.Transport{}},
		{"several addresses in each", rr, sctp(3), sctp(5)},
		{"2000 addresses in each", rr, sctp(2000), sctp(2000)},
		{"4000 addresses", rr, sctp(4000), wire.Transport{}},
		{"DCCP", rr, dccp, sctp(1)},
		{"opaque", rr, wire.Transport{Type: wire.TypeOpaqueTransport, Opaque: "abcde"}, sctp(2)},
		{"opaque, empty", rr, wire.Transport{Type: wire.TypeOpaqueTransport}, sctp(1)},
		{"opaque, long", rr, wire.Transport{Type: wire.TypeOpaqueTransport, Opaque: strings.Repeat("o", 65_001)}, wire.Transport{}},
		{"a private policy", private(7), sctp(1), sctp(1)},
		{"a private policy of 60,000 bytes", private(60_000), sctp(1), sctp(1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := wire.PoolElement{ID: 1, HomeServer: 2, Life: 3, Policy: tt.policy, UserTransport: tt.user, ASAPTransport: tt.asap}
			h := empty()
			for id := range wire.PEIdentifier(3) {
				e.ID = id
				before := e
				before.UserTransport = wire.Transport{Type: e.UserTransport.Type, Port: 1}
				put(t, h, "p", before)
				put(t, h, "p", e)
			}
			verify(t, h)
			got, _ := h.Find("p", 2)
			if diff := cmp.Diff(e, got.PoolElement(), cmpAddr); diff != "" {
				t.Errorf("element (-want +got):\n%s", diff)
			}
			if want := wire.Padded(len(e.TLV())); got.Size() != want {
				t.Errorf("size is %d, want %d", got.Size(), want)
			}
		})
	}
}

// An element that no message could carry to a peer is refused and changes nothing.
func TestTooLong(t *testing.T) {
	const handle = "EchoPool"
	fits := pe(1, 1, private(0))
	update := enrp.HandleUpdate{Handle: handle, Element: fits}
	b, _ := enrp.Append(nil, &update)
	room := wire.MaxMessage - len(b)
	tests := []struct {
		name string
		e    wire.PoolElement
		long bool
	}{
		{"as long as can be", pe(1, 1, private(room)), false},
		{"one byte more", pe(1, 1, private(room+1)), true},
		{"a longer policy than any parameter", pe(1, 1, private(1<<20)), true},
		{"policy and transport", wire.PoolElement{
			ID: 1, Policy: private(60_000),
			UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: addresses(4000)},
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := empty()
			_, err := h.Put(handle, tt.e, start)
			if errors.Is(err, wire.ErrTooLong) != tt.long {
				t.Fatalf("the first element of a pool gives %v, too long: %v", err, tt.long)
			}
			if tt.long && h.PoolCount()+h.Len() != 0 {
				t.Errorf("%d elements in %d pools, want none", h.Len(), h.PoolCount())
			}
			verify(t, h)
			put(t, h, handle, fits)
			before, _ := h.Element(handle, 1)
			if _, err = h.Put(handle, tt.e, start.Add(time.Hour)); errors.Is(err, wire.ErrTooLong) != tt.long {
				t.Fatalf("another registration gives %v, too long: %v", err, tt.long)
			}
			after, _ := h.Element(handle, 1)
			if diff := cmp.Diff(before, after, cmpAddr); tt.long && diff != "" {
				t.Errorf("a refused registration has changed the element (-before +after):\n%s", diff)
			}
			verify(t, h)
		})
	}
}

// Elements whose sizes change back and forth use places again, and leave little
// behind: no more than a short blob of each size.
func TestSizesChange(t *testing.T) {
	h := empty()
	const elements = 200
	sizes := []int{0, 5, 20, 36, 100, 200, 220, 240, 256, 300, 2000, 2047, 2048, 5000, 20_000, 60_000}
	slices.Reverse(sizes)
	var room int
	for round := range 3 {
		for _, size := range sizes {
			for id := range wire.PEIdentifier(elements) {
				put(t, h, "p", pe(id, 1, private(size)))
			}
		}
		verify(t, h)
		if round == 0 {
			room = h.BlobRoom()
		} else if now := h.BlobRoom(); now != room {
			t.Errorf("round %d takes %d bytes, the first took %d", round, now, room)
		}
	}
	if most := elements * 3000; room > most {
		t.Errorf("%d elements without data hold %d bytes, want at most %d", elements, room, most)
	}
	for id := range wire.PEIdentifier(elements) {
		h.Remove("p", id)
	}
	verify(t, h)
}
