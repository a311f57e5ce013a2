package main

import (
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// Elements are cheap: two or three goroutines each, beside what the process needs once.
func TestGoroutinesPerElement(t *testing.T) {
	const (
		count = manyElements
		once  = 100
	)
	for _, test := range []struct {
		protocol string
		each     int
	}{{"tcp", 2}, {"udp", 2}, {"sctp", 3}} {
		t.Run(test.protocol, func(t *testing.T) {
			asap := startRegistrar(t)
			before := runtime.NumGoroutine()
			e := launch(t, "element", "echo", "--pool", "Many", "--protocol", test.protocol, "--count", strconv.Itoa(count), "-q", "--registrar", asap)
			e.stdout.until(t, "registrations", func(text string) bool { return strings.Count(text, "registered 0x") == count })
			total := runtime.NumGoroutine() - before
			t.Logf("%d goroutines for %d elements", total, count)
			if total > test.each*count+once {
				t.Errorf("%d goroutines for %d elements, want %d each", total, count, test.each)
			}
		})
	}
}

// As many as there can be.
func TestMostElements(t *testing.T) {
	if o := (&elementOptions{count: maxElements}); testing.Short() || o.enoughDescriptors() != nil {
		t.Skipf("%d elements take their time, and a limit of open files above that: ulimit -n %d", maxElements, 2*maxElements)
	}
	asap := startRegistrar(t)
	e := launch(t, "element", "echo", "--pool", "Many", "--count", strconv.Itoa(maxElements), "-q", "--registrar", asap)
	e.stdout.until(t, "registrations", func(text string) bool { return strings.Count(text, "registered 0x") == maxElements })
	if code := e.stop(); code != exitOK {
		t.Errorf("interrupted: code %d, log\n%s", code, e.stderr)
	}
}
