package dtls

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v3/pkg/protocol/alert"

	"rserpool/registrar/transport"
)

// inClear is a record without protection.
func inClear(kind contentType, sequence uint64, fragment []byte) []byte {
	b := []byte{byte(kind), 0xfe, 0xfd}
	b = binary.BigEndian.AppendUint64(b, sequence) // epoch 0 above
	b = binary.BigEndian.AppendUint16(b, uint16(len(fragment)))
	return append(b, fragment...)
}

// forgedHello is a ClientHello as the engine writes it, of nobody.
func forgedHello() []byte {
	body := []byte{0xfe, 0xfd}
	random := make([]byte, randomSize)
	rand.Read(random)
	body = append(body, random...)
	body = append(body, 0, 0, 0, 2, 0xcc, 0xac, 1, 0) // no session, no cookie, one suite, no compression
	body = append(body, 0, 12, 0, 10, 0, 4, 0, 2, 0, 29, 0, 23, 0, 0)
	message := []byte{byte(handshakeClientHello), 0, 0, byte(len(body)), 0, 0, 0, 0, 0, 0, 0, byte(len(body))}
	return inClear(contentHandshake, 0, append(message, body...))
}

// through connects two listeners by a relay.
func through(t *testing.T, c transport.Config) (r *relay, a, b transport.Association) {
	t.Helper()
	la, lb := listen(t, keyed("a"), c), listen(t, keyed("b"), c)
	r = newRelay(t, lb.Addrs()[0])
	a, b = connect(t, la, lb, r.address(lb))
	return r, a, b
}

// What is not DTLS, or means nothing at this moment, is ignored: no answer and
// nothing kept. A good client is served all the same.
func TestGarbage(t *testing.T) {
	m := listen(t, keyed("b"), quick())
	stranger := freePort(t)
	hello := forgedHello()
	for _, b := range [][]byte{
		{},
		{22},
		make([]byte, 100), []byte("GET / HTTP/1.1\r\n\r\n"),
		seal(appendChunk(appendHeader(nil, header{m.port, m.port, 0}), chunkInit, make([]byte, initSize))),
		hello[:20], hello[:recordHeader+handshakeHeader],
		inClear(contentApplicationData, 0, []byte("hello")),
		inClear(contentAlert, 0, []byte{2, 40}),
		inClear(contentChangeCipherSpec, 0, []byte{1}),
		inClear(99, 0, []byte{1}),
		inClear(contentHandshake, 1<<48, make([]byte, 60)), // epoch 1
		inClear(contentHandshake, 0, make([]byte, 60)),
	} {
		if _, err := stranger.WriteToUDPAddrPort(b, m.sockets[0].Bound()); err != nil {
			t.Fatal(err)
		}
	}
	connect(t, listen(t, keyed("a"), quick()), m)
	m.mu.Lock()
	if len(m.places) != 1 || len(m.doubtful) != 0 {
		t.Errorf("%d places and %d doubtful sessions, want those of the good client", len(m.places), len(m.doubtful))
	}
	m.mu.Unlock()
	stranger.SetReadDeadline(time.Now())
	if n, err := stranger.Read(make([]byte, 2000)); err == nil {
		t.Errorf("an answer of %d bytes", n)
	}
}

// SEC-09, SEC-27: ClientHellos from addresses that never return the cookie cost a
// constant, and a good client gets in meanwhile.
func TestForgedHellos(t *testing.T) {
	const count = 5000
	c := quick()
	c.MaxHalfOpen = 32
	c.HandshakeTimeout = patience // nothing ends by itself
	m := listen(t, keyed("b"), c)
	var strangers []*net.UDPConn
	for range 100 {
		strangers = append(strangers, freePort(t))
	}
	// What comes back is shorter than what was sent: nobody is made to flood others.
	if _, err := strangers[0].WriteToUDPAddrPort(forgedHello(), m.sockets[0].Bound()); err != nil {
		t.Fatal(err)
	}
	strangers[0].SetReadDeadline(time.Now().Add(patience))
	if n, err := strangers[0].Read(make([]byte, 2000)); err != nil || n >= len(forgedHello()) {
		t.Errorf("an answer of %d bytes, %v, want less than %d", n, err, len(forgedHello()))
	}
	before, heap := runtime.NumGoroutine(), heapInUse()
	most := 0
	for i := range count {
		if _, err := strangers[i%len(strangers)].WriteToUDPAddrPort(forgedHello(), m.sockets[0].Bound()); err != nil {
			t.Fatal(err)
		}
		most = max(most, runtime.NumGoroutine())
		if i == count/2 {
			m.mu.Lock()
			m.rate = rate{} // as if the flood had paused
			m.mu.Unlock()
			connect(t, listen(t, keyed("a"), c), m)
		}
	}
	eventually(t, "all but the newest are given up", func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return len(m.doubtful) <= c.MaxHalfOpen && m.serving <= c.MaxHalfOpen+1
	})
	// Up to 3*MaxHalfOpen sessions are alive or end, with six goroutines at most.
	if limit := before + 3*6*c.MaxHalfOpen; most > limit {
		t.Errorf("%d goroutines at the most, %d before, want at most %d", most, before, limit)
	}
	if grown := heapInUse() - heap; grown > 16<<20 {
		t.Errorf("the heap has grown by %d KB", grown>>10)
	}
	t.Logf("%d forged: %d goroutines before, %d at the most; heap %+d KB", count, before, most, (heapInUse()-heap)>>10)
}

func heapInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// What anybody could send does nothing to an association: the engine alone would
// answer some of it with a fatal alert to the peer.
func TestForgedRecords(t *testing.T) {
	r, a, b := through(t, quick())
	send(t, a, "first") // now the server knows that the client is done
	recv(t, b)
	for _, forged := range [][]byte{
		inClear(contentApplicationData, 900, []byte("forged")),
		inClear(contentAlert, 901, []byte{2, 40}),
		inClear(contentAlert, 902, []byte{1, 0}),
		inClear(contentChangeCipherSpec, 903, []byte{1}),
		inClear(contentHandshake, 904, make([]byte, 30)),
		inClear(contentHandshake, 905, []byte{20, 0, 0, 12, 0, 9, 0, 0, 0, 0, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}),
		inClear(contentApplicationData, 1<<48|906, make([]byte, 60)),
		inClear(contentAlert, 1<<48|907, make([]byte, 26)),
		inClear(contentApplicationData, 2<<48|908, make([]byte, 60)),
		forgedHello(),
	} {
		r.inject(forged)
		send(t, a, "there")
		if got := recv(t, b); got != "there" {
			t.Fatalf("after %x: got %q", forged, got)
		}
		send(t, b, "back")
		if got := recv(t, a); got != "back" {
			t.Fatalf("after %x: got %q", forged, got)
		}
	}
	if a.Err() != nil || b.Err() != nil {
		t.Errorf("ended: %v, %v", a.Err(), b.Err())
	}
}

// SEC-17: a record changed on the way is as good as lost: what it said arrives
// once, unchanged, in the copy sent again.
func TestModifiedRecord(t *testing.T) {
	r, a, b := through(t, quick())
	var changed atomic.Int32
	r.setFate(func(d []byte, _ bool) [][]byte {
		if changed.Add(1) <= 5 {
			d[len(d)-1-int(changed.Load())%16] ^= 1
		}
		return [][]byte{d}
	})
	for _, text := range []string{"one", "two", "three"} {
		send(t, a, text)
	}
	for _, text := range []string{"one", "two", "three"} {
		if got := recv(t, b); got != text {
			t.Errorf("want %q, got %q", text, got)
		}
	}
	if changed.Load() <= 5 {
		t.Error("nothing was sent again")
	}
	// When all are changed, the association ends; nothing that was changed arrives.
	r.setFate(func(d []byte, _ bool) [][]byte {
		d[len(d)-1] ^= 1
		return [][]byte{d}
	})
	send(t, a, "four")
	waitDone(t, a)
	waitDone(t, b)
	all(t, "changed for ever", a.Err(), transport.ErrLost)
	if m, err := b.Recv(testContext(t)); !errors.Is(err, transport.ErrLost) {
		t.Errorf("want ErrLost, got %q, %v", m.Data, err)
	}
}

// SEC-16: datagrams of an association sent again, in it and to a new one, change
// nothing.
func TestReplay(t *testing.T) {
	la, lb := listen(t, keyed("a"), quick()), listen(t, keyed("b"), quick())
	r := newRelay(t, lb.Addrs()[0])
	record := make(chan []byte, 10000)
	r.setFate(func(d []byte, toServer bool) [][]byte {
		if toServer {
			record <- bytes.Clone(d)
			return [][]byte{d, d} // at once
		}
		return [][]byte{d}
	})
	a, b := connect(t, la, lb, r.address(lb))
	for _, text := range []string{"one", "two", "three"} {
		send(t, a, text)
		if got := recv(t, b); got != text {
			t.Fatalf("want %q, got %q", text, got)
		}
	}
	r.setFate(nil)
	first := len(record)
	for range first { // later, in the same association
		d := <-record
		r.inject(d)
		record <- d
	}
	send(t, a, "four")
	if got := recv(t, b); got != "four" {
		t.Errorf("want the message after the replayed ones, got %q", got)
	}
	if err := a.Shutdown(testContext(t)); err != nil {
		t.Fatal(err)
	}
	waitDone(t, b)
	for range first { // without one
		d := <-record
		r.inject(d)
		record <- d
	}
	a, b = connect(t, la, lb, r.address(lb))
	for range first { // in another one
		r.inject(<-record)
	}
	send(t, a, "five")
	if got := recv(t, b); got != "five" {
		t.Errorf("want the first message of the new association, got %q", got)
	}
	if n := len(lb.backlog); n != 0 {
		t.Errorf("%d associations out of replayed datagrams", n)
	}
}

// A dial that took up a forged cookie, or one of a listener that restarted since,
// begins anew.
func TestForgedCookie(t *testing.T) {
	la, lb := listen(t, keyed("a"), quick()), listen(t, keyed("b"), quick())
	r := newRelay(t, lb.Addrs()[0])
	forged := inClear(contentHandshake, 0, append([]byte{3, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 7}, 0xfe, 0xfd, 4, 1, 2, 3, 4))
	var once atomic.Bool
	r.setFate(func(d []byte, toServer bool) [][]byte {
		if !toServer && !once.Swap(true) {
			return [][]byte{forged, d}
		}
		return [][]byte{d}
	})
	connect(t, la, lb, r.address(lb))
	if !once.Load() {
		t.Error("nothing was forged")
	}
}

// Whoever was pushed out by strangers before it could return the cookie, is told so
// and begins anew: a flood costs it a round trip.
func TestPushedOut(t *testing.T) {
	c := quick()
	c.MaxHalfOpen = 1
	la, lb := listen(t, keyed("a"), quick()), listen(t, keyed("b"), c)
	r, stranger := newRelay(t, lb.Addrs()[0]), freePort(t)
	var times atomic.Int32
	r.setFate(func(d []byte, toServer bool) [][]byte {
		first, _ := nextRecord(d)
		if h, ok := parseHello(first); ok && toServer && h.sequence > 0 && times.Add(1) <= 2 {
			if _, err := stranger.WriteToUDPAddrPort(forgedHello(), lb.sockets[0].Bound()); err != nil {
				t.Error(err)
			}
			eventually(t, "the stranger has the only place", func() bool {
				lb.mu.Lock()
				defer lb.mu.Unlock()
				return len(lb.doubtful) == 1 && lb.doubtful[0].path.Remote.String() == stranger.LocalAddr().String()
			})
		}
		return [][]byte{d}
	})
	connect(t, la, lb, r.address(lb))
	if times.Load() < 3 {
		t.Errorf("%d cookies returned, want one more than were forgotten", times.Load())
	}
}

// A cookie that nobody gave is answered by an alert, and nothing is kept.
func TestUnknownCookie(t *testing.T) {
	m, stranger := listen(t, keyed("b"), quick()), freePort(t)
	hello := forgedHello()
	hello[recordHeader+5] = 1 // message sequence
	if _, err := stranger.WriteToUDPAddrPort(hello, m.sockets[0].Bound()); err != nil {
		t.Fatal(err)
	}
	stranger.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 2000)
	if n, err := stranger.Read(b); err != nil || !bytes.Equal(b[:n], fatalAlert(alert.AccessDenied)) {
		t.Errorf("got %x, %v", b[:n], err)
	}
	if n := kept(m); n != 0 {
		t.Errorf("%d entries are kept", n)
	}
}

// SEC-18: neither messages nor keys are to be seen on the way.
func TestNothingInClear(t *testing.T) {
	for _, way := range []string{"key", "certificate"} {
		t.Run(way, func(t *testing.T) {
			ca, cb := keyed("a"), keyed("b")
			if way == "certificate" {
				scope := newAuthority(t)
				ca, cb = scope.member(t, "registrar:1"), scope.member(t, "registrar:2")
			}
			la, lb := listen(t, ca, quick()), listen(t, cb, quick())
			r := newRelay(t, lb.Addrs()[0])
			var seen bytes.Buffer
			r.setFate(func(d []byte, _ bool) [][]byte {
				seen.Write(d)
				return [][]byte{d}
			})
			a, b := connect(t, la, lb, r.address(lb))
			send(t, a, "pool handle of the secret pool")
			recv(t, b)
			send(t, b, "transport address of an element")
			recv(t, a)
			a.Abort("because of a secret reason")
			waitDone(t, b)
			r.setFate(nil) // now seen is ours
			if seen.Len() < 500 {
				t.Fatalf("the relay saw %d bytes only", seen.Len())
			}
			for _, text := range []string{"secret", "element", string(keyOf("a")), string(keyOf("b"))} {
				if bytes.Contains(seen.Bytes(), []byte(text)) {
					t.Errorf("%q was to be seen", text)
				}
			}
		})
	}
}
