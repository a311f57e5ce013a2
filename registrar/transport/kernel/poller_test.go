//go:build linux && !386

package kernel

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// pair is a socket that the poller watches, and the other end. They are no SCTP: to
// wait, to read and to close is the same.
func pair(t *testing.T) (s *socket, far int) {
	t.Helper()
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = newSocket(ends[0], batchSize); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.close()
		unix.Close(ends[1])
	})
	return s, ends[1]
}

// idle waits until receives of all sockets wait: what arrives then is read by the poller.
func idle(all ...*socket) {
	for _, s := range all {
		for waits := false; !waits; runtime.Gosched() {
			s.mu.Lock()
			waits = s.take != nil && !s.reading && !s.again
			s.mu.Unlock()
		}
	}
}

func write(t *testing.T, fd int, text string) {
	t.Helper()
	if _, err := unix.Write(fd, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// What arrives before, while and between two receives reaches them, in order and once.
func TestSocketReceive(t *testing.T) {
	s, far := pair(t)
	write(t, far, "0")
	next := 0
	receive := func(enough int) error {
		return s.receive(func(pieces []piece) bool {
			for _, p := range pieces {
				if want := fmt.Sprint(next); string(p.data) != want {
					t.Errorf("piece %q, want %q", p.data, want)
				}
				if next++; next < 50 || 60 < next && next < 100 {
					write(t, far, fmt.Sprint(next)) // while it is read
				}
			}
			return next < enough
		})
	}
	if err := receive(50); err != nil || next != 50 {
		t.Fatalf("%d pieces, error %v, want 50", next, err)
	}
	for i := 50; i <= 60; i++ {
		write(t, far, fmt.Sprint(i))
	}
	if err := receive(100); err != nil || next != 100 {
		t.Fatalf("%d pieces, error %v, want 100", next, err)
	}
}

// A socket can be closed while its receive waits, while it is read, and before.
func TestSocketClose(t *testing.T) {
	for name, closed := range map[string]func(t *testing.T) error{
		"before": func(t *testing.T) error {
			s, _ := pair(t)
			s.close()
			return s.receive(func([]piece) bool { return true })
		},
		"while it waits": func(t *testing.T) error {
			s, far := pair(t)
			write(t, far, "x")
			return s.receive(func([]piece) bool {
				go s.close() // before or after this one returns
				return true
			})
		},
		"by who reads": func(t *testing.T) error {
			s, far := pair(t)
			write(t, far, "x")
			return s.receive(func([]piece) bool {
				s.close()
				return true
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := closed(t); !errors.Is(err, os.ErrClosed) {
				t.Errorf("error %v, want %v", err, os.ErrClosed)
			}
		})
	}
}

// Who waits for the end of an association is woken, and a closed socket has none.
func TestSocketAwait(t *testing.T) {
	s, _ := pair(t)
	if !s.awaitEnd() { // it is no association
		t.Error("no end of what the kernel does not have")
	}
	s.wake()
	if s.awaitEnd() {
		t.Error("woken, and yet an end")
	}
	s.close()
	if err := s.control(func(int) error { return nil }); !errors.Is(err, os.ErrClosed) {
		t.Errorf("use of a closed socket: %v, want %v", err, os.ErrClosed)
	}
}

// The poller serves many sockets at once, and is gone with the last of them; another
// one comes with the next.
func TestPoller(t *testing.T) {
	for range 3 {
		var all sync.WaitGroup
		sockets := make([]*socket, 100)
		for i := range sockets {
			s, far := pair(t)
			sockets[i] = s
			all.Go(func() {
				got := 0
				err := s.receive(func(pieces []piece) bool {
					got += len(pieces)
					return got < 20
				})
				if err != nil || got != 20 {
					t.Errorf("socket %d got %d messages, error %v, want 20", i, got, err)
				}
			})
			all.Go(func() {
				for range 20 {
					write(t, far, "x")
				}
			})
		}
		all.Wait()
		for _, s := range sockets {
			s.close()
		}
		shared.mu.Lock()
		if shared.users != 0 || shared.poller != nil {
			t.Errorf("%d users of the poller are left", shared.users)
		}
		shared.mu.Unlock()
	}
}

// Who sends much does not keep out who sends little: others are read before the rest of it.
func TestPollerShares(t *testing.T) {
	busy, farBusy := pair(t)
	quiet, farQuiet := pair(t)
	const many = 100
	got := 0
	heard := make(chan int, 1)
	var both sync.WaitGroup
	both.Go(func() {
		_ = quiet.receive(func([]piece) bool {
			heard <- got // of the poller, as this is
			return false
		})
	})
	both.Go(func() {
		_ = busy.receive(func(pieces []piece) bool {
			if got == 0 {
				for range many - 1 {
					write(t, farBusy, "x")
				}
				write(t, farQuiet, "y")
			}
			got += len(pieces)
			return got < many
		})
	})
	idle(busy, quiet)
	write(t, farBusy, "x")
	both.Wait()
	if after := <-heard; after == 0 || after > many/2 || got != many {
		t.Errorf("read after %d of %d others, want it after a share of them", after, got)
	}
}

// A mark is reached behind what had arrived when it was set, and tells how many sockets
// that was; behind the last socket it is reached at once.
func TestPollerMarks(t *testing.T) {
	first, farFirst := pair(t)
	second, farSecond := pair(t)
	order := make(chan string, 2)
	go func() {
		_ = second.receive(func(pieces []piece) bool {
			order <- string(pieces[0].data)
			return false
		})
	}()
	go func() {
		_ = first.receive(func([]piece) bool {
			write(t, farSecond, "arrived")
			first.behind(func(visits int) { order <- fmt.Sprint("mark behind ", visits) })
			return false
		})
	}()
	idle(first, second)
	write(t, farFirst, "x")
	if got := <-order; got != "arrived" {
		t.Errorf("%s comes first, want what had arrived", got)
	}
	if got := <-order; got != "mark behind 1" {
		t.Errorf("%s, want the mark behind one socket", got)
	}

	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	p.close()
	ended := make(chan int)
	p.marks.add(func(visits int) { ended <- visits })
	if visits := <-ended; visits != 0 {
		t.Errorf("a mark that nobody comes to, behind %d sockets", visits)
	}
}
