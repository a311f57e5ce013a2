package rsplib

import "testing"

// TestTakeoverTwo: one of two registrars is gone, of which RSPLIB's never takes the
// other's elements over.
func TestTakeoverTwo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, scenario string
		dead           int // ours is 1
		gone           func(*scope, *member)
		hunts          bool
		flags          []string
	}{
		{"theirs vanishes", "its host vanishes: ours takes its elements over, which RSPLIB's alone would not", 0, (*scope).vanish, false, nil},
		{"theirs killed", "it is killed: its elements are at ours at once", 0, (*scope).kill, true, nil},
		// Ours forgets nothing meanwhile, and RSPLIB's for the life of a registration.
		{"ours vanishes", "our host vanishes: elements find rspregistrar when they register again", 1, (*scope).vanish, true, []string{"-rereginterval=6000"}},
		{"ours killed", "ours is killed: its elements are at rspregistrar at once", 1, (*scope).kill, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, 5, "registrar", "rspregistrar and ours: "+c.scenario+"; none is missing at any time", func(s *scene) {
				sc := s.assemble("theirs ours", none)
				dead, other := sc.members[c.dead], sc.members[1-c.dead]
				if c.hunts {
					sc.populateHunters(dead, c.flags...)
				} else {
					sc.populate(dead, c.flags...)
				}
				c.gone(sc, dead)
				sc.moved(dead, other)
			})
		})
	}
}
