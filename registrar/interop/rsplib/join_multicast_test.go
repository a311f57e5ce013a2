package rsplib

import (
	"testing"
	"time"
)

// TestJoinMulticastOurs: ours finds RSPLIB's registrar on the group, and an element
// of RSPLIB finds ours.
func TestJoinMulticastOurs(t *testing.T) {
	play(t, 4, "registrar", "ours joins rspregistrar by multicast; rspserver without -registrar finds ours", func(s *scene) {
		theirs := s.host("r2", "10.0.0.2").theirMember(idOfTheirs, "-enrpannounce=auto", "-asapannounce=off")
		s.host("p1", "10.0.0.11").rspserver("echo", 0xa0000001, 7001, theirs.at(asapPort))
		want := make(homes).at(theirs, "EchoPool", 0xa0000001)
		s.agree(want, theirs)
		ours := s.host("r1", "10.0.0.1").ourMember(idOfOurs, "--enrp-announce", "auto", "--asap-announce", "auto", "--mentor-discovery", "5s")
		ours.program.awaitText("mentor.completed")
		p := s.host("p2", "10.0.0.12")
		p.theirs("rspserver", append([]string{"-echo", "-identifier=0xa0000002", "-local=" + p.at(7002), "-rereginterval=3000"}, theirLog...)...)
		s.agree(want.at(ours, "EchoPool", 0xa0000002), ours, theirs)
		s.stay(9*time.Second, ours, theirs)
		s.agree(want, ours, theirs)
	})
}

// TestJoinMulticastTheirs is the other way round, with an element of ours.
func TestJoinMulticastTheirs(t *testing.T) {
	play(t, 4, "registrar, element", "rspregistrar joins ours by multicast; an element of ours without --registrar finds rspregistrar", func(s *scene) {
		ours := s.host("r1", "10.0.0.1").ourMember(idOfOurs, "--enrp-announce", "auto")
		s.host("p1", "10.0.0.11").rspserver("echo", 0xa0000001, 7001, ours.at(asapPort))
		want := make(homes).at(ours, "EchoPool", 0xa0000001)
		s.agree(want, ours)
		theirs := s.host("r2", "10.0.0.2").theirMember(idOfTheirs, "-enrpannounce=auto", "-asapannounce=auto")
		if !theirs.mentored() {
			s.Error("RSPLIB's registrar had no mentor")
		}
		s.host("p2", "10.0.0.12").ours("element", "echo", "--protocol", "sctp", "--pool", "EchoPool", "--id", "0xa0000002",
			"--asap-announce", "auto", "--dialect", "rsplib")
		s.agree(want.at(theirs, "EchoPool", 0xa0000002), ours, theirs)
		s.stay(9*time.Second, ours, theirs)
		s.agree(want, ours, theirs)
	})
}
