package abuse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// paced does something n times, so often in a second: the machine is to stay with the
// registrar and the honest.
func paced(ctx context.Context, n, perSecond int, do func(i int) error) error {
	const steps = 100 // a second
	batch := max(perSecond/steps, 1)
	for i, begin := 0, time.Now(); i < n; i++ {
		if i%batch == 0 {
			due := begin.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
			if wait := time.Until(due); wait > 0 {
				select {
				case <-time.After(wait):
				case <-ctx.Done():
				}
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		if err := do(i); err != nil {
			return err
		}
	}
	return nil
}

// many does something n times, several at once and so often in a second.
func many(n, atOnce, perSecond int, do func(i int)) {
	var all sync.WaitGroup
	next := make(chan int)
	for range min(n, atOnce) {
		all.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	_ = paced(context.Background(), n, perSecond, func(i int) error { next <- i; return nil }) // never fails
	close(next)
	all.Wait()
}

// hold waits as slow ones do: long where all is played, else a moment.
func hold(ctx context.Context) {
	wait := 100 * time.Millisecond
	if *full {
		wait = 15 * time.Second
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}

// atRest waits, for two seconds at most, until what is counted does not change any more:
// until what is on the way has come.
func atRest(count func() int64) {
	last := count()
	for range 20 {
		time.Sleep(100 * time.Millisecond)
		now := count()
		if now == last {
			return
		}
		last = now
	}
}

// heard counts the messages of a type that a registrar has received.
func (p *process) heard(protocol, kind string) func() int64 {
	return func() int64 {
		m, _ := p.metrics() // 0 where there are none: the next look tells
		return int64(m[`messages_total{direction="in",protocol="`+protocol+`",type="`+kind+`"}`])
	}
}

// tally counts outcomes by their words.
type tally struct {
	mu sync.Mutex
	of map[string]int
}

func (c *tally) add(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = make(map[string]int)
	}
	c.of[what]++
}

func (c *tally) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(c.of)) {
		parts = append(parts, fmt.Sprintf("%s: %s", what, number(c.of[what])))
	}
	return strings.Join(parts, ", ")
}

// files is how many this process may have open.
var files int

// raiseFiles lets this process have as many as it may.
func raiseFiles(t *testing.T) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = limit.Max
	_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit) // those that there are will do
	files = int(min(limit.Cur, 1<<20))                   //nolint:gosec // bounded
}
