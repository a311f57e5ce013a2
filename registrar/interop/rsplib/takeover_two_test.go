package rsplib

import "testing"

// TestTakeoverTwo: one of two registrars is gone, of which RSPLIB's never takes the
// other's elements over.
func TestTakeoverTwo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kinds          string // in the order of their IDs
		name, scenario string
		dead           int
		gone           func(*scope, *member)
		hunts          bool
		flags          []string
	}{
		{"theirs ours", "theirs vanishes", "its host vanishes: ours takes its elements over, which RSPLIB's alone would not", 0, (*scope).vanish, false, nil},
		{"ours theirs", "theirs vanishes", "its host vanishes: ours takes its elements over, which RSPLIB's alone would not", 1, (*scope).vanish, false, nil},
		{"theirs ours", "theirs killed", "it is killed: its elements are at ours at once", 0, (*scope).kill, true, nil},
		// Ours forgets nothing meanwhile, and RSPLIB's for the life of a registration.
		{"theirs ours", "ours vanishes", "our host vanishes: elements find rspregistrar when they register again", 1, (*scope).vanish, true, []string{"-rereginterval=6000"}},
		{"ours theirs", "ours vanishes", "our host vanishes: elements find rspregistrar when they register again", 0, (*scope).vanish, true, []string{"-rereginterval=6000"}},
		{"theirs ours", "ours killed", "ours is killed: its elements are at rspregistrar at once", 1, (*scope).kill, true, nil},
	} {
		t.Run(c.kinds+": "+c.name, func(t *testing.T) {
			play(t, 5, "registrar", "by ID: "+c.kinds+": "+c.scenario+"; none is missing at any time", func(s *scene) {
				sc := s.assemble(c.kinds, none)
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
