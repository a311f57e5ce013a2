//go:build linux && !386

package kernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ishidawataru/sctp"
	"golang.org/x/sys/unix"

	"rserpool/registrar/transport"
)

// Messages come whole, whatever the kernel makes of them.
func TestReassembly(t *testing.T) {
	part := func(text string) piece { return piece{data: []byte(text)} }
	long := strings.Repeat("x", transport.MaxMessage/2)
	for _, tc := range []struct {
		name   string
		pieces []piece
		want   []string
		end    error
	}{
		{"single", []piece{message("a"), message("b")}, []string{"a", "b"}, nil},
		{"in parts", []piece{part("a"), part("b"), message("c"), message("d")}, []string{"abc", "d"}, nil},
		{"torn", []piece{part("a"), notice(sctp.SCTP_PARTIAL_DELIVERY_EVENT), message("b")}, []string{"b"}, nil},
		{"notification between", []piece{part("a"), notice(sctp.SCTP_SENDER_DRY_EVENT), message("b")}, []string{"ab"}, nil},
		{"longest", []piece{part(long), message(long)}, []string{long + long}, nil},
		{"too long", []piece{message("a"), part(long), part(long), message("b")}, []string{"a"}, errTooLong},
	} {
		for _, at := range []string{"at once", "one by one"} {
			t.Run(tc.name+" "+at, func(t *testing.T) {
				a, s := fakeAssociation(t)
				if at == "at once" {
					s.arriving <- tc.pieces
				} else {
					for _, p := range tc.pieces {
						s.arriving <- []piece{p}
					}
				}
				for i, want := range tc.want {
					m, err := a.Recv(bounded(t))
					if err != nil || string(m.Data) != want || m.PPID != transport.PPIDASAP || m.Stream != 2 {
						t.Fatalf("message %d: %d bytes, PPID %d, stream %d, %v", i, len(m.Data), m.PPID, m.Stream, err)
					}
				}
				if tc.end == nil {
					return
				}
				if err := ended(t, a); !errors.Is(err, transport.ErrAborted) || !errors.Is(err, tc.end) {
					t.Errorf("ended with %v, want ErrAborted and %v", err, tc.end)
				}
				if len(s.sent) != 1 || s.sent[0].info.flags != sendAbort || s.sent[0].data != tc.end.Error() {
					t.Errorf("sent %v, want an abort that says why", s.sent)
				}
			})
		}
	}
}

// Why an association ended is told by notifications, the socket, and who began.
func TestEndings(t *testing.T) {
	lost, restart, down := change(sctp.SCTP_COMM_LOST, 1, ""), change(sctp.SCTP_RESTART, 1, ""), change(sctp.SCTP_SHUTDOWN_COMP, 1, "")
	for _, tc := range []struct {
		name   string
		socket error
		pieces []piece
		want   error
		text   string
	}{
		{"aborted", unix.ECONNRESET, []piece{lost}, transport.ErrAborted, "no reason given"},
		{"aborted with a reason", unix.ECONNRESET, []piece{change(sctp.SCTP_COMM_LOST, 1, "enough")}, transport.ErrAborted, `"enough"`},
		{"violation", unix.ECONNABORTED, []piece{lost}, transport.ErrAborted, "protocol violation"},
		{"silence", unix.ETIMEDOUT, []piece{lost}, transport.ErrLost, "timed out"},
		{"shut down", nil, []piece{notice(sctp.SCTP_SHUTDOWN_EVENT), down}, transport.ErrShutdown, ""},
		{"lost while shutting down", unix.ETIMEDOUT, []piece{notice(sctp.SCTP_SHUTDOWN_EVENT), lost}, transport.ErrLost, ""},
		{"begun anew", nil, []piece{restart}, transport.ErrAborted, errRestart.Error()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, s := fakeAssociation(t)
			s.arriving <- []piece{message("before")}
			if tc.socket != nil {
				s.set(true, tc.socket)
			}
			s.arriving <- append(tc.pieces, message("behind"))
			if err := ended(t, a); !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("ended with %v, want %v and %q", err, tc.want, tc.text)
			}
			if m, err := a.Recv(bounded(t)); err != nil || string(m.Data) != "before" {
				t.Errorf("what had arrived: %q, %v", m.Data, err)
			}
			for range 2 {
				if _, err := a.Recv(bounded(t)); !errors.Is(err, tc.want) {
					t.Errorf("Recv after the end: %v, want %v", err, tc.want)
				}
				if err := a.Send(bounded(t), transport.Message{Data: []byte("x")}); !errors.Is(err, tc.want) {
					t.Errorf("Send after the end: %v, want %v", err, tc.want)
				}
			}
			if tc.name != "begun anew" {
				<-s.closed
			}
		})
	}
}

// Shutdown sends SHUTDOWN, waits for the kernel's word that it is complete, and aborts
// when that takes too long.
func TestShutdown(t *testing.T) {
	a, s := fakeAssociation(t)
	result := make(chan error, 1)
	go func() { result <- a.Shutdown(bounded(t)) }()
	eventually(t, "Shutdown does not begin", func() bool { return a.unsendable() != nil })
	if err := a.Send(bounded(t), transport.Message{Data: []byte("x")}); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("Send after Shutdown: %v, want ErrClosed", err)
	}
	s.arriving <- []piece{notice(sctp.SCTP_SHUTDOWN_EVENT), change(sctp.SCTP_SHUTDOWN_COMP, 1, "")}
	if err := <-result; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := a.Err(); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("ended with %v, want ErrClosed", err)
	}
	if diff := cmp.Diff([]sentMessage{{info: sendInfo{flags: sendEOF}}}, s.sent, cmp.AllowUnexported(sentMessage{}, sendInfo{})); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}

	a, s = fakeAssociation(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := a.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without an answer: %v, want DeadlineExceeded", err)
	}
	if last := s.sent[len(s.sent)-1]; last.info.flags != sendAbort {
		t.Errorf("the last was %v, want an abort", last)
	}
}

// Send hands on what it is told, waits for room, and says why it cannot.
func TestSend(t *testing.T) {
	a, s := fakeAssociation(t)
	for _, m := range []transport.Message{
		{PPID: 11, Stream: 3, Data: []byte("ordered")},
		{PPID: 12, Unordered: true, Data: []byte("unordered")},
	} {
		if err := a.Send(bounded(t), m); err != nil {
			t.Fatal(err)
		}
	}
	want := []sentMessage{{"ordered", sendInfo{ppid: 11}}, {"unordered", sendInfo{ppid: 12, flags: sendUnordered}}}
	if diff := cmp.Diff(want, s.sent, cmp.AllowUnexported(sentMessage{}, sendInfo{})); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}

	s.set(false, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := a.Send(ctx, transport.Message{Data: []byte("no room")}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without room: %v, want DeadlineExceeded", err)
	}
	results := make(chan error, 2)
	for range cap(results) { // one waits for the kernel, the other for its turn
		go func() { results <- a.Send(bounded(t), transport.Message{Data: []byte("patient")}) }()
	}
	s.set(true, nil)
	for range cap(results) {
		if err := <-results; err != nil {
			t.Errorf("when there is room: %v", err)
		}
	}
	if len(s.sent) != 4 {
		t.Errorf("sent %d messages, want 4", len(s.sent))
	}

	s.set(false, nil)
	go func() { results <- a.Send(bounded(t), transport.Message{Data: []byte("never")}) }()
	a.Abort("enough")
	if err := <-results; !errors.Is(err, transport.ErrClosed) {
		t.Errorf("aborted meanwhile: %v, want ErrClosed", err)
	}
}

// The kernel tells Send first that an association is lost; what is said is the same.
func TestSendFails(t *testing.T) {
	for _, tc := range []struct {
		socket error
		reason string
		want   error
	}{
		{unix.EPIPE, "enough", transport.ErrAborted},
		{unix.ETIMEDOUT, "", transport.ErrLost},
	} {
		a, s := fakeAssociation(t)
		s.set(true, tc.socket)
		result := make(chan error, 1)
		go func() { result <- a.Send(bounded(t), transport.Message{Data: []byte("x")}) }()
		s.arriving <- []piece{change(sctp.SCTP_COMM_LOST, 1, tc.reason)}
		if err := <-result; !errors.Is(err, tc.want) {
			t.Errorf("%v: Send says %v, want %v", tc.socket, err, tc.want)
		}
	}
}

// While nobody receives, little is read; the end is noticed nevertheless, and all
// that had arrived is there.
func TestStall(t *testing.T) {
	a, s := fakeAssociation(t)
	const count = 12
	big := bytes.Repeat([]byte("x"), 32<<10)
	var pieces []piece
	for i := range count {
		pieces = append(pieces, message(fmt.Sprint(i, string(big))))
	}
	half := append(pieces[:count/2:count/2], notice(sctp.SCTP_SHUTDOWN_EVENT))
	s.arriving <- half
	s.arriving <- append(pieces[count/2:], change(sctp.SCTP_SHUTDOWN_COMP, 1, ""))
	if _, err := a.Recv(bounded(t)); err != nil { // it stalls, and goes on
		t.Fatal(err)
	}
	select {
	case <-a.Done():
		t.Fatal("all was read without a reader")
	case <-time.After(20 * time.Millisecond):
	}
	close(s.gone)
	if err := ended(t, a); !errors.Is(err, transport.ErrShutdown) {
		t.Errorf("ended with %v, want ErrShutdown", err)
	}
	for i := 1; i < count; i++ {
		if m, err := a.Recv(bounded(t)); err != nil || !strings.HasPrefix(string(m.Data), fmt.Sprint(i, "x")) {
			t.Fatalf("message %d: %d bytes, %v", i, len(m.Data), err)
		}
	}
}

// An abort here ends an association that is stalled.
func TestAbortWhileStalled(t *testing.T) {
	a, s := fakeAssociation(t)
	for range 20 {
		s.arriving <- []piece{message(strings.Repeat("x", 32<<10))}
	}
	if _, err := a.Recv(bounded(t)); err != nil {
		t.Fatal(err)
	}
	a.Abort("enough")
	if err := ended(t, a); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("ended with %v, want ErrClosed", err)
	}
	<-s.closed
}
