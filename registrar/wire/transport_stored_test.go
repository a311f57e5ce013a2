package wire_test

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/wire"
	"rserpool/registrar/wire/wiretest"
)

func BenchmarkParseTransport(b *testing.B) {
	t := wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: addresses("192.0.2.1")}
	data := t.Append(nil)
	into := make([]netip.Addr, 0, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := wire.ParseTransport(data, into); err != nil {
			b.Fatal(err)
		}
	}
}

// stored are transports of every kind, with those that no message holds.
var stored = map[string]wire.Transport{
	"one IPv4":         {Type: wire.TypeSCTPTransport, Port: 7, Use: wire.DataAndControl, Addresses: addresses("192.0.2.1")},
	"TCP":              {Type: wire.TypeTCPTransport, Port: 65535, Addresses: addresses("255.255.255.255")},
	"one IPv6":         {Type: wire.TypeUDPTransport, Port: 9, Addresses: addresses("2001:db8::1")},
	"mapped":           {Type: wire.TypeUDPLiteTransport, Addresses: addresses("::ffff:192.0.2.1")},
	"many":             {Type: wire.TypeSCTPTransport, Addresses: addresses("192.0.2.1", "2001:db8::1", "192.0.2.1")},
	"DCCP":             {Type: wire.TypeDCCPTransport, Port: 7, ServiceCode: 0x01020304, Addresses: addresses("192.0.2.1")},
	"opaque":           {Type: wire.TypeOpaqueTransport, Opaque: "odd"},
	"opaque and empty": {Type: wire.TypeOpaqueTransport},
	"no address":       {Type: wire.TypeSCTPTransport, Port: 7},
	"DCCP, no address": {Type: wire.TypeDCCPTransport, ServiceCode: 8},
	"none":             {},
}

// What is stored comes back, and is the transport parameter of a message.
func TestStoredTransport(t *testing.T) {
	for name, want := range stored {
		b := want.Append([]byte("odd"))[3:]
		if tlv := want.TLV(); !bytes.HasPrefix(b, tlv) || len(b) != wire.Padded(len(tlv)) {
			t.Errorf("%s: %x, want %x and padding", name, b, tlv)
		}
		before := addresses("10.0.0.1")
		into := append(make([]netip.Addr, 0, 8), before...)
		got, rest, err := wire.ParseTransport(append(b, "rest"...), into)
		if diff := cmp.Diff(want, got, equal); diff != "" || err != nil || string(rest) != "rest" {
			t.Errorf("%s: %v, rest %q (-want +got):\n%s", name, err, rest, diff)
		}
		if cap(got.Addresses) != len(got.Addresses) {
			t.Errorf("%s: %d addresses with capacity %d", name, len(got.Addresses), cap(got.Addresses))
		}
		if n := len(got.Addresses); n > 0 && &got.Addresses[0] != &into[:1+n][1] || into[0] != before[0] {
			t.Errorf("%s: the addresses are not behind those that were there", name)
		}
		if got, _, err := wire.ParseTransport(b, nil); err != nil || !cmp.Equal(want, got, equal) {
			t.Errorf("%s: into nothing: %v, %v", name, got, err)
		}
	}
}

func TestParseTransportRefuses(t *testing.T) {
	for name, b := range map[string]string{
		"nothing":                "",
		"part of a header":       "\x00\x04\x00",
		"length below header":    "\x00\x04\x00\x03",
		"length beyond end":      "\x00\x04\x00\x10\x00\x07\x00\x00\x00\x01\x00\x08\xc0\x00\x02",
		"no port":                "\x00\x04\x00\x04",
		"DCCP, no service code":  "\x00\x03\x00\x08\x00\x07\x00\x00",
		"no transport":           "\x00\x09\x00\x08abcd",
		"address of no length":   "\x00\x04\x00\x10\x00\x07\x00\x00\x00\x01\x00\x04\xc0\x00\x02\x01",
		"address cut":            "\x00\x04\x00\x0c\x00\x07\x00\x00\x00\x01\x00\x08",
		"IPv6 in IPv4's length":  "\x00\x04\x00\x10\x00\x07\x00\x00\x00\x02\x00\x08\xc0\x00\x02\x01",
		"something behind it":    "\x00\x04\x00\x11\x00\x07\x00\x00\x00\x01\x00\x08\xc0\x00\x02\x01\x00\x00\x00\x00",
		"unknown, skipping type": "\x80\x04\x00\x08\x00\x07\x00\x00",
	} {
		got, rest, err := wire.ParseTransport([]byte(b), nil)
		if wire.ClassOf(err) != wire.Malformed || got.Present() || rest != nil {
			t.Errorf("%s: %v, rest %x, %v, want class %s", name, got, rest, err, wire.Malformed)
		}
	}
}

// FuzzParseTransport: no bytes do harm, and what was read is stored as it was.
func FuzzParseTransport(f *testing.F) {
	for _, t := range stored {
		f.Add(t.Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		wiretest.Bounded(t, len(b), 128, func() { wire.ParseTransport(b, nil) })
		first, rest, err := wire.ParseTransport(b, nil)
		if err != nil {
			return
		}
		again := first.Append(nil)
		if len(b)-len(rest) > len(again) {
			t.Errorf("%d bytes were read, %d are stored", len(b)-len(rest), len(again))
		}
		second, rest, err := wire.ParseTransport(again, nil)
		if diff := cmp.Diff(first, second, equal); diff != "" || err != nil || len(rest) != 0 {
			t.Errorf("%v, rest %x (-first +second):\n%s", err, rest, diff)
		}
	})
}
