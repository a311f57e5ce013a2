package udp

import (
	"encoding/binary"
	"sync/atomic"
	"time"
)

// window is the receiver window as the peer is told of it. The engine counts the
// bytes that it holds itself, and those go to the inbox at once; what waits there is
// what the window is for.
type window struct {
	// shut: the last SACK had no room in it.
	shut atomic.Bool
	// highest is the last TSN that was taken, taken when that was.
	highest atomic.Uint32
	taken   atomic.Int64
}

// takes reports whether the engine gets DATA that came at the time now. A peer that
// knows there is no room asks with single chunks (RFC 9260 section 6.1), and would
// ask without a pause if each was taken. What was on its way is taken, and what others
// wait for; one chunk now and then, since a kernel gives up whom it has sent too much
// to and who takes none of it.
func (w *window) takes(tsn uint32, now time.Duration) bool {
	quiet := now - time.Duration(w.taken.Load())
	missing := before(tsn, w.highest.Load())
	if w.shut.Load() && !missing && quiet >= burstPause && quiet < probePause {
		return false
	}
	if !missing {
		w.highest.Store(tsn)
	}
	w.taken.Store(int64(now))
	return true
}

// room is how much user data may still come. What waits costs more than its data:
// the rest of the space is taken to be filled by messages like those that wait.
func room(data, cost int) int {
	n := max(receiveBuffer-cost, 0)
	if cost > 0 {
		n = int(int64(n) * int64(data) / int64(cost))
	}
	if n < mtu {
		return 0 // not worth a packet (RFC 9260 section 6.1, RFC 1122 section 4.2.3.3)
	}
	return n
}

// advertise lowers the window of a SACK chunk of the engine to what there is
// room for.
func (a *association) advertise(sack chunk) {
	if len(sack) < 12 {
		return
	}
	n := min(binary.BigEndian.Uint32(sack[8:]), uint32(room(a.inbox.Held())))
	binary.BigEndian.PutUint32(sack[8:], n)
	a.window.shut.Store(n == 0)
}

// overrun reports whether the peer goes on sending although it was told long ago that
// there is no room.
func (a *association) overrun() bool {
	_, cost := a.inbox.Held()
	return cost >= 2*receiveBuffer
}

// reopen tells the peer that there is room again, which it would find out by asking,
// with ever longer waits.
func (a *association) reopen() {
	if !a.window.shut.Load() {
		return
	}
	if _, cost := a.inbox.Held(); cost <= receiveBuffer/2 && a.window.shut.Swap(false) {
		a.acknowledge()
	}
}

// acknowledge makes the engine send a SACK. It does so at once for a DATA chunk
// that it has seen before and that asks for it (the I bit, RFC 9260 section 3.3.1).
func (a *association) acknowledge() {
	const iBit, whole = 8, 3
	value := binary.BigEndian.AppendUint32(nil, a.peer.tsn-1)
	value = append(value, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	a.conn.push(appendChunk(appendEngineHeader(nil, a.local.tag), chunkData, iBit|whole, value))
}
