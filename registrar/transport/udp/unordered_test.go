package udp

import (
	"sync/atomic"
	"testing"

	"rserpool/registrar/transport"
)

// Messages that need no order carry the U flag in every chunk (RFC 9260 section
// 3.3.1), and only they: each of them overtakes one that is lost at first.
func TestUnorderedOvertakes(t *testing.T) {
	la, lb := listen(t, quick()), listen(t, quick())
	r, a, b := through(t, la, lb)
	var lose atomic.Bool
	var flagged, plain atomic.Int32
	underWay := make(chan struct{}, 1)
	r.setFate(func(packet []byte, toServer bool) [][]byte {
		_, chunks, err := parsePacket(packet)
		if err != nil || !toServer {
			return [][]byte{packet}
		}
		ordered := false
		for len(chunks) > 0 {
			var c chunk
			if c, chunks = nextChunk(chunks); c.kind() != chunkData {
				continue
			}
			if c[1]&4 != 0 {
				flagged.Add(1)
			} else {
				plain.Add(1)
				ordered = true
				select {
				case underWay <- struct{}{}:
				default:
				}
			}
		}
		if ordered && lose.Load() {
			return nil
		}
		return [][]byte{packet}
	})
	send := func(text string, unordered bool) {
		t.Helper()
		m := transport.Message{PPID: transport.PPIDASAP, Unordered: unordered, Data: []byte(text)}
		if err := a.Send(testContext(t), m); err != nil {
			t.Fatal(err)
		}
	}
	lose.Store(true)
	send("first", false)
	select {
	case <-underWay: // not in one packet with the next
	case <-testContext(t).Done():
		t.Fatal("nothing was sent")
	}
	send("second", true)
	if got := recvText(t, b); got != "second" {
		t.Errorf("got %q, want the message that needs no order", got)
	}
	lose.Store(false)
	if got := recvText(t, b); got != "first" {
		t.Errorf("got %q, want the message that was lost at first", got)
	}
	send("third", false)
	if got := recvText(t, b); got != "third" {
		t.Errorf("got %q, want order again", got)
	}
	if flagged.Load() != 1 || plain.Load() < 3 { // "first" twice at least
		t.Errorf("%d chunks with the U flag and %d without, want 1 and 3 or more", flagged.Load(), plain.Load())
	}
}
