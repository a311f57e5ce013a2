package rsplib

import (
	"strings"
	"testing"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// join starts one of each kind that name each other.
func join(a, b *host, flags ...string) (ours, theirs *member) {
	theirs = b.theirMember(idOfTheirs, append(naming(true, a), "-endpointkeepalivetransmissioninterval=2000")...)
	ours = a.ourMember(idOfOurs, append(naming(false, b), flags...)...)
	ours.ours.awaitState("RSPLIB's registrar", func(s state) bool { p, known := s.peer(idOfTheirs); return known && p.State == "active" })
	return ours, theirs
}

// audits counts how often either has asked the other for its table since they met.
func audits(ours, theirs *member) int {
	return ours.program.count("checksum.mismatch") + theirs.program.count("Handle Table synchronization with peer $22222222 is necessary")
}

// TestUpdates: what happens at one registrar is told to the other.
func TestUpdates(t *testing.T) {
	play(t, 4, "registrar", "registrations, changed weights and deregistrations at either are at the other at once, without an audit", func(s *scene) {
		a, b := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2")
		ours, theirs := join(a, b)
		before := audits(ours, theirs)
		p := s.host("p1", "10.0.0.11")
		want := make(homes)
		for i, m := range []*member{ours, theirs, ours, theirs} {
			c, pool, ids := p.crowd(m), "Pool", from(uint32(0xc0000000+i*0x100), 5)
			c.register(pool, policy.WeightedRoundRobin(1), ids...)
			s.agree(want.at(m, pool, ids...), ours, theirs)

			c.register(pool, policy.WeightedRoundRobin(uint32(i+2)), ids[0])
			for _, other := range []*member{ours, theirs} {
				s.await("another weight", func() bool {
					for _, e := range other.resolve(pool) {
						if e.ID == wire.PEIdentifier(ids[0]) {
							return e.Policy.Weight == uint32(i+2)
						}
					}
					return false
				})
			}

			c.deregister(pool, ids[1:3]...)
			for _, id := range ids[1:3] {
				delete(want, pool+" "+hex(id))
			}
			s.agree(want, ours, theirs)
			c.settle()
		}
		if n := audits(ours, theirs); n > before {
			s.Errorf("%d audits", n-before)
		}
		if strings.Contains(ours.program.text(), "update.ignored") {
			s.Error("ours has ignored an update")
		}
	})
}
