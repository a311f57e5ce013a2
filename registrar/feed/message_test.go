package feed_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
	"rserpool/registrar/wire/wiretest"
)

var cmpAddr = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
}

func transport(port uint16) wire.Transport {
	return wire.Transport{
		Type: wire.TypeSCTPTransport, Port: port,
		Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")},
	}
}

func information(id wire.ServerID) wire.ServerInformation {
	return wire.ServerInformation{ID: id, Transport: transport(9901)}
}

var element = wire.PoolElement{
	ID: 0x11223344, HomeServer: 1, Life: 300, UserTransport: transport(7),
	Policy: wire.Policy{Type: 0xb0001003, Raw: "\x01\x02\x03"}, ASAPTransport: transport(3863),
}

// messages has every message of the feed, and those of its fields that can be
// absent both ways.
var messages = []struct {
	name string
	m    feed.Message
}{
	{"hello", feed.Hello{
		Schema: feed.Schema, Registrar: 1, Epoch: 1 << 40, Started: 1_700_000_000_000, Now: 1_700_000_000_001,
		Version: "1.2", Dialect: "rfc", Transport: "udp",
	}},
	{"sequence", feed.Sequence{Number: 1 << 50, Now: 1_700_000_000_000}},
	{"registrar state", feed.RegistrarState{Phase: feed.Serving, Information: information(1)}},
	{"registrar state without information", feed.RegistrarState{Phase: feed.Draining}},
	{"peer state", feed.PeerState{
		Peer: 2, State: feed.TakingOver, Mentor: true, Heard: 5, Told: 0x4deb, HasTold: true, Matched: true, Information: information(2),
	}},
	{"peer state without anything", feed.PeerState{Peer: 2, State: feed.Forgotten}},
	{"element state", feed.ElementState{Handle: "EchoPool", ID: 3, Expires: 7, Health: feed.Expired, Reports: 65535}},
	{"event", feed.Event{
		At: 9, Number: 1 << 33, Name: "element.removed", Text: "an é", Handle: "\x00\xff", Element: 3, Server: 2, Origin: "operator",
		Actor: "192.0.2.7:40112",
	}},
	{"goodbye", feed.Goodbye{Reason: "The registrar is stopping."}},
	{"takeover step", feed.TakeoverStep{
		Takeover: 3, Number: 7, Target: 2, At: 1_700_000_000_000_001, Kind: feed.Answered, Peer: 4, Count: 12, Handle: "\x00\xff", Element: 5,
	}},
	{"takeover step without anything", feed.TakeoverStep{}},
	{"applied", feed.Applied{Number: 12}},
	{"captured", feed.Captured{
		Number: 1 << 40, Micros: 1_700_000_000_000_001, Out: true, ENRP: true, Stream: true, Group: true, Association: 5, Server: 2,
		Local: netip.MustParseAddrPort("192.0.2.1:9901"), Remote: netip.MustParseAddrPort("[2001:db8::1]:9901"), Length: 70000, Data: "\x00\xff",
	}},
	{"captured without addresses", feed.Captured{Number: 1, Length: 1, Data: "x"}},
	{"want", feed.Want{Messages: feed.SendMessages, After: 1 << 40}},
	{"counters", feed.Counters{At: 9, Registrations: 1, Associations: 1 << 40, UpdatesOut: 3}},
	{"hold", feed.Hold{
		ID: 9, Maker: 1, State: feed.HoldEnded, Handle: "\x00p", Element: 7, Since: 1, Until: 2, Ended: 3, Returned: 4,
		Refused: 5, Reason: "faulty NIC", By: "192.0.2.200", EndedBy: "192.0.2.201", Honoured: []feed.Honour{{Peer: 2, Refused: 3}, {Peer: 3}},
	}},
	{"hold in force", feed.Hold{ID: 9, Maker: 1, Handle: "p", Element: 7, Since: 1, Until: 2}},
	{"protected", feed.Protected{Handle: "\xffp"}},
	{"handle update", enrp.HandleUpdate{IDs: enrp.IDs{Sender: 1}, Action: enrp.DelPE, Handle: "EchoPool", Element: element}},
	{"handle table", enrp.HandleTableResponse{
		IDs: enrp.IDs{Sender: 1}, More: true, Pools: []enrp.Pool{{Handle: "EchoPool", Elements: []wire.PoolElement{element}}},
	}},
	{"list", enrp.ListResponse{IDs: enrp.IDs{Sender: 1}, Servers: []wire.ServerInformation{information(2)}}},
	{"presence", enrp.Presence{IDs: enrp.IDs{Sender: 2}, Checksum: 0xffff, HasChecksum: true}},
}

func encode(t testing.TB, list ...feed.Message) []byte {
	t.Helper()
	var b []byte
	for _, m := range list {
		var err error
		if b, err = feed.Append(b, m); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	var all []feed.Message
	for _, tt := range messages {
		t.Run(tt.name, func(t *testing.T) {
			b := encode(t, tt.m)
			if len(b)%4 != 0 {
				t.Errorf("%d bytes are not padded to 4", len(b))
			}
			if m, ok := tt.m.(interface{ AppendTo([]byte) []byte }); ok {
				if alone := m.AppendTo(nil); !bytes.Equal(alone, b) {
					t.Errorf("AppendTo: %x, want %x", alone, b)
				}
			}
			got, err := feed.Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]feed.Message{tt.m}, got, cmpAddr); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			if enrp.MessageType(b[0]) != tt.m.Type() {
				t.Errorf("type on the wire is %#x, want %#x", b[0], tt.m.Type())
			}
			for n := range len(b) - 4 { // the last bytes may be padding
				if list, err := feed.Parse(b[:n]); err == nil && len(list) > 0 {
					t.Errorf("%d of %d bytes read as %+v", n, len(b), list)
				}
			}
		})
		all = append(all, tt.m)
	}
	got, err := feed.Parse(encode(t, all...))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all, got, cmpAddr); diff != "" {
		t.Errorf("one frame with all (-want +got):\n%s", diff)
	}
}

func TestParse(t *testing.T) {
	goodbye := feed.Goodbye{Reason: "x"}
	tests := []struct {
		name  string
		frame []byte
		want  []feed.Message
		class wire.Class
	}{
		{"nothing", nil, nil, wire.OK},
		{"unknown private type", append(unhex(t, "ff000008 00000000"), encode(t, goodbye)...), []feed.Message{goodbye}, wire.OK},
		{"unknown type of ENRP", append(unhex(t, "4b00000c 00000001 00000000"), encode(t, goodbye)...), []feed.Message{goodbye}, wire.OK},
		{"message that ENRP discards", unhex(t, "01000010 00000001 00000000 43210004"), nil, wire.OK},
		{"invalid update action", unhex(t, "04000010 00000001 00000000 00050000"), nil, wire.Invalid},
		{"cut in the header", unhex(t, "f10000"), nil, wire.Malformed},
		{"length below the header", unhex(t, "f1000003"), nil, wire.Malformed},
		{"length above the frame", unhex(t, "f1000014 00000000"), nil, wire.Malformed},
		{"fixed part cut", unhex(t, "f1000008 00000000"), nil, wire.Malformed},
		{"text cut", unhex(t, "f6000008 00053132"), nil, wire.Malformed},
		{"good one before a bad one", append(encode(t, goodbye), 0xf1), []feed.Message{goodbye}, wire.Malformed},
		{"last padding missing", unhex(t, "f6000007 000178"), []feed.Message{goodbye}, wire.OK},
		{"state that is not known here", unhex(t, "f300001c 00000002 01060000 0000000000000000 00000000 80010004"), []feed.Message{
			feed.PeerState{Peer: 2, State: 255},
		}, wire.OK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := feed.Parse(tt.frame)
			if wire.ClassOf(err) != tt.class {
				t.Errorf("error is %v (%v), want class %v", err, wire.ClassOf(err), tt.class)
			}
			if diff := cmp.Diff(tt.want, got, cmpAddr); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

// stranger is no message of the feed, whatever its type says.
type stranger struct{}

func (stranger) Type() enrp.MessageType { return feed.TypeHello }

func TestAppendRefuses(t *testing.T) {
	before := []byte("before")
	long := enrp.HandleUpdate{Handle: wire.PoolHandle(strings.Repeat("x", wire.MaxMessage)), Element: element}
	if b, err := feed.Append(before, long); !errors.Is(err, wire.ErrTooLong) || !bytes.Equal(b, before) {
		t.Errorf("a message too long gives %d bytes, %v, want ErrTooLong and the buffer as it was", len(b), err)
	}
	if b, err := feed.Append(before, stranger{}); wire.ClassOf(err) != wire.Invalid || !bytes.Equal(b, before) {
		t.Errorf("a foreign message gives %d bytes, %v, want an error and the buffer as it was", len(b), err)
	}
}

func TestLongTextsAreCut(t *testing.T) {
	long := strings.Repeat("x", wire.MaxMessage)
	got, err := feed.Parse(encode(t, feed.Event{Name: long, Text: long, Origin: long, Handle: wire.PoolHandle(long)}))
	if err != nil {
		t.Fatal(err)
	}
	if e := got[0].(feed.Event); len(e.Text) != 8192 || len(e.Handle) != 8192 {
		t.Errorf("texts have %d and %d bytes, want 8192", len(e.Text), len(e.Handle))
	}
}

func TestWords(t *testing.T) {
	tests := []struct {
		give interface{ String() string }
		want string
	}{
		{feed.Starting, "starting"},
		{feed.Serving, "serving"},
		{feed.Draining, "draining"},
		{feed.Phase(9), "unknown"},
		{feed.Discovered, "discovered"},
		{feed.Active, "active"},
		{feed.Suspect, "suspect"},
		{feed.TakingOver, "taking_over"},
		{feed.Yielded, "yielded"},
		{feed.Dead, "dead"},
		{feed.Forgotten, "forgotten"},
		{feed.LinkState(255), "unknown"},
		{feed.Up, "up"},
		{feed.Unanswered, "suspect"},
		{feed.Expired, "expired"},
		{feed.Health(3), "unknown"},
		{feed.HoldInForce, "in_force"},
		{feed.HoldRanOut, "ran_out"},
		{feed.HoldEnded, "ended"},
		{feed.ForgottenHold, "forgotten"},
	}
	for _, tt := range tests {
		if got := tt.give.String(); got != tt.want {
			t.Errorf("%T %[1]d is %q, want %q", tt.give, got, tt.want)
		}
	}
}

func TestTime(t *testing.T) {
	at := time.Date(2026, 11, 22, 1, 2, 3, 456_789_000, time.UTC)
	if got := feed.At(at).Time(); !got.Equal(at.Truncate(time.Millisecond)) || got.Location() != time.UTC {
		t.Errorf("%v comes back as %v", at, got)
	}
	if feed.At(time.Time{}) != 0 || !feed.Time(0).Time().IsZero() {
		t.Error("the zero time must be 0 and come back")
	}
}

// FuzzParse: no bytes panic or take much memory, and what was read is written in a form
// that reads and writes the same again. SEC-28
func FuzzParse(f *testing.F) {
	var frame []byte
	for _, tt := range messages {
		b := encode(f, tt.m)
		f.Add(b)
		frame = append(frame, b...)
	}
	f.Add(frame)
	f.Fuzz(func(t *testing.T, frame []byte) {
		wiretest.Bounded(t, len(frame), 128, func() { feed.Parse(frame) })
		list, _ := feed.Parse(slices.Clone(frame))
		once := encode(t, list...)
		again, err := feed.Parse(once)
		if err != nil {
			t.Fatalf("what Append wrote does not read: %v\n%+v", err, list)
		}
		if twice := encode(t, again...); !bytes.Equal(once, twice) {
			t.Fatalf("written anew differs:\n%x\n%x", once, twice)
		}
	})
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
