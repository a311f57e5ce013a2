package endpoint_test

import (
	"testing"
	"time"

	"rserpool/registrar/endpoint"
)

// A registrar with too much to do refuses; who knows nothing of the pool asks a little
// later, and not for ever.
func TestRefusedForWantOfResources(t *testing.T) {
	s := newScene(t, 1, 2)
	s.lacks = 2
	s.do(open, "HR EchoPool")
	s.pass(800*time.Millisecond, "HR EchoPool")
	s.pass(1600*time.Millisecond, "HR EchoPool", "connect 1")

	s = newScene(t, 1, 2)
	s.lacks = 5
	s.do(open, "HR EchoPool")
	s.pass(12*time.Second, "HR EchoPool", "HR EchoPool", "HR EchoPool", "HR EchoPool",
		"session 1 failed: refused by the registrar: 0x0006 lack of resources")
}

// What is known serves on, but not where that was not wanted.
func TestRefusedServesWhatIsKnown(t *testing.T) {
	s := newScene(t, 1, 2)
	s.do(open, "HR EchoPool", "connect 1")
	s.up(1, "session 1 up c1 1") // which keeps the pool in the cache
	s.pass(31 * time.Second)
	resolve := func(id endpoint.RequestID, fresh bool, want ...string) (elements int) {
		for _, effect := range s.step(endpoint.Resolve{Request: id, Handle: "EchoPool", Items: 2, Fresh: fresh}) {
			if r, ok := effect.(endpoint.Resolved); ok {
				elements = len(r.Elements)
			}
		}
		s.want(want...)
		return elements
	}
	s.lacks = 1
	if got := resolve(1, false, "HR EchoPool"); got != 2 {
		t.Errorf("refused, and %d elements known, want 2", got)
	}
	if got := resolve(2, false); got != 2 { // it is not asked again at once
		t.Errorf("a moment later %d elements, want 2", got)
	}
	s.pass(time.Second)
	s.lacks = 1
	if got := resolve(3, true, "HR EchoPool"); got != 0 {
		t.Errorf("asked for what is new, and told %d elements that are not", got)
	}
	s.pass(800*time.Millisecond, "HR EchoPool")
	if got := resolve(4, false); got != 2 {
		t.Errorf("in the end %d elements, want 2", got)
	}
}
