package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/node"
)

// notifySocket is where the registrar tells how it is, as systemd has one.
func notifySocket(t *testing.T) *net.UnixConn {
	t.Helper()
	at := &net.UnixAddr{Name: filepath.Join(t.TempDir(), "n"), Net: "unixgram"}
	socket, err := net.ListenUnixgram("unixgram", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	t.Setenv("NOTIFY_SOCKET", at.Name)
	return socket
}

// told returns the next message that begins with prefix, and the others before it.
func told(t *testing.T, socket *net.UnixConn, prefix string) (message string, before []string) {
	t.Helper()
	if err := socket.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for buffer := make([]byte, 4096); ; {
		n, err := socket.Read(buffer)
		if err != nil {
			t.Fatalf("nobody tells %s, after %q: %v", prefix, before, err)
		}
		if message = string(buffer[:n]); strings.HasPrefix(message, prefix) {
			return message, before
		}
		before = append(before, message)
	}
}

func TestServeTellsSupervisor(t *testing.T) {
	socket := notifySocket(t)
	t.Setenv("WATCHDOG_USEC", "20000")
	s := launch(t, onLoopback("--http", "127.0.0.1:0", "--id", "0x1a2b3c4d")...)
	ready, before := told(t, socket, "READY=1\n")
	base, _, _ := strings.Cut(s.stdout.await(t, "dashboard"), "/?token=")
	if answer, _ := get(t, base+"/readyz"); answer.StatusCode != http.StatusOK {
		t.Errorf("READY=1 while /readyz says %s", answer.Status)
	}
	if len(before) == 0 || !strings.HasPrefix(before[0], "STATUS=Waiting") {
		t.Errorf("told %q before, want first what it waits for", before)
	}
	for _, want := range []string{"\nSTATUS=Serving as 0x1a2b3c4d, ASAP at 127.0.0.1:", ", ENRP at 127.0.0.1:", ", dashboard at 127.0.0.1:"} {
		if !strings.Contains(ready, want) {
			t.Errorf("told %q, want %q in it", ready, want)
		}
	}
	if strings.Contains(ready, "token") {
		t.Errorf("told %q: the token is nobody's business", ready)
	}
	for range 2 {
		told(t, socket, "WATCHDOG=1")
	}
	if code := s.stop(); code != exitOK {
		t.Errorf("exit code %d after a stop, want 0; stderr:\n%s", code, s.stderr)
	}
	told(t, socket, "STOPPING=1\nSTATUS=")
}

// Without its peer it does not serve: nobody must take it for ready.
func TestServeNotReady(t *testing.T) {
	nobody, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close()
	socket := notifySocket(t)
	s := launch(t, onLoopback("--peer", nobody.LocalAddr().String(), "--max-time-no-response", "1h")...)
	s.stdout.await(t, "enrp")
	s.stop()
	if _, before := told(t, socket, "STOPPING=1"); len(before) != 1 || !strings.HasPrefix(before[0], "STATUS=Waiting") {
		t.Errorf("told %q before the end, want only what it waits for", before)
	}
}

func TestSupervisorEnvironment(t *testing.T) {
	notifySocket(t)
	t.Setenv("WATCHDOG_USEC", "soon")
	got := command(t, onLoopback()...)
	if got.code != exitUsage || !strings.Contains(got.stderr, `WATCHDOG_USEC is "soon": want microseconds`) {
		t.Errorf("%+v, want a usage error", got)
	}
}

// A registrar whose event loop hangs is no longer reported, one that goes on is again.
func TestWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const watchdog = 10 * time.Second
		log := newOutput()
		began := time.Now()
		var beats []time.Duration
		s := &supervisor{log: slog.New(slog.NewTextHandler(log, nil)), watchdog: watchdog, send: func(state string) error {
			if state != "WATCHDOG=1" {
				t.Errorf("told %q", state)
			}
			beats = append(beats, time.Since(began))
			return nil
		}}
		done := make(chan struct{})
		alive := func(ctx context.Context) error {
			switch at := time.Since(began); {
			case at > 2*watchdog && at < 3*watchdog:
				<-ctx.Done()
				return ctx.Err()
			case at >= 4*watchdog:
				close(done)
				return node.ErrStopped
			}
			return nil
		}
		s.watch(alive, done)
		want := []time.Duration{5 * time.Second, 10 * time.Second, 15 * time.Second, 20 * time.Second, 30 * time.Second, 35 * time.Second}
		if !slices.Equal(beats, want) {
			t.Errorf("told at %v, want %v", beats, want)
		}
		if n := strings.Count(log.String(), "registrar.stuck"); n != 1 {
			t.Errorf("it says %d times that the registrar hangs, want once:\n%s", n, log)
		}
	})
}

func TestSupervisorUntold(t *testing.T) {
	log := newOutput()
	s := &supervisor{log: slog.New(slog.NewTextHandler(log, nil)), send: func(string) error { return errors.New("no such socket") }}
	s.tellStopping()
	if !strings.Contains(log.String(), "no such socket") {
		t.Errorf("the log is %q, want why nobody was told", log)
	}
}

// The end of a reload says READY=1, so nobody is told of one before the registrar serves.
func TestSupervisorReload(t *testing.T) {
	var told []string
	s := &supervisor{send: func(state string) error {
		if reloading, _, found := strings.Cut(state, "\nMONOTONIC_USEC="); found {
			state = reloading
		}
		told = append(told, state)
		return nil
	}}
	for _, s.status = range []string{"", "STATUS=Serving"} {
		for _, err := range []error{nil, errors.New("a bad peer")} {
			s.tellReloading()
			s.tellReloaded(err)
		}
	}
	want := []string{"RELOADING=1", "READY=1\nSTATUS=Serving", "RELOADING=1", "READY=1\nSTATUS=Serving; the settings were not taken, the log says why"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	var nobody *supervisor
	nobody.tellReloading()
	nobody.tellReloaded(nil)
}

// A registrar that waits for an element that is dead ends at once when asked twice.
func TestSecondSignal(t *testing.T) {
	socket := notifySocket(t)
	p, out := commandProcess(t, onLoopback("--drain-timeout", "10m")...)
	element := elementProcess(t, "echo", "--pool", "Echo", "--registrar", out.await(t, "asap "))
	if err := element.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	told(t, socket, "STOPPING=1")
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.Wait()
	if code := p.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d; output:\n%s", code, exitInterrupted, out)
	}
}
