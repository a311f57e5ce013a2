package udp

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"rserpool/registrar/transport"
)

// sackChunk acknowledges up to cumulative, and the gap blocks beyond.
func sackChunk(cumulative, window uint32, gaps ...uint16) chunk {
	value := binary.BigEndian.AppendUint32(nil, cumulative)
	value = binary.BigEndian.AppendUint32(value, window)
	value = append(value, 0, byte(len(gaps)/2), 0, 0)
	for _, g := range gaps {
		value = binary.BigEndian.AppendUint16(value, g)
	}
	return appendChunk(nil, chunkSack, 0, value)
}

// TestTakenBack: which SACKs take back what was acknowledged before.
func TestTakenBack(t *testing.T) {
	tsn := uint32(0xfffffffe) // the numbers wrap
	const open = 100000
	for _, c := range []struct {
		name  string
		sacks []chunk
		want  bool
	}{
		{"in order", []chunk{sackChunk(tsn, open), sackChunk(tsn+5, open)}, false},
		{"a gap that is filled", []chunk{sackChunk(tsn, open, 2, 3), sackChunk(tsn+3, open)}, false},
		{"two gaps, the first is filled", []chunk{sackChunk(tsn, open, 2, 3, 5, 9), sackChunk(tsn+3, open, 2, 6)}, false},
		{"the end is taken back", []chunk{sackChunk(tsn, open, 2, 9), sackChunk(tsn, open, 2, 8), sackChunk(tsn+8, open)}, true},
		{"all is taken back", []chunk{sackChunk(tsn, open, 2, 9), sackChunk(tsn+1, open)}, true},
		{"taken back after a later report", []chunk{sackChunk(tsn, open, 2, 2), sackChunk(tsn, open, 4, 9), sackChunk(tsn+3, open)}, true},
		{"nobody believed it", []chunk{sackChunk(tsn, 0, 2, 9), sackChunk(tsn+1, open)}, false},
		{"overtaken on the way", []chunk{sackChunk(tsn+2, open, 2, 9), sackChunk(tsn, open), sackChunk(tsn+11, open)}, false},
		{"overtaken, same point", []chunk{sackChunk(tsn, open, 2, 9), sackChunk(tsn, open), sackChunk(tsn+9, open)}, false},
		{"nonsense", []chunk{sackChunk(tsn, open, 1, 1, 5, 3, 0, 0), sackChunk(tsn, open), {3, 0, 0, 4}}, false},
	} {
		k, got := acknowledged{cumulative: tsn - 1}, false
		for _, sack := range c.sacks {
			_, back := k.take(sack)
			got = got || back
		}
		if got != c.want {
			t.Errorf("%s: taken back %v, want %v", c.name, got, c.want)
		}
	}
}

// threeOf returns an association that has sent three messages, each in a packet of its
// own, and what the first of them is numbered.
func threeOf(t *testing.T) (*association, *rawPeer, uint32) {
	t.Helper()
	m := listen(t, calm())
	r := newRawPeer(t, m)
	a := r.associate(m)
	for i := range uint32(3) {
		if err := a.Send(testContext(t), transport.Message{PPID: 11, Data: make([]byte, mtu/2)}); err != nil {
			t.Fatal(err)
		}
		r.sent(r.theirs.tsn + i)
	}
	return a, r, r.theirs.tsn
}

// sent waits for DATA, sent for the first time or again.
func (r *rawPeer) sent(tsn uint32) {
	r.t.Helper()
	for {
		if _, c := r.expect(chunkData); binary.BigEndian.Uint32(c[4:]) == tsn {
			return
		}
	}
}

// TestPeerTakesBack: better an end than DATA that is never sent again.
func TestPeerTakesBack(t *testing.T) {
	a, r, first := threeOf(t)
	r.send(r.theirs.tag, sackChunk(first-1, 100000, 2, 3))
	r.send(r.theirs.tag, sackChunk(first, 100000))
	waitDone(t, a)
	if err := a.Err(); !errors.Is(err, transport.ErrAborted) || !strings.Contains(err.Error(), "takes back") {
		t.Errorf("want ErrAborted with the reason, got %v", err)
	}
}

// TestPeerWithoutRoom: what a peer acknowledges out of order while it has no room is
// kept until it acknowledges it in order.
func TestPeerWithoutRoom(t *testing.T) {
	_, r, first := threeOf(t)
	r.send(r.theirs.tag, sackChunk(first-1, 0, 2, 3))
	r.send(r.theirs.tag, sackChunk(first, 100000))
	r.sent(first + 1)
	r.send(r.theirs.tag, sackChunk(first+1, 100000))
	r.sent(first + 2)
}
