package inspect_test

import (
	"bytes"
	"net/netip"
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
