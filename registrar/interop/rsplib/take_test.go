package rsplib

import (
	"fmt"
	"path"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// standstill is how late a machine of its own accord wakes who sleeps for a tick,
	// when it cannot be blamed on those who play: timers of theirs expire in between.
	standstill = time.Second
	tick       = 100 * time.Millisecond
	// takes is how often a scene is played at most. One that fails while the machine
	// kept pace is not played again.
	takes = 3
)

// take is one performance of a scene: it keeps what went wrong until it is known
// whether that counts.
type take struct {
	testing.TB

	mu     sync.Mutex
	failed bool
	words  strings.Builder
	ends   []func()
}

// perform plays, and then ends what was begun. It returns for how long the machine
// stood still meanwhile.
func (k *take) perform(body func()) time.Duration {
	stop, worst := make(chan struct{}), make(chan time.Duration)
	go func() { worst <- lateness(stop) }()
	k.aside(body)
	for len(k.ends) > 0 {
		last := k.ends[len(k.ends)-1]
		k.ends = k.ends[:len(k.ends)-1]
		k.aside(last)
	}
	close(stop)
	return <-worst
}

// aside runs do where FailNow ends do alone.
func (k *take) aside(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	<-done
}

// lateness is the longest time that a tick has been late until stop.
func lateness(stop <-chan struct{}) (worst time.Duration) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for last := time.Now(); ; {
		select {
		case <-stop:
			return worst
		case <-ticker.C:
		}
		now := time.Now()
		worst = max(worst, now.Sub(last)-tick)
		last = now
	}
}

// Cleanup is of the take, not of the test.
func (k *take) Cleanup(end func()) { k.ends = append(k.ends, end) }

// Failed reports whether this take has.
func (k *take) Failed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.failed
}

// Fail is testing.TB's.
func (k *take) Fail() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failed = true
}

// FailNow is testing.TB's.
func (k *take) FailNow() {
	k.Fail()
	runtime.Goexit()
}

// Log is testing.TB's; it says which line of the test it was.
func (k *take) Log(args ...any) {
	where := k.where()
	k.mu.Lock()
	defer k.mu.Unlock()
	fmt.Fprintf(&k.words, "%s: %s\n", where, strings.TrimSuffix(fmt.Sprintln(args...), "\n"))
}

// where is the outermost line of the scene that is being played.
func (k *take) where() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	var line string
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if name := path.Base(f.File); strings.HasSuffix(name, "_test.go") && name != "take_test.go" && name != "scene_test.go" {
			line = fmt.Sprintf("%s:%d", name, f.Line)
		}
	}
	return line
}

// Logf is testing.TB's.
func (k *take) Logf(format string, args ...any) { k.Log(fmt.Sprintf(format, args...)) }

// Error is testing.TB's.
func (k *take) Error(args ...any) {
	k.Log(args...)
	k.Fail()
}

// Errorf is testing.TB's.
func (k *take) Errorf(format string, args ...any) { k.Error(fmt.Sprintf(format, args...)) }

// Fatal is testing.TB's.
func (k *take) Fatal(args ...any) {
	k.Log(args...)
	k.FailNow()
}

// Fatalf is testing.TB's.
func (k *take) Fatalf(format string, args ...any) { k.Fatal(fmt.Sprintf(format, args...)) }

// TestTakes: what fails counts, unless the machine stood still.
func TestTakes(t *testing.T) {
	var order []string
	k := &take{TB: t}
	worst := k.perform(func() {
		k.Cleanup(func() { order = append(order, "first") })
		k.Cleanup(func() { k.Fatalf("in a clean-up") })
		k.Cleanup(func() { order = append(order, fmt.Sprint("second, failed: ", k.Failed())) })
		k.Errorf("%d went wrong", 1)
		k.Fatal("enough")
		order = append(order, "never")
	})
	if got := strings.Join(order, "; "); got != "second, failed: true; first" {
		t.Errorf("order: %s", got)
	}
	for _, want := range []string{"1 went wrong", "enough", "in a clean-up"} {
		if !strings.Contains(k.words.String(), want) {
			t.Errorf("%q does not say %q", k.words.String(), want)
		}
	}
	if worst >= standstill {
		t.Logf("the machine stood still for %v", worst)
	}
	if t.Failed() {
		t.Error("the take has failed the test itself")
	}
}
