package rsplib

import (
	"testing"
	"time"
)

// TestFallsApart: registrars that have dropped each other meet again.
func TestFallsApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, scenario string
		reach          bool // the elements can be reached from both sides
	}{
		{"alone", "the scope falls apart, each registrar with its rspserver; when it is one again, all is everywhere", false},
		{"reach", "the link between the registrars alone fails, ours takes the rspserver of rspregistrar over; when it works again, all is everywhere", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, 4, "registrar", c.scenario, func(s *scene) {
				a, b := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2")
				p, q := a, b
				if c.reach {
					p, q = s.host("p1", "10.0.0.11"), s.host("p2", "10.0.0.12")
				}
				ours, theirs := join(a, b)
				p.rspserver("echo", 0xa0000001, 7001, ours.at(asapPort), "-rereginterval=20000")
				q.rspserver("echo", 0xa0000002, 7002, theirs.at(asapPort), "-rereginterval=20000")
				want := make(homes).at(ours, "EchoPool", 0xa0000001).at(theirs, "EchoPool", 0xa0000002)
				s.agree(want, ours, theirs)

				if c.reach {
					a.apart(0, true)
					b.apart(0, true)
				} else {
					b.cut(0)
				}
				s.await("both alone", func() bool { return ours.missed(theirs) && theirs.missed(ours) })
				own := homes{}.at(ours, "EchoPool", 0xa0000001)
				s.always(time.Second, "its own element at ours", func() bool { return s.contains(own, ours) })
				if c.reach {
					s.await("the other's element at ours", func() bool { return s.contains(homes{}.at(ours, "EchoPool", 0xa0000002), ours) })
					a.apart(0, false)
					b.apart(0, false)
				} else {
					s.always(time.Second, "its own element at RSPLIB's", func() bool { return s.contains(homes{}.at(theirs, "EchoPool", 0xa0000002), theirs) })
					b.mend(0)
				}
				// Ours may have called the other's element as soon as it could be reached.
				s.alike(want, ours, theirs)
			})
		})
	}
}
