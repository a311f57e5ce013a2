package rsplib

import "testing"

// TestTakeoverMute: of three registrars one is dead, and one says nothing. RSPLIB's
// would wait for its consent, and give the takeover up.
func TestTakeoverMute(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kinds      string // in the order of their IDs
		dead, mute int
	}{
		{"theirs ours theirs", 0, 2},
		{"ours theirs theirs", 1, 2},
		{"theirs theirs ours", 1, 0},
	} {
		t.Run(c.kinds, func(t *testing.T) {
			play(t, 5, "registrar", "by ID: "+c.kinds+", one of which vanishes, while another one is mute: ours has all elements, and agrees with the mute one when that speaks again", func(s *scene) {
				sc := s.assemble(c.kinds, none)
				dead, mute := sc.members[c.dead], sc.members[c.mute]
				sc.populate(dead)
				sc.gone(mute)
				mute.program.pause()
				sc.vanish(dead)
				heir := sc.alive[0]
				have := sc.settled()
				for name, home := range have {
					if home != hex(heir.id) {
						s.Errorf("%s is at home at %s, want %s", name, home, hex(heir.id))
					}
				}
				// What it finds when it wakes is old: it drops its own elements, which ours
				// brings back.
				mute.program.resume()
				s.agree(have, mute)
				sc.alive = append(sc.alive, mute)
				sc.settled()
			})
		})
	}
}
