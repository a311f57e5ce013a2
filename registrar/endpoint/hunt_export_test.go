package endpoint

import (
	"fmt"
	"slices"
)

// The bounds of what announcements can do.
const (
	MaxAnnounced  = maxAnnounced
	MaxTransports = maxTransports
	MaxAddresses  = maxAddresses
)

// Timers counts the running timers.
func Timers(e *Endpoint) int { return e.timers.running.Len() }

// Verify checks that what is kept of servers and elements agrees.
func Verify(e *Endpoint) error {
	inTree := func(t *timer) bool { _, ok := e.timers.running.Get(t); return ok }
	l := &e.hunt.servers
	for _, s := range l.configured.servers {
		if !s.listed || s.news.t7.running() {
			return fmt.Errorf("configured server %v: listed %v, T7 running %v", s.address, s.listed, s.news.t7.running())
		}
	}
	if n := len(l.announced.servers); n > maxAnnounced {
		return fmt.Errorf("%d announced servers", n)
	}
	t7 := 0
	for _, s := range l.announced.servers {
		if s.listed != s.news.t7.running() || s.listed != inTree(&s.news.t7) {
			return fmt.Errorf("announced server %v: listed %v, T7 running %v", s.address, s.listed, s.news.t7.running())
		}
		if s.listed {
			t7++
		}
	}
	for id, s := range e.hunt.attempts {
		if !e.hunt.on || !s.tried {
			return fmt.Errorf("attempt %d at %v: hunt on %v, tried %v", id, s.address, e.hunt.on, s.tried)
		}
	}
	if e.hunt.on != e.hunt.t5.running() || e.home == 0 && !e.hunt.on && e.hunt.lastDial > 0 {
		return fmt.Errorf("home %d, hunt on %v, T5 running %v", e.home, e.hunt.on, e.hunt.t5.running())
	}
	return verifyElements(e)
}

func verifyElements(e *Endpoint) error {
	waits, members := 0, 0
	for _, pool := range e.pools {
		members += pool.Len()
	}
	if members != e.elements.Len() {
		return fmt.Errorf("%d elements, %d in pools", e.elements.Len(), members)
	}
	for _, el := range e.elements.Values() {
		running := []bool{el.answer.running(), el.reregister.running()}
		want := [][]bool{
			waiting: {false, false}, asking: {true, false}, registered: {false, true}, removed: {false, true},
		}[el.phase]
		if !slices.Equal(running, want) {
			return fmt.Errorf("element %d in phase %d: T2 and T4 run %v, want %v", el.number, el.phase, running, want)
		}
		if el.phase == waiting && e.home != 0 {
			return fmt.Errorf("element %d waits although there is a home", el.number)
		}
		if el.attempts < 0 {
			return fmt.Errorf("element %d has made %d attempts", el.number, el.attempts)
		}
		if el.phase == asking {
			waits++
			if other, _ := e.asking.Get(el.asked); other != el {
				return fmt.Errorf("element %d asks, and is not among those that do", el.number)
			}
		}
	}
	if waits != e.asking.Len() {
		return fmt.Errorf("%d elements ask, %d are noted", waits, e.asking.Len())
	}
	return nil
}
