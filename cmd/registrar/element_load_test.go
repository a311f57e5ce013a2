package main

import (
	"errors"
	"io"
	"math"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestCPUMeter(t *testing.T) {
	used := time.Duration(0)
	m := &cpuMeter{used: func() (time.Duration, error) { return used, nil }, began: time.Now().Add(-time.Minute)}
	used += 30 * time.Second * time.Duration(runtime.GOMAXPROCS(0))
	if share, err := m.share(); err != nil || math.Abs(share-0.5) > loadStep {
		t.Errorf("half of the time of all processors is %v, %v", share, err)
	}
	m.began = m.began.Add(-time.Minute)
	if share, err := m.share(); err != nil || share != 0 {
		t.Errorf("an idle minute is %v, %v, want 0", share, err)
	}
	used += time.Hour * time.Duration(runtime.GOMAXPROCS(0))
	if share, err := m.share(); err != nil || share != 1 {
		t.Errorf("more than there is is %v, %v, want 1", share, err)
	}
	m.used = func() (time.Duration, error) { return 0, os.ErrPermission }
	if _, err := m.share(); !errors.Is(err, os.ErrPermission) {
		t.Errorf("what cannot be measured is %v, want an error", err)
	}
}

// Both ways to measure agree on this process, but for the processes that other
// tests have run, which only the one from outside counts.
func TestCPUTime(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the time of another process needs /proc")
	}
	for own := time.Duration(0); own < 300*time.Millisecond; { // many ticks of /proc
		var err error
		if own, err = ownCPUTime(); err != nil {
			t.Fatal(err)
		}
	}
	other, err := cpuTimeOf(os.Getpid())
	own, _ := ownCPUTime()
	if err != nil || other > 2*own || other < own/2 {
		t.Errorf("%v as another process sees it, %v, and %v as this one does", other, err, own)
	}
	if _, err := cpuTimeOf(0); err == nil {
		t.Error("process 0 has a processor time")
	}
}

// An element tells the share of its sessions in use.
func TestElementLoad(t *testing.T) {
	t.Parallel()
	asap := startRegistrar(t)
	e := launch(t, "element", "echo", "--pool", "Busy", "--policy", "lu:0%", "--load", "auto", "--max-sessions", "8", "--registrar", asap)
	at := userAddress(t, e.stdout.await(t, "registered 0x"))
	for range 2 {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	var out string
	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); {
		if _, out, _ = play(t, "resolve", "Busy", "--registrar", asap); strings.Contains(out, "lu:25%") {
			return
		}
	}
	t.Errorf("resolved\n%s\nwant a load of 25%%", out)
}

// An element serves so many sessions at once, and closes what is more; the log says so.
func TestElementMaxSessions(t *testing.T) {
	t.Parallel()
	asap := startRegistrar(t)
	e := launch(t, "element", "echo", "--pool", "Full", "--max-sessions", "2", "--registrar", asap)
	at := userAddress(t, e.stdout.await(t, "registered 0x"))
	echoes := func() (net.Conn, error) {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		b := make([]byte, 3)
		if _, err = io.WriteString(c, "abc"); err == nil {
			_, err = io.ReadFull(c, b)
		}
		return c, err
	}
	first, err := echoes()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := echoes(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := echoes(); err == nil {
			t.Error("a third session is served")
		}
	}
	if got := e.stderr.String(); strings.Count(got, "limit.reached") != 1 || !strings.Contains(got, "max_sessions=2") {
		t.Errorf("log %q", got)
	}
	first.Close()
	for end := time.Now().Add(20 * time.Second); ; { // the element hears of it in its turn
		if _, err := echoes(); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("no room after one has gone")
		}
	}
	if code, _, text := play(t, "element", "echo", "--pool", "Full", "--max-sessions", "0"); code != exitUsage || !strings.Contains(text, "--max-sessions: want 1 or more, have 0") {
		t.Errorf("--max-sessions 0: exit code %d, %s", code, text)
	}
}
