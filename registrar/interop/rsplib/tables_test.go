package rsplib

import (
	"fmt"
	"testing"

	"rserpool/registrar/policy"
)

// TestTables: a handlespace that takes many messages, from a mentor of either kind
// to a registrar of the other.
func TestTables(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, scenario string
		pools, each    int
		theirsIsMentor bool
		flags          []string // of RSPLIB's
	}{
		{"120 from theirs", "ours downloads 120 elements of one pool from rspregistrar", 1, 120, true, nil},
		{"120 from ours", "rspregistrar downloads 120 elements of one pool from ours", 1, 120, false, nil},
		// 120 is a multiple of 8: RSPLIB's last part is empty.
		{"60 pools from theirs", "ours downloads 60 pools from rspregistrar -maxelementsperhtrequest=8", 60, 2, true, []string{"-maxelementsperhtrequest=8"}},
		{"60 pools from ours", "rspregistrar -maxelementsperhtrequest=8 downloads 60 pools from ours", 60, 2, false, []string{"-maxelementsperhtrequest=8"}},
		{"2000 from theirs", "ours downloads 2,000 elements of 20 pools from rspregistrar", 20, 100, true, []string{"-loglevel=3"}},
		{"2000 from ours", "rspregistrar downloads 2,000 elements of 20 pools from ours", 20, 100, false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, 4, "registrar", c.scenario+", in parts", func(s *scene) {
				a, b := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2")
				// No keep-alives: their answers would take all the time there is.
				startOurs := func() *member {
					return a.ourMember(idOfOurs, append(naming(false, b), "--keepalive-interval", "10m")...)
				}
				startTheirs := func() *member {
					return b.theirMember(idOfTheirs, append(c.flags, "-endpointkeepalivetransmissioninterval=300000")...)
				}
				var mentor *member
				if c.theirsIsMentor {
					mentor = startTheirs()
				} else {
					mentor = startOurs()
				}
				all, want := s.host("p1", "10.0.0.11").crowd(mentor), make(homes)
				for i := range c.pools {
					pool, ids := fmt.Sprintf("pool %d", i), from(uint32(0xc0000000+i*c.each), c.each)
					all.register(pool, policy.RoundRobin(), ids...)
					want.at(mentor, pool, ids...)
				}
				all.settle()
				if c.theirsIsMentor {
					ours := startOurs()
					s.await("a table", func() bool { return ours.program.count("mentor.completed")+ours.program.count("resync.completed") > 0 })
					s.agree(want, ours)
					s.agreeAll(want, mentor)
					return
				}
				theirs := startTheirs()
				if !theirs.mentored() {
					s.Error("RSPLIB's registrar had no mentor")
				}
				s.agreeAll(want, theirs)
				s.agree(want, mentor)
			})
		})
	}
}
