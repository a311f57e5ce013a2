package rsplib

import (
	"testing"
	"time"

	"rserpool/registrar/policy"
)

// TestJoinIPv6: no other network.
func TestJoinIPv6(t *testing.T) {
	play(t, 4, "registrar", "ours and rspregistrar, with elements of RSPLIB at both, over IPv6 alone", func(s *scene) {
		a, b := s.host("r1", "fd00:0::1"), s.host("r2", "fd00:0::2")
		theirs := b.theirMember(idOfTheirs, naming(true, a)...)
		s.host("p1", "fd00:0::11").rspserver("echo", 0xa0000001, 7001, theirs.at(asapPort))
		want := make(homes).at(theirs, "EchoPool", 0xa0000001)
		s.agree(want, theirs)
		ours := a.ourMember(idOfOurs, naming(false, b)...)
		s.host("p2", "fd00:0::12").rspserver("echo", 0xa0000002, 7002, ours.at(asapPort))
		s.agree(want.at(ours, "EchoPool", 0xa0000002), ours, theirs)
		ours.awaitSync(1)
		s.stay(9*time.Second, ours, theirs)
		s.agree(want, ours, theirs)
	})
}

// TestJoinTwoNetworks: all have an address in each of two, of which one fails. No
// registration is on its way then: RSPLIB's elements give their registrar up when one
// is not answered in 3 s, which is when their kernel turns to the other network.
func TestJoinTwoNetworks(t *testing.T) {
	play(t, 4, "registrar", "ours, rspregistrar and rspserver at both, with two addresses each; one network fails: nobody is lost", func(s *scene) {
		a, b := s.host("r1", "10.0.0.1", "10.0.1.1"), s.host("r2", "10.0.0.2", "10.0.1.2")
		p, q := s.host("p1", "10.0.0.11", "10.0.1.11"), s.host("p2", "10.0.0.12", "10.0.1.12")
		theirs := b.theirMember(idOfTheirs, naming(true, a)...)
		p.rspserver("echo", 0xa0000001, 7001, theirs.at(asapPort), "-rereginterval=60000")
		want := make(homes).at(theirs, "EchoPool", 0xa0000001)
		s.agree(want, theirs)
		ours := a.ourMember(idOfOurs, naming(false, b)...)
		q.rspserver("echo", 0xa0000002, 7002, ours.at(asapPort), "-rereginterval=60000")
		s.agree(want.at(ours, "EchoPool", 0xa0000002), ours, theirs)
		for id, e := range ours.ours.state().elements("EchoPool") {
			if len(e.User.Addresses) != 2 {
				s.Errorf("%s is at %v, want two addresses", id, e.User.Addresses)
			}
		}
		ours.ours.awaitMore(2, "keepalive.acknowledged")
		for _, h := range []*host{a, b, p, q} {
			h.cut(0)
		}
		s.always(12*time.Second, "elements of both at both", func() bool {
			return s.same(want, ours) && s.same(want, theirs)
		})
		for _, m := range []*member{ours, theirs} {
			if other := map[*member]*member{ours: theirs, theirs: ours}[m]; m.missed(other) {
				s.Errorf("%s has lost %s", m.program.label, other.program.label)
			}
		}
		ours.ours.awaitMore(2, "keepalive.acknowledged")
	})
}

// TestJoinOddHandles: a pool handle is bytes, and RSPLIB takes 32 of them.
func TestJoinOddHandles(t *testing.T) {
	play(t, 4, "registrar", "pool handles of 1 and of 32 bytes, binary, in UTF-8, with spaces and quotes: in tables and updates, both ways", func(s *scene) {
		handles := []string{
			"x", " ", "two words", `a "quoted" $name / with #`, "Größe: 32 Bytes, nicht Zeichen", "\x00\xff\x80 zero first",
			"0123456789abcdef0123456789abcdef", "\xff\x00\xfe\x01\xfd\x02\xfc\x03\xfb\x04\xfa\x05\xf9\x06\xf8\x07\xf7\x08\xf6\x09\xf5\x0a\xf4\x0b\xf3\x0c\xf2\x0d\xf1\x0e\xf0\x00",
		}
		for _, h := range handles {
			if len(h) > 32 {
				s.Fatalf("%q has %d bytes", h, len(h))
			}
		}
		a, b := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2")
		p, want := s.host("p1", "10.0.0.11"), make(homes)
		add := func(m *member, first uint32) {
			c := p.crowd(m)
			for i, h := range handles {
				c.register(h, policy.RoundRobin(), first+uint32(i))
				want.at(m, h, first+uint32(i))
			}
			c.settle()
		}
		theirs := b.theirMember(idOfTheirs, naming(true, a)...)
		add(theirs, 0xc0000000)
		ours := a.ourMember(idOfOurs, naming(false, b)...)
		s.agree(want, ours, theirs)
		add(ours, 0xd0000000)
		s.agree(want, ours, theirs)
		add(theirs, 0xe0000000)
		s.agree(want, ours, theirs)
		ours.awaitSync(2 * len(handles))
	})
}
