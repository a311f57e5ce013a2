package rsplib

import (
	"testing"
	"time"
)

const (
	idOfOurs   = 0x22222222
	idOfTheirs = 0x11111111
)

// TestJoinStatic: a registrar of either kind comes to one of the other kind, which
// has an element already; who knows the other's address is told in all ways there are.
func TestJoinStatic(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, scenario                          string
		theirsFirst, oursIsNamed, theirsIsNamed bool
	}{
		{"ours names theirs", "ours joins rspregistrar, which does not know of it", true, false, true},
		{"ours is named", "ours joins rspregistrar -peer=ours, without knowing of it", true, true, false},
		{"ours names and is named", "ours joins rspregistrar, each naming the other", true, true, true},
		{"theirs names ours", "rspregistrar -peer=ours joins ours, which does not know of it", false, true, false},
		{"theirs is named", "rspregistrar joins ours, which calls it", false, false, true},
		{"theirs names and is named", "rspregistrar joins ours, each naming the other", false, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, 4, "registrar", c.scenario+": elements of before and after are at both, and stay", func(s *scene) {
				a, b := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2")
				var ours, theirs *member
				startOurs := func() {
					var flags []string
					if c.theirsIsNamed {
						flags = naming(false, b)
					}
					ours = a.ourMember(idOfOurs, flags...)
				}
				startTheirs := func() {
					var flags []string
					if c.oursIsNamed {
						flags = naming(true, a)
					}
					theirs = b.theirMember(idOfTheirs, flags...)
				}
				want := make(homes)
				if c.theirsFirst {
					startTheirs()
					s.host("p1", "10.0.0.11").rspserver("echo", 0xa0000001, 7001, theirs.at(asapPort))
					s.agree(want.at(theirs, "EchoPool", 0xa0000001), theirs)
					startOurs()
					s.host("p2", "10.0.0.12").rspserver("echo", 0xa0000002, 7002, ours.at(asapPort))
					s.agree(want.at(ours, "EchoPool", 0xa0000002), ours, theirs)
				} else {
					startOurs()
					s.host("p1", "10.0.0.11").rspserver("echo", 0xa0000001, 7001, ours.at(asapPort))
					s.agree(want.at(ours, "EchoPool", 0xa0000001), ours)
					startTheirs()
					if theirs.mentored() != c.theirsIsNamed {
						s.Errorf("RSPLIB's registrar had a mentor: %v", theirs.mentored())
					}
					s.host("p2", "10.0.0.12").rspserver("echo", 0xa0000002, 7002, theirs.at(asapPort))
					s.agree(want.at(theirs, "EchoPool", 0xa0000002), ours, theirs)
				}
				s.stay(9*time.Second, ours, theirs)
				s.agree(want, ours, theirs)
				ours.ours.awaitState("agreement", func(s state) bool {
					p, _ := s.peer(idOfTheirs)
					return p.InSync && p.Elements == 1
				})
			})
		})
	}
}

// TestJoinDefaultTimers: the dialect's timers and RSPLIB's own.
func TestJoinDefaultTimers(t *testing.T) {
	play(t, 4, "registrar", "ours and rspregistrar with the timers that both have by default: neither takes the other for dead", func(s *scene) {
		a, b := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2")
		theirs := b.theirMember(idOfTheirs, append(naming(true, a),
			"-peerheartbeatcycle=2444", "-peermaxtimelastheard=5000", "-peermaxtimenoresponse=5000",
			"-endpointkeepalivetransmissioninterval=5000", "-endpointkeepalivetimeoutinterval=5000")...)
		r := a.slowRegistrar(idOfOurs, naming(false, b)...)
		ours := &member{host: a, id: idOfOurs, program: r.process, ours: r}
		s.host("p1", "10.0.0.11").rspserver("echo", 0xa0000001, 7001, ours.at(asapPort))
		s.host("p2", "10.0.0.12").rspserver("echo", 0xa0000002, 7002, theirs.at(asapPort))
		want := make(homes).at(ours, "EchoPool", 0xa0000001).at(theirs, "EchoPool", 0xa0000002)
		s.agree(want, ours, theirs)
		s.stay(12*time.Second, ours, theirs)
		s.agree(want, ours, theirs)
	})
}
