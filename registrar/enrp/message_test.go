package enrp_test

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

var (
	transport = wire.Transport{
		Type: wire.TypeSCTPTransport, Port: 9901,
		Addresses: []netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.1")},
	}
	element = wire.PoolElement{
		ID: 0x11223344, HomeServer: 1, Life: wire.InfiniteLife,
		UserTransport: wire.Transport{Type: wire.TypeOpaqueTransport, Opaque: "odd"},
		Policy:        wire.Policy{Type: wire.WeightedRoundRobin, Weight: 5}, ASAPTransport: transport,
	}
	information = wire.ServerInformation{ID: 1, Transport: transport}
	ids         = enrp.IDs{Sender: 0x01020304, Receiver: 0x0a0a0a0a}
)

// oneOfEach has every message of the protocol, with every optional part.
var oneOfEach = []enrp.Message{
	enrp.Presence{IDs: ids, ReplyRequired: true, Checksum: 0x4deb, HasChecksum: true, Information: information},
	enrp.HandleTableRequest{IDs: ids, OwnOnly: true},
	enrp.HandleTableResponse{IDs: ids, More: true, Pools: []enrp.Pool{
		{Handle: "ctrl1", Elements: []wire.PoolElement{element}},
		{Handle: "", Elements: []wire.PoolElement{element, element}},
	}},
	enrp.HandleUpdate{IDs: ids, Action: enrp.DelPE, Handle: "p", Element: element, TakeoverSuggested: true},
	enrp.ListRequest{IDs: ids},
	enrp.ListResponse{IDs: ids, Servers: []wire.ServerInformation{information, information}},
	enrp.InitTakeover{Takeover: enrp.Takeover{IDs: ids, Target: 7}},
	enrp.InitTakeoverAck{Takeover: enrp.Takeover{IDs: ids, Target: 7}},
	enrp.TakeoverServer{Takeover: enrp.Takeover{IDs: ids, Target: 7}},
	enrp.Error{IDs: ids, Causes: []wire.Cause{{Code: wire.CauseUnrecognizedParameter, Info: []byte{1, 2, 3}}}},
	enrp.Hold{IDs: ids, ID: 9, Left: 600_000, Handle: "p", Element: 7, Reason: "faulty NIC"},
	enrp.Hold{IDs: ids, ID: 9, Ended: true},
	enrp.HoldAck{IDs: ids, ID: 9, Refused: 3, NotHonoured: true},
}

var equal = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func TestRoundTrip(t *testing.T) {
	seen := make(map[enrp.MessageType]bool)
	for _, m := range oneOfEach {
		b, err := enrp.Append([]byte("before"), m)
		if err != nil || !bytes.HasPrefix(b, []byte("before")) || (len(b)-6)%4 != 0 {
			t.Fatalf("%s: %x, %v", m.Type(), b, err)
		}
		if u, ok := m.(enrp.HandleUpdate); ok {
			if alone, err := u.AppendTo([]byte("before")); err != nil || !bytes.Equal(alone, b) {
				t.Errorf("AppendTo: %x, %v, want %x", alone, err, b)
			}
		}
		d, err := enrp.Parse(b[6:])
		if diff := cmp.Diff(m, d.Message, equal); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", m.Type(), err, diff)
		}
		if d.IDs != ids || m.Addressed() != ids {
			t.Errorf("%s: read IDs %v, message has %v, want %v", m.Type(), d.IDs, m.Addressed(), ids)
		}
		seen[m.Type()] = true
	}
	for typ := range 256 {
		if typ := enrp.MessageType(typ); seen[typ] == (typ.String() == "UNKNOWN") {
			t.Errorf("type %d is called %s, tested: %t", typ, typ, seen[typ])
		}
	}
}

// PAR-4-09
func TestTooLong(t *testing.T) {
	size := len(element.TLV()) // a multiple of 4
	n := (wire.MaxMessage - 12 - 8) / size
	m := enrp.HandleTableResponse{IDs: ids, Pools: []enrp.Pool{{Handle: "full", Elements: make([]wire.PoolElement, n)}}}
	for i := range m.Pools[0].Elements {
		m.Pools[0].Elements[i] = element
	}
	b, err := enrp.Append(nil, m)
	if err != nil || len(b) != 12+8+n*size {
		t.Fatalf("%d elements: %d bytes, %v", n, len(b), err)
	}
	if _, err := enrp.Parse(b); err != nil {
		t.Error(err)
	}
	m.Pools[0].Elements = append(m.Pools[0].Elements, element)
	if b, err := enrp.Append([]byte("kept"), m); !errors.Is(err, wire.ErrTooLong) || string(b) != "kept" {
		t.Errorf("one more: %d bytes, %v, want %v", len(b), err, wire.ErrTooLong)
	}
}

// The answer to what was not understood goes to its sender and always fits.
// ENRP-3.7-01 PAR-3-07 PAR-3.12-03
func TestReply(t *testing.T) {
	self := wire.ServerID(0x0a0a0a0a)
	largest := append([]byte{0x42, 0, 0xff, 0xfc, 1, 2, 3, 4}, bytes.Repeat([]byte{0xab}, 65524)...)
	for _, tc := range []struct {
		name string
		msg  []byte
		code wire.CauseCode
		info []byte
	}{
		{"parameter", []byte("\x05\x00\x00\x11\x01\x02\x03\x04\x0a\x0a\x0a\x0a\xc3\x21\x00\x05z\x00\x00\x00"), 1, []byte("\xc3\x21\x00\x05z")},
		{"message", []byte("\x42\x00\x00\x08\x01\x02\x03\x04"), 2, []byte("\x42\x00\x00\x08\x01\x02\x03\x04")},
		{"largest message", largest, 2, largest[:65512]},
	} {
		d, err := enrp.Parse(tc.msg)
		reply := d.Reply(self)
		r, err2 := enrp.Parse(reply)
		want := enrp.Error{IDs: enrp.IDs{Sender: self, Receiver: d.Sender}, Causes: []wire.Cause{{Code: tc.code, Info: tc.info}}}
		if diff := cmp.Diff(enrp.Message(want), r.Message); diff != "" || err2 != nil || len(reply) > wire.MaxMessage {
			t.Errorf("%s (%v): reply of %d bytes, %v (-want +got):\n%.300s", tc.name, err, len(reply), err2, diff)
		}
	}
	for name, msg := range map[string]string{
		"nothing to report":       "\x05\x00\x00\x0c\x01\x02\x03\x04\x0a\x0a\x0a\x0a",
		"an error message":        "\x0a\x00\x00\x18\x01\x02\x03\x04\x0a\x0a\x0a\x0a\x00\x0c\x00\x08\x00\x09\x00\x04\xc3\x21\x00\x04", // PAR-4-10
		"a broken message":        "\x05\x00\x00\x14\x01\x02\x03\x04\x0a\x0a\x0a\x0a\xc3\x21\x00\x04\x00\x09\x00\x03",
		"a private feed message":  "\xf0\x00\x00\x0c\x01\x02\x03\x04\x0a\x0a\x0a\x0a",
		"not even a whole header": "\x42\x00",
	} {
		if d, err := enrp.Parse([]byte(msg)); d.Reply(self) != nil || d.Causes() != nil {
			t.Errorf("%s (%v) is answered by %x", name, err, d.Reply(self))
		}
	}
}

// The sender of a message that was not understood is known all the same: it
// lives. ENRP-3.7-03
func TestSenderOfDiscarded(t *testing.T) {
	for _, msg := range []string{
		"\x0b\x00\x00\x0c\x01\x02\x03\x04\x0a\x0a\x0a\x0a",
		"\x05\x00\x00\x10\x01\x02\x03\x04\x0a\x0a\x0a\x0a\x01\x23\x00\x04",
	} {
		if d, err := enrp.Parse([]byte(msg)); d.IDs != ids || wire.ClassOf(err) != wire.Discard || d.Message != nil {
			t.Errorf("%x: %v from %v", msg, err, d.IDs)
		}
	}
}
