package dtls

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pion/dtls/v3/pkg/protocol/alert"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
)

func TestNextRecord(t *testing.T) {
	whole := inClear(contentHandshake, 7, []byte("abc"))
	for _, c := range []struct {
		name string
		b    []byte
		rest int // -1: no record
	}{
		{"whole", whole, 0},
		{"two", append(bytes.Clone(whole), whole...), len(whole)},
		{"empty fragment", inClear(contentAlert, 0, nil), 0},
		{"nothing", nil, -1},
		{"header cut short", whole[:recordHeader-1], -1},
		{"fragment cut short", whole[:len(whole)-1], -1},
		{"unknown content", inClear(24, 0, nil), -1},
		{"TLS", append([]byte{22, 3, 3}, whole[3:]...), -1},
		{"DTLS 1.1, which there is not", append([]byte{22, 0xfe, 0xfe}, whole[3:]...), -1},
	} {
		r, rest := nextRecord(c.b)
		if r == nil != (c.rest < 0) || r != nil && len(rest) != c.rest {
			t.Errorf("%s: got %d bytes, %d left", c.name, len(r), len(rest))
		}
	}
}

func TestParseHello(t *testing.T) {
	good := forgedHello()
	edit := func(at int, to byte) []byte {
		b := bytes.Clone(good)
		b[at] = to
		return b
	}
	h, ok := parseHello(good)
	if !ok || h.sequence != 0 || !bytes.Equal(h.random[:], good[recordHeader+14:recordHeader+46]) {
		t.Errorf("got %v, %v", h, ok)
	}
	if tok := h.token(); !bytes.Equal(tok[:], good[recordHeader+18:recordHeader+26]) {
		t.Errorf("token %x", tok)
	}
	for name, b := range map[string][]byte{
		"another message": edit(recordHeader, 2),
		"an alert":        edit(0, byte(contentAlert)),
		"protected":       edit(4, 1),
		"later fragment":  edit(recordHeader+8, 1),
		"short":           inClear(contentHandshake, 0, good[recordHeader:recordHeader+45]),
		"empty":           inClear(contentHandshake, 0, nil),
	} {
		if _, ok := parseHello(record(b)); ok {
			t.Errorf("%s: taken for a ClientHello", name)
		}
	}
}

// The alerts written here are records like others.
func TestFatalAlert(t *testing.T) {
	r, rest := nextRecord(fatalAlert(80))
	if r == nil || len(rest) != 0 || r.kind() != contentAlert || r.epoch() != 0 || !bytes.Equal(r.fragment(), []byte{2, 80}) {
		t.Errorf("got %x", []byte(r))
	}
}

// TestWants: what an engine may see, by how far the session is.
func TestWants(t *testing.T) {
	const server, client = false, true
	for _, c := range []struct {
		name                        string
		client, complete, confirmed bool
		kind                        contentType
		epoch                       uint64
		want                        bool
	}{
		{"handshake", server, false, false, contentHandshake, 0, true},
		{"change of cipher", client, false, false, contentChangeCipherSpec, 0, true},
		{"alert", client, false, false, contentAlert, 0, true},
		{"data in clear", client, false, false, contentApplicationData, 0, false},
		{"protected data", client, true, false, contentApplicationData, 1, true},
		{"protected, early", client, false, false, contentApplicationData, 1, true},
		{"protected by the next keys", client, true, false, contentApplicationData, 2, false},
		{"client's last flight again", server, true, false, contentHandshake, 0, true},
		{"client's last flight, too late", server, true, true, contentHandshake, 0, false},
		{"handshake to a client that is done", client, true, false, contentHandshake, 0, false},
		{"alert afterwards", server, true, false, contentAlert, 0, false},
		{"data in clear afterwards", server, true, false, contentApplicationData, 0, false},
	} {
		s := newSession(&mux{}, datagram.Path{}, credentials{}, c.client)
		s.complete.Store(c.complete)
		s.confirmed.Store(c.confirmed)
		fragment := make([]byte, 20)
		if c.kind == contentAlert {
			fragment = []byte{byte(alert.Fatal), byte(alert.HandshakeFailure)}
		}
		s.push(inClear(c.kind, c.epoch<<48, fragment))
		if got := s.arrived.pop() != nil; got != c.want {
			t.Errorf("%s: want %v, got %v", c.name, c.want, got)
		}
	}
}

// FuzzPush: whatever comes, an engine sees whole records it wants, in order.
func FuzzPush(f *testing.F) {
	hello := forgedHello()
	f.Add(hello, true)
	f.Add(append(bytes.Clone(hello), inClear(contentApplicationData, 1<<48, []byte("data"))...), false)
	f.Add(fatalAlert(80), true)
	f.Fuzz(func(t *testing.T, b []byte, complete bool) {
		before := bytes.Clone(b)
		s := newSession(&mux{}, datagram.Path{}, credentials{}, true)
		s.complete.Store(complete)
		s.push(b)
		if !bytes.Equal(b, before) {
			t.Fatal("the datagram was changed")
		}
		for kept := s.arrived.pop(); len(kept) > 0; {
			r, rest := nextRecord(kept)
			if r == nil || !s.wants(r) {
				t.Fatalf("kept %x", kept)
			}
			kept = rest
		}
	})
}

// FuzzInit: an INIT comes out with what was offered at the most, and comes out of
// that unchanged.
func FuzzInit(f *testing.F) {
	f.Add(appendParameter(make([]byte, initSize), paramZeroChecksum, []byte{0, 0, 0, 1}), uint16(4), uint16(16))
	f.Add(appendParameter(make([]byte, initSize), 12, []byte{0, 5}), uint16(4), uint16(16))
	f.Add([]byte{1, 2, 3}, uint16(0), uint16(0))
	f.Fuzz(func(t *testing.T, value []byte, out, in uint16) {
		if len(value) > 4000 {
			return
		}
		once := modestInit(appendChunk(nil, chunkInit, value), out, in)
		if len(once.value()) < initSize {
			return
		}
		if binary.BigEndian.Uint16(once[12:]) > out || binary.BigEndian.Uint16(once[14:]) > in {
			t.Errorf("offers %x", []byte(once))
		}
		c, rest := nextChunk(once)
		if len(rest) != 0 && len(c)%4 == 0 {
			t.Errorf("more than one chunk: %x", []byte(once))
		}
		if again := modestInit(c, out, in); !bytes.Equal(once, again) {
			t.Errorf("%x, then %x", []byte(once), []byte(again))
		}
	})
}

// SEC-28: what a peer says behind its proof may still be anything.
func TestAnythingFromInside(t *testing.T) {
	random := rand.New(rand.NewChaCha8([32]byte{17}))
	la, lb := listen(t, keyed("a"), quick()), listen(t, keyed("b"), quick())
	for range 20 {
		a, b := connect(t, la, lb)
		inside := a.(*association).conn
		for range 100 {
			value := make([]byte, random.IntN(60))
			for i := range value {
				value[i] = byte(random.Uint32() >> (random.Uint32() % 25)) // small numbers, too
			}
			inside.send(chunkType(random.Uint32()%16), value)
			_, _ = inside.dtls.Write(value)
		}
		a.Abort("enough")
		waitDone(t, b)
	}
	eventually(t, "nothing is left", func() bool { return kept(lb) == 0 })
	a, b := connect(t, la, lb)
	send(t, a, "still there")
	recv(t, b)
}

// What would get an association stuck ends it, and both ends can tell why.
func TestViolations(t *testing.T) {
	header := func(stream uint16, payload ...byte) []byte {
		b := binary.BigEndian.AppendUint16(make([]byte, 4), stream)
		return append(append(b, 0, 0, 0, 0, 0, 11), payload...)
	}
	for _, c := range []struct {
		name  string
		value []byte
		want  string
	}{
		{"empty message", header(0), "without user data"},
		{"stream that was not offered", header(maxInboundStreams, 1), "stream 16"},
	} {
		a, b := connect(t, listen(t, keyed("a"), quick()), listen(t, keyed("b"), quick()))
		a.(*association).conn.send(chunkData, c.value)
		waitDone(t, a)
		waitDone(t, b)
		for _, s := range []transport.Association{a, b} {
			all(t, c.name, s.Err(), transport.ErrAborted)
			if !strings.Contains(s.Err().Error(), c.want) {
				t.Errorf("%s: %v", c.name, s.Err())
			}
		}
	}
}
