package inspect_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/inspect"
	"rserpool/registrar/wire/wiretest"
)

// longest is the largest multiple of 4 that a length can say.
const longest = 65532

// worst are messages of about size bytes that have as much in them to find, count, copy
// or complain about as can be. stops is what ends the reading.
var worst = []struct {
	name, proto, stops string
	make               func(size int) []byte
}{
	{"reported parameters", inspect.ASAP, "is missing", func(n int) []byte { return message(n, 5, nil, 0xc0, 1, 0, 4) }},
	{"skipped parameters", inspect.ENRP, "", func(n int) []byte { return message(n, 5, servers, 0x80, 1, 0, 4) }},
	{"causes", inspect.ASAP, "", func(n int) []byte { return through(message(n, 14, []byte{0, 12, 0, 0}, 0, 9, 0, 4), 4) }},
	{"a cause of causes", inspect.ASAP, "", func(n int) []byte {
		return through(message(n, 14, []byte{0, 12, 0, 0, 0, 3, 0, 0}, 0, 9, 0, 4), 4, 8)
	}},
	{"errors in errors", inspect.ASAP, "", func(n int) []byte { return nested(message(n, 14, nil, 0, 0, 0, 4), 4, 4, 0, 12) }},
	{"addresses", inspect.ENRP, "", func(n int) []byte {
		begin := append(bytes.Clone(servers), 0, 11, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 7, 0, 0)
		return through(message(n, 6, begin, 0, 1, 0, 8, 192, 0, 2, 1), 12, 20)
	}},
	{"servers", inspect.ENRP, "", func(n int) []byte {
		return message(n, 6, servers, 0, 11, 0, 24, 0, 0, 0, 3, 0, 4, 0, 16, 0, 7, 0, 0, 0, 1, 0, 8, 192, 0, 2, 1)
	}},
	{"elements", inspect.ASAP, "", func(n int) []byte { return message(n, 6, []byte{0, 9, 0, 4}, smallest...) }},
	{"pools of one element", inspect.ENRP, "", func(n int) []byte {
		return message(n, 3, servers, append([]byte{0, 9, 0, 4}, smallest...)...)
	}},
	{"headers of elements", inspect.ASAP, "need 4 bytes", func(n int) []byte { return message(n, 6, []byte{0, 9, 0, 4}, 0, 10, 0, 4) }},
	{"elements in elements", inspect.ASAP, "expected parameter 0x0009", func(n int) []byte {
		return nested(message(n, 1, nil, 0, 0, 0, 4), 4, 16, 0, 10)
	}},
	{"transports in transports", inspect.ENRP, "expected parameter 0x000c", func(n int) []byte {
		return nested(message(n, 10, servers, 0, 0, 0, 4), 12, 8, 0, 4)
	}},
	{"unknown message", inspect.ASAP, "unknown type", func(n int) []byte { return message(n, 0x4f, nil, 0xff) }},
	{"no parameters", inspect.ENRP, "length 65535", func(n int) []byte { return message(n, 1, servers, 0xff) }},
}

// servers are the sending and the receiving one.
var servers = []byte{0, 0, 0, 1, 0, 0, 0, 2}

// smallest is an element with an opaque transport and a policy, both empty.
var smallest = []byte{0, 10, 0, 32, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 16, 0, 4, 0, 8, 0, 8, 0, 0, 0, 1, 0xc0, 1, 0, 4}

// message is what begins it and then units, n bytes or what the last one leaves of them.
func message(n int, typ byte, begin []byte, unit ...byte) []byte {
	b := append([]byte{typ, 0, 0, 0}, begin...)
	for len(b)+len(unit) <= n {
		b = append(b, unit...)
	}
	return through(b, 0)
}

// through lets the parameters at these places go on to the end.
func through(b []byte, places ...int) []byte {
	for _, at := range places {
		binary.BigEndian.PutUint16(b[at+2:], uint16(len(b)-at))
	}
	return b
}

// nested puts a parameter to the end at each step.
func nested(b []byte, at, step int, typ ...byte) []byte {
	for ; at+step <= len(b); at += step {
		copy(b[at:], typ)
		through(b, at)
	}
	return b
}

// readings are what is done with messages, and how many bytes each byte may cost.
func readings(proto string) map[string]struct {
	per int
	do  func(b []byte)
} {
	type reading = struct {
		per int
		do  func(b []byte)
	}
	describe := reading{1024, func(b []byte) { inspect.Describe(proto, b).Message.AppendJSON(nil) }}
	if proto == inspect.ASAP {
		var d asap.Decoder
		return map[string]reading{
			"describe": describe,
			"parse":    {128, func(b []byte) { d, _ := asap.Parse(b); d.Reply() }},
			"decode":   {128, func(b []byte) { d.Decode(b) }},
		}
	}
	var d enrp.Decoder
	return map[string]reading{
		"describe": describe,
		"parse":    {128, func(b []byte) { d, _ := enrp.Parse(b); d.Reply(1) }},
		"decode":   {128, func(b []byte) { d.Decode(b) }},
		"frame":    {128, func(b []byte) { feed.Parse(b) }},
	}
}

// Reading takes memory in proportion to what came, whatever lengths claim. SEC-28
func TestMemoryOfTheWorst(t *testing.T) {
	for _, w := range worst {
		if got := inspect.Describe(w.proto, w.make(longest)).Problem; !strings.Contains(got, w.stops) || (got == "") != (w.stops == "") {
			t.Errorf("%s: the reading ends with %q, want %q", w.name, got, w.stops)
		}
		for name, r := range readings(w.proto) {
			for _, b := range [][]byte{w.make(longest), w.make(longest)[:longest/3], w.make(48)} {
				t.Run(w.name+"/"+name, func(t *testing.T) { wiretest.Bounded(t, len(b), r.per, func() { r.do(b) }) })
			}
		}
	}
	for name, r := range readings(inspect.ASAP) {
		b := []byte{5, 0, 0xff, 0xff, 0, 9, 0xff, 0xff}
		t.Run("claims/"+name, func(t *testing.T) { wiretest.Bounded(t, len(b), r.per, func() { r.do(b) }) })
	}
}

// Reading takes time in proportion to what came. SEC-28
func TestTimeOfTheWorst(t *testing.T) {
	if testing.Short() {
		t.Skip("as WebAssembly the clock is coarse, and the collector in the way")
	}
	for _, w := range worst {
		for name, r := range readings(w.proto) {
			t.Run(w.name+"/"+name, func(t *testing.T) { wiretest.Linear(t, w.make, longest, r.do) })
		}
	}
}
