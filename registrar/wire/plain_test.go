package wire

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var sameAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// bothWays reads the parameter tlv the plain way, if it can be, and the general
// way, which must give the same. It reports whether it was plain.
func bothWays(t rapid.TB, tlv []byte, registering bool) (plain bool) {
	t.Helper()
	typ, n := parameterHeader(tlv)
	if n == 0 {
		return false
	}
	p := Raw{Type: typ, TLV: tlv[:n]}
	fast, general := NewReader("TEST", nil), NewReader("TEST", nil)
	if registering {
		fast.Registering()
		general.Registering()
	}
	var got, want any
	switch typ {
	case TypePoolElement:
		e, e2 := used, used
		if plain = fast.plainElement(p.TLV, &e); plain {
			general.anyElement(p, &e2)
		}
		got, want = e, e2
	case TypePolicy:
		policy := used.Policy
		if plain = plainPolicy(tlv, &policy) == n; plain {
			general.rest = p.TLV
			want = general.Policy()
		}
		got = policy
	default:
		transport := used.UserTransport
		if plain = fast.plainTransport(tlv, &transport) == n; plain {
			want = general.anyTransport(p)
		}
		got = transport
	}
	if diff := cmp.Diff(want, got, sameAddr); plain && diff != "" {
		t.Errorf("%x (-general +plain):\n%s", p.TLV, diff)
	}
	if plain && (general.err != nil || len(general.found.Unknown) > 0) {
		t.Errorf("%x is plain, but the general way finds %v, %v", p.TLV, general.err, general.found)
	}
	return plain
}

// used is what may be in memory that is read into.
var used = PoolElement{
	ID: 9, HomeServer: 9, Life: 9,
	UserTransport: Transport{Type: 9, Port: 9, Use: 9, ServiceCode: 9, Addresses: make([]netip.Addr, 9), Opaque: "9"},
	Policy:        Policy{Type: 9, Weight: 9, Priority: 9, Load: 9, Degradation: 9, Raw: "9"},
	ASAPTransport: Transport{Type: 9, Port: 9, Use: 9, ServiceCode: 9, Addresses: make([]netip.Addr, 9), Opaque: "9"},
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// Which layouts are plain; the general way reads all that may be sent.
func TestPlain(t *testing.T) {
	v4, v6 := addr("192.0.2.1"), addr("2001:db8::1")
	sctp := Transport{Type: TypeSCTPTransport, Port: 7, Use: DataAndControl, Addresses: []netip.Addr{v4}}
	mixed := Transport{Type: TypeSCTPTransport, Addresses: []netip.Addr{v4, v6, v4}}
	tcp := Transport{Type: TypeTCPTransport, Addresses: []netip.Addr{v6}}
	rr := Policy{Type: RoundRobin}
	for _, tc := range []struct {
		name  string
		tlv   []byte
		plain bool
	}{
		{"element", PoolElement{ID: 1, Life: 1, UserTransport: sctp, Policy: rr}.TLV(), true},
		{"element with ASAP transport", PoolElement{ID: 1, Life: 1, UserTransport: tcp, Policy: rr, ASAPTransport: mixed}.TLV(), true},
		{"element with ID 0", PoolElement{Life: 1, UserTransport: sctp, Policy: rr}.TLV(), false},
		{"element with life 0", PoolElement{ID: 1, UserTransport: sctp, Policy: rr}.TLV(), false},
		{"element with life -2", PoolElement{ID: 1, Life: -2, UserTransport: sctp, Policy: rr}.TLV(), false},
		{"element with TCP for ASAP", PoolElement{ID: 1, Life: 1, UserTransport: sctp, Policy: rr, ASAPTransport: tcp}.TLV(), false},
		{"element with opaque transport", PoolElement{ID: 1, Life: 1, UserTransport: Transport{Type: TypeOpaqueTransport}, Policy: rr}.TLV(), false},
		{"element without policy", PoolElement{ID: 1, Life: 1, UserTransport: sctp}.TLV(), false},
		{"several addresses", mixed.TLV(), true},
		{"TCP with two addresses", Transport{Type: TypeTCPTransport, Addresses: []netip.Addr{v4, v4}}.TLV(), false},
		{"no address", Transport{Type: TypeTCPTransport}.TLV(), false},
		{"use 2", Transport{Type: TypeSCTPTransport, Use: 2, Addresses: []netip.Addr{v4}}.TLV(), false},
		{"reserved field", Transport{Type: TypeUDPTransport, Use: 2, Addresses: []netip.Addr{v4}}.TLV(), true},
		{"DCCP", Transport{Type: TypeDCCPTransport, Addresses: []netip.Addr{v4}}.TLV(), false},
		{"opaque", Transport{Type: TypeOpaqueTransport, Opaque: "0123456789ab"}.TLV(), false},
		{"policy", Policy{Type: PriorityLeastUsed, Load: 1, Degradation: 2}.TLV(), true},
		{"policy of another length", append([]byte{0, 8, 0, 12}, 0, 0, 0, 1, 0, 0, 0, 1), false},
		{"private policy", Policy{Type: 0x80000001, Raw: "data"}.TLV(), false},
		{"reserved policy", Policy{}.TLV(), false},
	} {
		if got := bothWays(t, tc.tlv, true); got != tc.plain {
			t.Errorf("%s: plain %t, want %t", tc.name, got, tc.plain)
		}
		if got := bothWays(t, tc.tlv[:len(tc.tlv)-1], true); got {
			t.Errorf("%s: plain without its end", tc.name)
		}
	}
}

// FuzzPlain: what is read the plain way, the general way reads as well. SEC-28
func FuzzPlain(f *testing.F) {
	t := Transport{Type: TypeSCTPTransport, Addresses: []netip.Addr{addr("192.0.2.1"), addr("2001:db8::1")}}
	e := PoolElement{ID: 1, Life: 600, UserTransport: t, Policy: Policy{Type: WeightedRandom, Weight: 1}}
	f.Add(e.TLV(), true)
	e.UserTransport.Type, e.UserTransport.Addresses, e.ASAPTransport = TypeUDPTransport, t.Addresses[:1], t
	f.Add(e.TLV(), false)
	f.Add(t.TLV(), false)
	for _, typ := range []PolicyType{RoundRobin, WeightedRoundRobin, Random, Priority, LeastUsed, LeastUsedDegradation, PriorityLeastUsed, RandomizedLeastUsed} {
		f.Add(Policy{Type: typ}.TLV(), false)
	}
	f.Fuzz(func(t *testing.T, tlv []byte, registering bool) { bothWays(t, tlv, registering) })
}

// The room that is made for a list is bounded by the input, whatever is claimed
// or repeated in it.
func TestMemoryIsBounded(t *testing.T) {
	v4 := addr("192.0.2.1")
	element := func(addresses int) []byte {
		e := PoolElement{ID: 1, Policy: Policy{Type: Random}, UserTransport: Transport{Type: TypeSCTPTransport}}
		for range addresses {
			e.UserTransport.Addresses = append(e.UserTransport.Addresses, v4)
		}
		return e.TLV()
	}
	repeat := func(b []byte) (out []byte) {
		for len(out)+len(b) <= MaxMessage-headerLen {
			out = append(out, b...)
		}
		return out
	}
	short := binary.BigEndian.AppendUint32(nil, uint32(TypePoolElement)<<16|headerLen)
	private := PoolElement{ID: 1, Policy: Policy{Type: 0x80000001}, UserTransport: Transport{Type: TypeSCTPTransport, Addresses: []netip.Addr{v4, v4, v4, v4}}}.TLV()
	opaque := PoolElement{ID: 1, Policy: Policy{Type: Random}, UserTransport: Transport{Type: TypeOpaqueTransport}}.TLV()
	for name, input := range map[string][]byte{
		"elements that are headers":       repeat(short),
		"one good, then headers":          append(element(1), repeat(short)[:60000]...),
		"shortest elements":               repeat(opaque),
		"many addresses, then few":        append(element(4000), repeat(opaque)[:30000]...),
		"many addresses":                  repeat(element(100)),
		"elements that are not plain":     repeat(private),
		"one element with most addresses": element(8000),
	} {
		r := NewReader("TEST", input)
		for range 3 {
			list := r.PoolElements()
			if n := cap(list); n > len(input)/minElementLen {
				t.Errorf("%s: room for %d elements in %d bytes", name, n, len(input))
			}
			r.Reuse("TEST", input)
			if n := cap(r.memory.elements.room); n > len(input)/minElementLen {
				t.Errorf("%s: %d elements kept from %d bytes", name, n, len(input))
			}
			if n := cap(r.memory.addresses.room); n > len(input)/ipv4Len {
				t.Errorf("%s: %d addresses kept from %d bytes", name, n, len(input))
			}
		}
	}
}

// A reader that is used again remembers the handles seen lately, and no more.
func TestHandlesAreBounded(t *testing.T) {
	var m memory
	m.reuse()
	handle := func(i int) []byte { return binary.BigEndian.AppendUint32([]byte("pool"), uint32(i)) }
	for i := range 5 * maxKeptHandles {
		m.handle(handle(i))
		if i%3 == 0 {
			m.handle(handle(0))
		}
		if n := len(m.handles.young) + len(m.handles.old); n > 2*maxKeptHandles {
			t.Fatalf("%d handles kept after %d, want at most %d", n, i, 2*maxKeptHandles)
		}
	}
	last, first := handle(4*maxKeptHandles+7), handle(0)
	if n := testing.AllocsPerRun(10, func() { m.handle(last); m.handle(first) }); n != 0 {
		t.Errorf("%v allocations for handles seen lately", n)
	}
	before := len(m.handles.young) + len(m.handles.old)
	if long := make([]byte, maxKeptHandle+1); m.handle(long) != PoolHandle(long) || len(m.handles.young)+len(m.handles.old) != before {
		t.Error("a long handle is kept, or read wrong")
	}
}
