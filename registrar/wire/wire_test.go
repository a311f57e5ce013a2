package wire_test

import (
	"bytes"
	"errors"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/wire"
)

var equal = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// TestFitCauses: what is kept fits, and is as much as can be. room counts the
// Operation Error parameter with its header.
func TestFitCauses(t *testing.T) {
	info := func(n int) wire.Cause { return wire.Cause{Code: wire.CauseUnrecognizedMessage, Info: make([]byte, n)} }
	for _, tc := range []struct {
		name   string
		causes []wire.Cause
		room   int
		want   []int // lengths of the information that is kept
	}{
		{"nothing", nil, 100, nil},
		{"all", []wire.Cause{info(4), info(0), info(8)}, 4 + 8 + 4 + 12, []int{4, 0, 8}},
		{"the last does not fit", []wire.Cause{info(4), info(0), info(8)}, 4 + 8 + 4 + 11, []int{4, 0}},
		{"padding counts", []wire.Cause{info(1), info(0)}, 4 + 8 + 4, []int{1, 0}},
		{"padding does not fit", []wire.Cause{info(1), info(0)}, 4 + 8 + 3, []int{1}},
		{"the only one is cut", []wire.Cause{info(65532)}, wire.MaxMessage - 4, []int{65520}}, // PAR-3.12-03
		{"the first is cut, the rest left out", []wire.Cause{info(100), info(0)}, 48, []int{40}},
		{"room for a header only", []wire.Cause{info(100)}, 8, []int{0}},
		{"no room", []wire.Cause{info(0)}, 7, []int{}},
	} {
		got := wire.FitCauses(tc.causes, tc.room)
		var lengths []int
		for _, c := range got {
			lengths = append(lengths, len(c.Info))
		}
		if diff := cmp.Diff(tc.want, lengths); diff != "" && len(tc.want)+len(lengths) > 0 {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		if n := len(wire.ErrorTLV(got)); n > tc.room {
			t.Errorf("%s: takes %d bytes, room %d", tc.name, n, tc.room)
		}
	}
}

// PAR-3.12-07 PAR-3.12-01
func TestErrorTLV(t *testing.T) {
	for _, code := range []wire.CauseCode{0, 4, 6, 8, 9, 10} {
		want := []byte{0, 12, 0, 8, 0, byte(code), 0, 4}
		if got := wire.ErrorTLV([]wire.Cause{{Code: code}}); !bytes.Equal(got, want) {
			t.Errorf("%s: %x, want %x", code, got, want)
		}
	}
	odd := []wire.Cause{{Code: 1, Info: []byte{0xaa}}, {Code: 3, Info: []byte{0xbb, 0xbb}}}
	want := []byte{0, 12, 0, 18, 0, 1, 0, 5, 0xaa, 0, 0, 0, 0, 3, 0, 6, 0xbb, 0xbb}
	if got := wire.ErrorTLV(odd); !bytes.Equal(got, want) {
		t.Errorf("two odd causes: %x, want %x", got, want)
	}
	if got := wire.ErrorTLV(nil); got != nil {
		t.Errorf("no cause: %x, want nothing", got)
	}
}

// PAR-3.12-05
func TestCausePolicy(t *testing.T) {
	want := wire.Policy{Type: wire.WeightedRoundRobin, Weight: 1}
	got, err := wire.Cause{Code: wire.CauseInconsistentPolicy, Info: want.TLV()}.Policy()
	if got != want || err != nil {
		t.Errorf("have %v, %v, want %v", got, err, want)
	}
	for name, info := range map[string][]byte{
		"nothing": nil, "a transport": {0, 4, 0, 4}, "too short": {0, 8}, "cut": want.TLV()[:8], "bad length": {0, 8, 0, 8, 0, 0, 0, 2},
	} {
		if got, err := (wire.Cause{Code: wire.CauseInconsistentPolicy, Info: info}).Policy(); err == nil {
			t.Errorf("%s: have %v, want an error", name, got)
		}
	}
}

func TestParseHeader(t *testing.T) {
	for _, tc := range []struct {
		in  string
		msg string // what is cut off; "" is an error
	}{
		{"", ""}, {"\x05\x00\x00", ""}, {"\x05\x00\x00\x03", ""}, {"\x05\x00\x00\x05", ""}, {"\x05\x00\xff\xff\x00", ""}, // PAR-4-07
		{"\x05\x01\x00\x04", "\x05\x01\x00\x04"}, {"\x05\x01\x00\x05abc", "\x05\x01\x00\x05a"},
	} {
		h, msg, err := wire.ParseHeader([]byte(tc.in))
		if string(msg) != tc.msg || (err == nil) != (tc.msg != "") {
			t.Errorf("%x: %x, %v, want %x", tc.in, msg, err, tc.msg)
		}
		if err == nil && h != (wire.Header{Type: 5, Flags: 1, Length: len(tc.msg)}) {
			t.Errorf("%x: header %+v", tc.in, h)
		}
	}
}

// PAR-3-02
func TestPadding(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 4, 3: 4, 4: 4, 5: 8, wire.MaxMessage: 65536} {
		if got := wire.Padded(n); got != want {
			t.Errorf("%d is padded to %d, want %d", n, got, want)
		}
	}
	for handle, want := range map[wire.PoolHandle]string{
		"":      "\x01\x00\x00\x08\x00\x09\x00\x04",
		"abcd":  "\x01\x00\x00\x0c\x00\x09\x00\x08abcd",
		"abcde": "\x01\x00\x00\x0d\x00\x09\x00\x09abcde\x00\x00\x00",
	} {
		w := wire.NewWriter([]byte("??"), 1, 0)
		w.PoolHandle(handle)
		if got, err := w.Finish(); err != nil || string(got) != "??"+want {
			t.Errorf("%q: %q, %v, want %q behind what was there", handle, got, err, want)
		}
	}
}

// A Reader that has failed gives nothing more and keeps its first error.
func TestReaderStopsAtFirstError(t *testing.T) {
	r := wire.NewReader("TEST", []byte{0, 9, 0, 3, 0, 14, 0, 8, 0, 0, 0, 1})
	if h := r.PoolHandle(); h != "" {
		t.Errorf("handle %q", h)
	}
	first := r.Err()
	r.Invalid("later", nil)
	got := []any{r.Uint16(), r.Uint32(), r.Uint64(), r.PEIdentifier(), r.PEChecksum(), r.ResolutionItems(), r.Peek()}
	want := []any{uint16(0), uint32(0), uint64(0), wire.PEIdentifier(0), wire.Checksum(0), uint32(0), wire.ParameterType(0)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("after an error (-want +got):\n%s", diff)
	}
	if r.Transport().Present() || r.SCTPTransport().Present() || r.Policy().Present() || r.ServerInformation().Present() || r.OperationError() != nil {
		t.Error("parameters after an error")
	}
	if r.End(); !errors.Is(r.Err(), first) || wire.ClassOf(first) != wire.Malformed {
		t.Errorf("error %v, want still %v", r.Err(), first)
	}
}

func TestClassOf(t *testing.T) {
	for _, c := range []wire.Class{wire.Invalid, wire.Discard, wire.Malformed} {
		if got := wire.ClassOf(&wire.Error{Class: c}); got != c {
			t.Errorf("class %s of an error of class %s", got, c)
		}
	}
	if got := wire.ClassOf(nil); got != wire.OK {
		t.Errorf("class %s of no error", got)
	}
	if got := wire.ClassOf(errors.ErrUnsupported); got != wire.Malformed {
		t.Errorf("class %s of a foreign error", got)
	}
}

// PAR-3-09 PAR-3-04 PAR-3-05 PAR-3-06 PAR-3-07
func TestParameterTypes(t *testing.T) {
	for typ := range math.MaxUint16 + 1 {
		p := wire.ParameterType(typ)
		if got, want := p.Known(), typ >= 1 && typ <= 0x10; got != want {
			t.Errorf("%s known: %t", p, got)
		}
		if p.Stops() != (typ>>15 == 0) || p.Reports() != (typ>>14&1 == 1) {
			t.Errorf("%s stops %t, reports %t", p, p.Stops(), p.Reports())
		}
		if got, want := p.IsTransport(), typ >= 3 && typ <= 7 || typ == 0x10; got != want {
			t.Errorf("%s is a transport: %t", p, got)
		}
	}
}

func TestSpellings(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{wire.ServerID(0x1a2b3c).String(), "0x001a2b3c"},
		{wire.PEIdentifier(0xffffffff).String(), "0xffffffff"},
		{wire.Checksum(0xab).String(), "0x00ab"},
		{wire.TypeResolutionItems.String(), "0x803f"},
		{wire.LeastUsed.String(), "0x40000001"},
		{wire.CauseUnknownPoolHandle.String(), "0x0009 unknown pool handle"},
		{wire.CauseCode(0xf008).String(), "0xf008"},
		{wire.OK.String() + wire.Invalid.String() + wire.Discard.String() + wire.Malformed.String(), "okinvaliddiscarderror"},
		{(&wire.Error{Where: "HERE", What: "that"}).Error(), "HERE: that"},
		{(&wire.Error{What: "that"}).Error(), "that"},
	} {
		if tc.got != tc.want {
			t.Errorf("have %q, want %q", tc.got, tc.want)
		}
	}
}

func TestParseID(t *testing.T) {
	for s, want := range map[string]uint32{
		"0": 0, "17": 17, "010": 10, "4294967295": math.MaxUint32, "0x1a2B3c4d": 0x1a2b3c4d, "0x0": 0,
	} {
		if got, err := wire.ParseID(s); got != want || err != nil {
			t.Errorf("%q: %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "0x", "-1", "4294967296", "0x100000000", "1a", "1_000", "0b1", " 1", "0x0x1"} {
		if got, err := wire.ParseID(s); err == nil {
			t.Errorf("%q: %d, want an error", s, got)
		} else if !strings.Contains(err.Error(), strconv.Quote(s)) || !strings.Contains(err.Error(), "4294967295") {
			t.Errorf("%q: %v, want the text and the limit named", s, err)
		}
	}
}
