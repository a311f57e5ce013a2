package udp

import (
	"encoding/binary"
	"testing"
	"time"
)

// rwnd is the window in the next SACK that r gets.
func (r *rawPeer) rwnd() uint32 {
	r.t.Helper()
	_, c := r.expect(chunkSack)
	return binary.BigEndian.Uint32(c[8:])
}

// TestWindow: a peer is told that nobody reads before it has sent too much, however
// small its messages are, and hears by itself that there is room again.
func TestWindow(t *testing.T) {
	for _, size := range []int{1, 100, 1000} {
		m := listen(t, calm())
		r := newRawPeer(t, m)
		a := r.associate(m)
		var sent uint32
		burst := func() uint32 { // two packets, the second of which is acknowledged at once
			for range 2 {
				var chunks [][]byte
				for range max(1, 1000/(size+16)) {
					chunks = append(chunks, data(r.offer.tsn+sent, 0, uint16(sent), 11, make([]byte, size)))
					sent++
				}
				r.send(r.theirs.tag, chunks...)
			}
			return r.rwnd()
		}
		last := uint32(receiveBuffer)
		for n := last; n > 0; n = burst() {
			// It ends where a packet would not fit, and not from one moment to the next.
			if n > last || n < mtu {
				t.Fatalf("%d bytes: window of %d after one of %d", size, n, last)
			}
			last = n
		}
		if last > receiveBuffer/8 {
			t.Errorf("%d bytes: window from %d to 0", size, last)
		}
		for range sent {
			recvText(t, a)
		}
		if n := r.rwnd(); n < mtu {
			t.Errorf("%d bytes: window of %d after %d messages were read", size, n, sent)
		}
	}
}

// TestShut: what is taken when there is no room.
func TestShut(t *testing.T) {
	const now = time.Minute
	for _, c := range []struct {
		name  string
		shut  bool
		tsn   uint32
		quiet time.Duration
		want  bool
	}{
		{"there is room", false, 3, probePause / 2, true},
		{"on its way", true, 3, time.Millisecond, true},
		{"the peer asks", true, 3, burstPause, false},
		{"the peer asks again", true, 3, probePause - 1, false},
		{"and again", true, 3, probePause, true},
		{"others wait for it", true, 1, probePause / 2, true},
	} {
		var w window
		w.highest.Store(2)
		w.taken.Store(int64(now))
		w.shut.Store(c.shut)
		if got := w.takes(c.tsn, now+c.quiet); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		taken := time.Duration(w.taken.Load())
		if c.want != (taken == now+c.quiet) {
			t.Errorf("%s: remembered %v", c.name, taken)
		}
		if want := max(2, c.tsn); c.want && w.highest.Load() != want {
			t.Errorf("%s: highest %d, want %d", c.name, w.highest.Load(), want)
		}
	}
}

// TestOverrun: whoever sends on without regard to the window is not kept.
func TestOverrun(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	a := r.associate(m)
	for i := range uint32(3 * receiveBuffer / 1000) {
		r.send(r.theirs.tag, data(r.offer.tsn+i, 0, uint16(i), 11, make([]byte, 1000)))
		if i%2 == 1 {
			r.rwnd()
		}
	}
	// What waits for the engine is not counted yet.
	const most = 2*receiveBuffer + packetQueue*(1000+64)
	if _, cost := a.inbox.Held(); cost > most || cost < receiveBuffer-2*mtu {
		t.Errorf("%d bytes are held, at most %d may be", cost, most)
	}
	if err := a.Err(); err != nil {
		t.Error(err)
	}
}

func TestRoom(t *testing.T) {
	for _, c := range []struct{ data, cost, want int }{
		{0, 0, receiveBuffer},
		{receiveBuffer / 2, receiveBuffer / 2, receiveBuffer / 2},
		{receiveBuffer / 4, receiveBuffer / 2, receiveBuffer / 4}, // half of the rest
		{receiveBuffer - mtu, receiveBuffer - mtu, mtu},
		{receiveBuffer - mtu + 1, receiveBuffer - mtu + 1, 0},
		{3 * receiveBuffer, 3 * receiveBuffer, 0},
		{10, 650, (receiveBuffer - 650) * 10 / 650},
	} {
		if got := room(c.data, c.cost); got != c.want {
			t.Errorf("room(%d, %d) = %d, want %d", c.data, c.cost, got, c.want)
		}
	}
}
