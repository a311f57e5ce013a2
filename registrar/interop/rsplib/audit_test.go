package rsplib

import (
	"slices"
	"testing"

	"rserpool/registrar/policy"
)

// awaitSync returns when ours says that RSPLIB's tells what is known here.
func (m *member) awaitSync(elements int) {
	m.Helper()
	m.ours.awaitState("agreement", func(s state) bool {
		p, known := s.peer(idOfTheirs)
		return known && p.State == "active" && p.InSync && p.Elements == elements
	})
}

// TestAuditAfterCut: an association between registrars that ends with what was on its
// way over it.
func TestAuditAfterCut(t *testing.T) {
	play(t, 4, "registrar", "the link between ours and rspregistrar fails while elements come and go at both: the updates are lost, the audits of both bring them", func(s *scene) {
		a, b := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2")
		ours, theirs := join(a, b)
		atOurs, atTheirs := a.crowd(ours), b.crowd(theirs) // on the registrars' hosts: the cut is between those alone
		const pool = "Pool"
		atOurs.register(pool, policy.RoundRobin(), from(0xc0000000, 5)...)
		atTheirs.register(pool, policy.RoundRobin(), from(0xd0000000, 5)...)
		want := make(homes).at(ours, pool, from(0xc0000000, 5)...).at(theirs, pool, from(0xd0000000, 5)...)
		s.agree(want, ours, theirs)

		b.cut(0)
		atOurs.deregister(pool, from(0xc0000000, 2)...)
		atOurs.register(pool, policy.RoundRobin(), 0xc0000010)
		atTheirs.deregister(pool, from(0xd0000000, 2)...)
		atTheirs.register(pool, policy.RoundRobin(), 0xd0000010)
		atOurs.settle()
		atTheirs.settle()
		for _, gone := range slices.Concat(from(0xc0000000, 2), from(0xd0000000, 2)) {
			delete(want, pool+" "+hex(gone))
		}
		want.at(ours, pool, 0xc0000010).at(theirs, pool, 0xd0000010)
		ours.program.awaitText("peer.unreachable")
		b.mend(0)
		s.agree(want, ours, theirs)
		ours.awaitSync(4)
		s.agree(want, ours, theirs)
	})
}

// TestAuditAfterRestart: a registrar that was killed is back under its ID, and has
// forgotten everything.
func TestAuditAfterRestart(t *testing.T) {
	t.Parallel()
	const pool = "EchoPool"
	t.Run("ours", func(t *testing.T) {
		play(t, 4, "registrar", "ours is killed and started again with the same ID: rspserver registers anew, what else it had is purged at rspregistrar", func(s *scene) {
			a, b := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2")
			ours, theirs := join(a, b)
			p, q := s.host("p1", "10.0.0.11"), s.host("p2", "10.0.0.12")
			again := p.rspserver("echo", 0xa0000001, 7001, ours.at(asapPort))
			q.rspserver("echo", 0xa0000002, 7002, theirs.at(asapPort))
			lost, kept := p.crowd(ours), q.crowd(theirs)
			lost.register(pool, policy.RoundRobin(), from(0xc0000000, 3)...)
			kept.register(pool, policy.RoundRobin(), from(0xd0000000, 3)...)
			want := make(homes).at(ours, pool, 0xa0000001).at(theirs, pool, 0xa0000002)
			want.at(ours, pool, from(0xc0000000, 3)...).at(theirs, pool, from(0xd0000000, 3)...)
			s.agree(want, ours, theirs)

			ours.program.kill()
			kept.deregister(pool, 0xd0000000)
			kept.register(pool, policy.RoundRobin(), 0xd0000010)
			kept.settle()
			ours = a.ourMember(idOfOurs, naming(false, b)...)
			want = make(homes).at(ours, pool, 0xa0000001).at(theirs, pool, 0xa0000002, 0xd0000001, 0xd0000002, 0xd0000010)
			s.agree(want, ours, theirs)
			ours.awaitSync(4)
			again.stop() // without a registrar it would not end
		})
	})
	t.Run("theirs", func(t *testing.T) {
		play(t, 4, "registrar", "rspregistrar is killed and started again with the same ID: what it had is known at ours until it is gone for good, and nothing twice", func(s *scene) {
			a, b := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2")
			ours, theirs := join(a, b)
			p, q := s.host("p1", "10.0.0.11"), s.host("p2", "10.0.0.12")
			p.rspserver("echo", 0xa0000001, 7001, ours.at(asapPort))
			moved := q.rspserver("echo", 0xa0000002, 7002, theirs.at(asapPort))
			kept, lost := p.crowd(ours), q.crowd(theirs)
			kept.register(pool, policy.RoundRobin(), from(0xc0000000, 3)...)
			lost.register(pool, policy.RoundRobin(), from(0xd0000000, 3)...)
			want := make(homes).at(ours, pool, 0xa0000001).at(theirs, pool, 0xa0000002)
			want.at(ours, pool, from(0xc0000000, 3)...).at(theirs, pool, from(0xd0000000, 3)...)
			s.agree(want, ours, theirs)

			theirs.program.kill()
			kept.deregister(pool, 0xc0000000)
			kept.register(pool, policy.RoundRobin(), 0xc0000010)
			kept.settle()
			theirs = b.theirMember(idOfTheirs, naming(true, a)...)
			s.alike(make(homes).at(ours, pool, 0xa0000001, 0xa0000002, 0xc0000001, 0xc0000002, 0xc0000010), ours, theirs)
			moved.stop()
		})
	})
}
