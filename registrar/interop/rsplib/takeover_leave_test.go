package rsplib

import (
	"os"
	"testing"
	"time"
)

// TestLeaves: ours ends as an operator wants it to, and gives its elements to those of
// RSPLIB's that take some; where none does, they find another registrar by themselves.
func TestLeaves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, scenario string
		flags          []string
	}{
		{"suggested", "rspregistrar -supporttakeoversuggestion calls its elements", []string{"-supporttakeoversuggestion"}},
		{"hunted", "rspregistrar does not take them, they come by themselves", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, 5, "registrar", "ours ends by SIGTERM: "+c.scenario+"; none is lost", func(s *scene) {
				sc := s.assemble("theirs ours", none, c.flags...)
				theirs, ours := sc.members[0], sc.members[1]
				sc.populateHunters(ours)
				sc.gone(ours)
				ours.program.signal(os.Interrupt)
				for name, home := range sc.settled() {
					if home != hex(theirs.id) {
						s.Errorf("%s is at home at %s, want %s", name, home, hex(theirs.id))
					}
				}
				select {
				case <-ours.program.ended:
				case <-time.After(stopTime):
					s.Error("ours does not end")
				}
			})
		})
	}
}
