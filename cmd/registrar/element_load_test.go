package main

import (
	"errors"
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
	e := launch(t, "element", "echo", "--pool", "Busy", "--policy", "lu:0%", "--load", "auto", "--registrar", asap)
	at := userAddress(t, e.stdout.await(t, "registered 0x"))
	for range maxSessions / 4 {
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
