package inspect_test

import (
	"bytes"
	"net/netip"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/inspect"
	"rserpool/registrar/wire"
)

var equal = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmpopts.EquateEmpty(),
}

// Every message that can be built is read back as it was. PAR-2-01 PAR-2-02
// PAR-3.4-01 PAR-3.8-01 PAR-3.16-01 PAR-4-13
func TestRoundTripASAP(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := asapMessage(t)
		b, err := asap.Append(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		d, err := asap.Parse(b)
		if diff := cmp.Diff(m, d.Message, equal); diff != "" || err != nil {
			t.Errorf("%x: %v (-want +got):\n%s", b, err, diff)
		}
		if r := inspect.Describe(inspect.ASAP, b); !bytes.Equal(r.Reencoded, b) || r.Reply != nil {
			t.Errorf("%x is described as re-encoding to %x, answered by %x", b, r.Reencoded, r.Reply)
		}
	})
}

func TestRoundTripENRP(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := enrpMessage(t)
		b, err := enrp.Append(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		d, err := enrp.Parse(b)
		if diff := cmp.Diff(m, d.Message, equal); diff != "" || err != nil {
			t.Errorf("%x: %v (-want +got):\n%s", b, err, diff)
		}
		if r := inspect.Describe(inspect.ENRP, b); !bytes.Equal(r.Reencoded, b) || r.ReplyParam != nil {
			t.Errorf("%x is described as re-encoding to %x, answered by %x", b, r.Reencoded, r.ReplyParam)
		}
	})
}

// Whatever bytes do to a message, the tree is well-formed and agrees with the
// codec, and what is understood stays the same when it is encoded again.
func TestDamaged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		proto := inspect.ASAP
		b, err := asap.Append(nil, asapMessage(t))
		if flag(t) {
			proto = inspect.ENRP
			b, err = enrp.Append(nil, enrpMessage(t))
		}
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 4).Draw(t, "damages") {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "where")] = rapid.Byte().Draw(t, "byte")
		}
		r := inspect.Describe(proto, b)
		checkTree(t, r.Message, b)
		if r.Class != wire.OK {
			return
		}
		again := inspect.Describe(proto, r.Reencoded)
		if again.Class != wire.OK || !bytes.Equal(again.Reencoded, r.Reencoded) {
			t.Errorf("%x re-encodes to %x, and that (%s %s) to %x", b, r.Reencoded, again.Class, again.Problem, again.Reencoded)
		}
	})
}

// checkTree holds the rules of every tree: fields lie inside their input and
// their parent, objects have keys, lists have none.
func checkTree(t rapid.TB, n inspect.Node, input []byte) {
	if n.Offset < 0 || n.Size < 0 || n.Offset+n.Size > len(input) {
		t.Errorf("%q lies at %d+%d in %d bytes", n.Key, n.Offset, n.Size, len(input))
	}
	for _, f := range n.Nodes {
		if (f.Key == "") != (n.Kind == inspect.List) {
			t.Errorf("a member of %q has key %q", n.Key, f.Key)
		}
		if f.Size > 0 && n.Size > 0 && (f.Offset < n.Offset || f.Offset+f.Size > n.Offset+n.Size) {
			t.Errorf("%q at %d+%d leaves %q at %d+%d", f.Key, f.Offset, f.Size, n.Key, n.Offset, n.Size)
		}
		checkTree(t, f, input)
	}
}

// Reading takes memory in proportion to what came, whatever lengths claim. SEC-28
func TestAllocation(t *testing.T) {
	parameters := func(typ, flags byte, fixed int, unit ...byte) []byte {
		b := append([]byte{typ, flags, 0xff, 0xfc}, make([]byte, fixed)...)
		for len(b)+len(unit) <= 0xfffc {
			b = append(b, unit...)
		}
		return append(b, make([]byte, 0xfffc-len(b))...)
	}
	nested := append([]byte{1, 0, 0xff, 0xfc}, make([]byte, 0xfff8)...)
	for i := 4; i+16 <= len(nested); i += 16 {
		n := len(nested) - i
		copy(nested[i:], []byte{0, 10, byte(n >> 8), byte(n)})
	}
	address := []byte{0, 1, 0, 8, 192, 0, 2, 1}
	transport := append([]byte{0, 4, 0xff, 0xec, 0, 7, 0, 0}, parameters(0, 0, 0, address...)[4:]...)[:0xffec]
	info := append(append([]byte{6, 0, 0xff, 0xfc, 0, 0, 0, 1, 0, 0, 0, 2, 0, 11, 0xff, 0xf0, 0, 0, 0, 3}, transport...), 0, 0, 0, 0)
	for _, tc := range []struct {
		name, proto string
		b           []byte
	}{
		{"reported parameters", inspect.ASAP, parameters(5, 0, 0, 0xc0, 1, 0, 4)},
		{"skipped parameters", inspect.ENRP, parameters(5, 0, 8, 0x80, 1, 0, 4)},
		{"causes", inspect.ASAP, append([]byte{14, 0, 0xff, 0xfc, 0, 12, 0xff, 0xf8}, parameters(0, 0, 0, 0, 9, 0, 4)[8:]...)},
		{"addresses", inspect.ENRP, info},
		{"elements in elements", inspect.ASAP, nested},
		{"unknown message", inspect.ASAP, parameters(0x4f, 0, 0, 0xff)},
		{"length beyond", inspect.ASAP, []byte{5, 0, 0xff, 0xff, 0, 9, 0xff, 0xff}},
		{"parameter beyond", inspect.ASAP, []byte{5, 0, 0, 8, 0, 9, 0xff, 0xff}},
	} {
		limits := []struct {
			name string
			per  uint64 // bytes for each byte of input
			do   func()
		}{
			{"parse", 128, func() {
				if tc.proto == inspect.ASAP {
					d, _ := asap.Parse(tc.b)
					d.Reply()
				} else {
					d, _ := enrp.Parse(tc.b)
					d.Reply(1)
				}
			}},
			{"describe", 1024, func() { inspect.Describe(tc.proto, tc.b).Message.AppendJSON(nil) }},
		}
		for _, l := range limits {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			l.do()
			runtime.ReadMemStats(&after)
			if got, most := after.TotalAlloc-before.TotalAlloc, l.per*uint64(len(tc.b))+4096; got > most {
				t.Errorf("%s: to %s %d bytes took %d, at most %d", tc.name, l.name, len(tc.b), got, most)
			}
		}
	}
}
