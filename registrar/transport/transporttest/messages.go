package transporttest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/transport"
)

// pattern is n bytes in which a lost or swapped fragment shows.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ n)
	}
	return b
}

func testEchoSizes(t *testing.T, e Env) {
	a, b := connected(t, e)
	for _, n := range []int{1, 2, 3, 4, 5, 16, 100, 1171, 1172, 1173, 1191, 1400, 4096, 8192, 60000, 65532, 65535, 65536} {
		want := e.message(transport.PPIDASAP, pattern(min(n, e.largest())))
		send(t, a, want)
		there := recv(t, b)
		if diff := cmp.Diff(want, there); diff != "" {
			t.Fatalf("%d bytes (-want +got):\n%s", n, diff)
		}
		there.PPID = e.ppid(transport.PPIDENRP)
		send(t, b, there)
		back := recv(t, a)
		if back.PPID != there.PPID || !bytes.Equal(back.Data, want.Data) {
			t.Fatalf("%d bytes came back as %d bytes of PPID %d", n, len(back.Data), back.PPID)
		}
	}
}

func testOrder(t *testing.T, e Env) {
	const count = 2000
	a, b := connected(t, e)
	ctx := testContext(t)
	sent := make(chan error, 1)
	go func() {
		for i := range uint32(count) {
			// Sizes change from one packet to several, and the asked stream too,
			// to tempt a backend into another order.
			data := append(binary.BigEndian.AppendUint32(nil, i), make([]byte, i*37%4000)...)
			m := e.message(i, data)
			m.Stream = uint16(i % 3)
			if err := a.Send(ctx, m); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for i := range uint32(count) {
		m := recv(t, b)
		data := e.data(m)
		if got := binary.BigEndian.Uint32(data); got != i || m.PPID != e.ppid(i) || m.Stream != 0 || len(data) != 4+int(i*37%4000) {
			t.Fatalf("message %d: got number %d, PPID %d, stream %d, %d bytes", i, got, m.PPID, m.Stream, len(data))
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
}

// testUnordered: what needs no order may overtake, and arrives all the same. The
// receiver reads nothing for a while, so that much is under way at once.
func testUnordered(t *testing.T, e Env) {
	const count = 300
	a, b := connected(t, e)
	ctx := testContext(t)
	sent := make(chan error, 1)
	go func() {
		for i := range uint32(count) {
			m := e.message(100+i, append(binary.BigEndian.AppendUint32(nil, i), pattern(int(i*37%4000))...))
			m.Unordered = i%3 != 0 // some in order between them
			if err := a.Send(ctx, m); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	ordered := -1
	seen := make(map[uint32]bool)
	for range count {
		m := recv(t, b)
		data := e.data(m)
		i := binary.BigEndian.Uint32(data)
		if seen[i] || i >= count || m.PPID != e.ppid(100+i) || !bytes.Equal(data[4:], pattern(int(i*37%4000))) {
			t.Fatalf("got number %d of %d with PPID %d and %d bytes, or twice", i, count, m.PPID, len(data))
		}
		seen[i] = true
		if i%3 == 0 {
			if int(i) < ordered {
				t.Errorf("number %d, sent in order, came after %d", i, ordered)
			}
			ordered = int(i)
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if err := a.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

func testSendCopies(t *testing.T, e Env) {
	a, b := connected(t, e)
	m := e.message(1, pattern(3000))
	send(t, a, m)
	clear(m.Data)
	if got := recv(t, b); !bytes.Equal(e.data(got), pattern(3000)) {
		t.Error("the receiver sees what the sender wrote into its buffer after Send")
	}
}

func testRefusedMessages(t *testing.T, e Env) {
	a, b := connected(t, e)
	ctx := testContext(t)
	if err := a.Send(ctx, transport.Message{PPID: 11}); !errors.Is(err, transport.ErrEmpty) {
		t.Errorf("empty message: want ErrEmpty, got %v", err)
	}
	big := transport.Message{PPID: 11, Data: make([]byte, transport.MaxMessage+1)}
	if err := a.Send(ctx, big); !errors.Is(err, transport.ErrTooBig) {
		t.Errorf("65537 bytes: want ErrTooBig, got %v", err)
	}
	// Neither hurts what follows.
	send(t, a, e.message(11, []byte("next")))
	if got := recv(t, b); string(e.data(got)) != "next" {
		t.Errorf("want the next message, got %d bytes", len(got.Data))
	}
}

func testContexts(t *testing.T, e Env) {
	a, b := connected(t, e)
	late, cancel := context.WithTimeout(testContext(t), 50*time.Millisecond)
	defer cancel()
	if _, err := a.Recv(late); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Recv with nothing to read: want DeadlineExceeded, got %v", err)
	}
	if err := a.Send(late, e.message(1, []byte("x"))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Send after the deadline: want DeadlineExceeded, got %v", err)
	}
	// A context that ended is the caller's affair, not the association's.
	for i := range byte(50) {
		short, cancel := context.WithCancel(testContext(t))
		if err := a.Send(short, e.message(1, []byte{i})); err != nil {
			t.Fatal(err)
		}
		cancel()
		if got := recv(t, b); e.data(got)[0] != i {
			t.Fatalf("want message %d, got %d", i, e.data(got)[0])
		}
	}
	if err := a.Err(); err != nil {
		t.Errorf("Err before the end: %v", err)
	}
}

// testSlowReader: Send waits for the reader instead of filling the memory,
// whatever the size of the messages, and all arrives when the reader is back. What a
// kernel keeps of small ones depends on how they come together.
func testSlowReader(t *testing.T, e Env) {
	for _, c := range []struct{ size, limit int }{{50000, 160}, {4, 400_000}} {
		a, b := connected(t, e)
		sent := 0
		for {
			ctx, cancel := context.WithTimeout(testContext(t), 300*time.Millisecond)
			data := append(binary.BigEndian.AppendUint32(nil, uint32(sent)), make([]byte, c.size-4)...)
			err := a.Send(ctx, e.message(12, data))
			cancel()
			if errors.Is(err, context.DeadlineExceeded) {
				break
			}
			if err != nil {
				t.Fatalf("message %d of %d bytes: %v", sent, c.size, err)
			}
			if sent++; sent > c.limit {
				t.Fatalf("%d messages of %d bytes queued for a peer that reads none", sent, c.size)
			}
		}
		if sent == 0 {
			t.Fatal("nothing could be sent")
		}
		for i := range sent {
			if got := e.data(recv(t, b)); binary.BigEndian.Uint32(got) != uint32(i) || len(got) != c.size {
				t.Fatalf("message %d of %d: got number %d", i, sent, binary.BigEndian.Uint32(got))
			}
		}
		send(t, a, e.message(12, []byte("after")))
		if got := recv(t, b); string(e.data(got)) != "after" {
			t.Errorf("want the message after the block, got %d bytes", len(got.Data))
		}
	}
}

func testDuplex(t *testing.T, e Env) {
	const count = 300
	a, b := connected(t, e)
	ctx := testContext(t)
	results := make(chan error, 4)
	for _, s := range []transport.Association{a, b} {
		go func() {
			for i := range count {
				if err := s.Send(ctx, e.message(uint32(i), pattern(3000+i))); err != nil {
					results <- err
					return
				}
			}
			results <- nil
		}()
		go func() {
			for i := range count {
				m, err := s.Recv(ctx)
				if err == nil && (m.PPID != e.ppid(uint32(i)) || !bytes.Equal(e.data(m), pattern(3000+i))) {
					err = errors.New("wrong message")
				}
				if err != nil {
					results <- err
					return
				}
			}
			results <- nil
		}()
	}
	for range cap(results) {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}
