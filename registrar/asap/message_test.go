package asap_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

var element = wire.PoolElement{
	ID: 0x11223344, Life: 600,
	UserTransport: wire.Transport{
		Type: wire.TypeSCTPTransport, Port: 7,
		Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("2001:db8::1")},
	},
	Policy: wire.Policy{Type: wire.RoundRobin},
}

// oneOfEach has every message of the protocol, with every optional part.
var oneOfEach = []asap.Message{
	asap.Registration{Handle: "EchoPool", Element: element},
	asap.Deregistration{Handle: "ctrl1", ID: 1},
	asap.RegistrationResponse{Reject: true, Handle: "p", ID: 2, Causes: []wire.Cause{{Code: 5, Info: []byte("odd")}, {Code: 9, Info: []byte{}}}},
	asap.DeregistrationResponse{Handle: "p", ID: 3, Causes: []wire.Cause{{Code: 0xf008, Info: []byte{}}}},
	asap.HandleResolution{Subscribe: true, Handle: "A\x00", Items: asap.AllItems},
	asap.HandleResolutionResponse{
		Accepted: true, Handle: "p", Policy: wire.Policy{Type: wire.LeastUsed, Load: 0x40000000},
		Elements: []wire.PoolElement{element, element}, Causes: []wire.Cause{{Code: 9, Info: []byte{}}},
	},
	asap.EndpointKeepAlive{Home: true, Server: 4, Handle: "p", ID: 5},
	asap.EndpointKeepAliveAck{Handle: "p", ID: 6},
	asap.EndpointUnreachable{Handle: "p", ID: 7},
	asap.ServerAnnounce{Server: 8, Transports: []wire.Transport{element.UserTransport}},
	asap.Cookie{Cookie: "state"},
	asap.CookieEcho{},
	asap.BusinessCard{Handle: "p", Policy: wire.Policy{Type: 0x80000001, Raw: "any"}, Elements: []wire.PoolElement{element}},
	asap.Error{Causes: []wire.Cause{{Code: wire.CauseUnrecognizedParameter, Info: []byte{1, 2, 3}}}},
}

var equal = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func TestRoundTrip(t *testing.T) {
	seen := make(map[asap.MessageType]bool)
	for _, m := range oneOfEach {
		b, err := asap.Append([]byte("before"), m)
		if err != nil || !bytes.HasPrefix(b, []byte("before")) || (len(b)-6)%4 != 0 {
			t.Fatalf("%s: %x, %v", m.Type(), b, err)
		}
		d, err := asap.Parse(b[6:])
		if diff := cmp.Diff(m, d.Message, equal); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", m.Type(), err, diff)
		}
		seen[m.Type()] = true
	}
	for typ := range 256 {
		if typ := asap.MessageType(typ); seen[typ] == (typ.String() == "UNKNOWN") {
			t.Errorf("type %d is called %s, tested: %t", typ, typ, seen[typ])
		}
	}
}

// PAR-4-09
func TestTooLong(t *testing.T) {
	room := wire.MaxMessage - 8
	b, err := asap.Append(nil, asap.Cookie{Cookie: strings.Repeat("x", room)})
	if err != nil || len(b) != 65536 {
		t.Fatalf("largest: %d bytes, %v", len(b), err)
	}
	if d, err := asap.Parse(b); err != nil || len(d.Message.(asap.Cookie).Cookie) != room {
		t.Errorf("largest: parsed with %v", err)
	}
	for name, m := range map[string]asap.Message{
		"one byte over":  asap.Cookie{Cookie: strings.Repeat("x", room+1)},
		"5,000 elements": asap.HandleResolutionResponse{Elements: make([]wire.PoolElement, 5000)},
	} {
		if b, err := asap.Append([]byte("kept"), m); !errors.Is(err, wire.ErrTooLong) || string(b) != "kept" {
			t.Errorf("%s: %d bytes, %v, want %v", name, len(b), err, wire.ErrTooLong)
		}
	}
}

// An answer always fits, and names what came first. PAR-3.12-03 PAR-3-12
func TestReplyFits(t *testing.T) {
	unknown := append([]byte{0x4f, 0, 0xff, 0xfc}, bytes.Repeat([]byte{0xab}, 65528)...)
	d, err := asap.Parse(unknown)
	if wire.ClassOf(err) != wire.Discard {
		t.Fatal(err)
	}
	causes := causesOf(t, d.Reply())
	if len(causes) != 1 || causes[0].Code != wire.CauseUnrecognizedMessage ||
		len(causes[0].Info) < 65500 || !bytes.HasPrefix(unknown, causes[0].Info) {
		t.Errorf("have %d causes, want one with as much of the message as fits", len(causes))
	}

	many := []byte{5, 0, 0xff, 0xf8, 0, 9, 0, 4}
	for len(many) < 0xfff8 {
		many = append(many, 0xc0, byte(len(many)>>10), 0, 4)
	}
	if d, err = asap.Parse(many); err != nil {
		t.Fatal(err)
	}
	causes = causesOf(t, d.Reply())
	if len(causes) != (65535-8)/8 {
		t.Errorf("have %d causes, want all that fit", len(causes))
	}
	for i, c := range causes {
		if !bytes.Equal(c.Info, many[8+4*i:12+4*i]) {
			t.Fatalf("cause %d is about %x, want %x", i, c.Info, many[8+4*i:12+4*i])
		}
	}
}

func causesOf(t *testing.T, reply []byte) []wire.Cause {
	t.Helper()
	d, err := asap.Parse(reply)
	if err != nil || len(reply) > wire.MaxMessage {
		t.Fatalf("reply of %d bytes: %v", len(reply), err)
	}
	return d.Message.(asap.Error).Causes
}

// What an invalid registration tells the refusal: whom, and why.
// PAR-3.12-04 PAR-3.10-02 PAR-3.10-03 PAR-3.4-02 PAR-3.8-02
func TestRefusal(t *testing.T) {
	const pe = "000a00281122334400000000"
	for _, tc := range []struct{ name, hex, culprit string }{
		{"empty handle", "0100003000090004" + pe + "0000025800040010000700000001000" + "8c000020a0008000800000001", "00090004"},
		{
			"life 0", "010000380009000c4563686f506f6f6c" + pe + "00000000000400100007000000010008c000020a0008000800000001",
			pe + "00000000000400100007000000010008c000020a0008000800000001",
		},
		{
			"transport use 2", "010000380009000c4563686f506f6f6c" + pe + "00000258000400100007000200010008c000020a0008000800000001",
			"000400100007000200010008c000020a",
		},
		{"WRR without weight", "010000380009000c4563686f506f6f6c" + pe + "00000258000400100007000000010008c000020a0008000800000002", "0008000800000002"},
	} {
		b, err := hex.DecodeString(tc.hex)
		if err != nil {
			t.Fatal(err)
		}
		d, err := asap.Parse(b)
		var e *wire.Error
		if !errors.As(err, &e) || e.Class != wire.Invalid {
			t.Errorf("%s: %v, want invalid", tc.name, err)
			continue
		}
		if got := hex.EncodeToString(e.Cause.Info); e.Cause.Code != wire.CauseInvalidValues || got != tc.culprit {
			t.Errorf("%s: cause %s with %s, want %s", tc.name, e.Cause.Code, got, tc.culprit)
		}
		if m := d.Message.(asap.Registration); m.Element.ID != 0x11223344 {
			t.Errorf("%s: the refusal cannot name the element: %v", tc.name, m.Element.ID)
		}
	}
}

// An announcement with a transport of no use is still worth reading. ASAP-6.6-10
func TestAnnounceKeepsTheUsable(t *testing.T) {
	tcp, udp := element.UserTransport, element.UserTransport
	tcp.Type, tcp.Addresses = wire.TypeTCPTransport, tcp.Addresses[:1]
	udp.Type, udp.Addresses = wire.TypeUDPTransport, udp.Addresses[:1]
	b, err := asap.Append(nil, asap.ServerAnnounce{Server: 1, Transports: []wire.Transport{tcp, udp, udp, element.UserTransport}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := asap.Parse(b)
	want := asap.ServerAnnounce{Server: 1, Transports: []wire.Transport{tcp, element.UserTransport}}
	if diff := cmp.Diff(asap.Message(want), d.Message, equal); diff != "" || wire.ClassOf(err) != wire.Invalid {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
