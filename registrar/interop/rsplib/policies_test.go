package rsplib

import "testing"

// TestPrivatePolicies: elements with policies of RSPLIB's own, which ours does not
// select by. It refuses them for itself, but has those of a peer as they are (D-08).
func TestPrivatePolicies(t *testing.T) {
	play(t, 5, "registrar", "rspserver -policy with private ones at rspregistrar: ours has them by table and by update, and takes them over when its host vanishes", func(s *scene) {
		a, b, h := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2"), s.host("p1", "10.0.0.11")
		theirs := b.theirMember(idOfTheirs)
		specs := []string{"PriorityLeastUsedDegradation:0.25", "WeightedRandomDPF:5:0.5", "LeastUsedDPF:0.5", "LeastUsedDegradationDPF:0.25:0.5"}
		want := make(homes)
		var elements []*process
		element := func(n int, spec string) {
			pool, id := spec[:min(len(spec), 32)], uint32(0xa0000001+n)
			elements = append(elements, h.rspserver("discard", id, 7001+n, theirs.at(asapPort), "-policy="+spec, "-poolhandle="+pool, "-rereginterval=60000"))
			want.at(theirs, pool, id)
		}
		for i, spec := range specs[:2] {
			element(i, spec)
		}
		s.agree(want, theirs)
		ours := a.ourMember(idOfOurs, naming(false, b)...)
		s.agree(want, ours)
		for i, spec := range specs[2:] {
			element(2+i, spec)
		}
		s.agree(want, theirs, ours)
		b.vanish()
		for name := range want {
			want[name] = hex(ours.id)
		}
		s.agree(want, ours)
		ours.program.awaitMore(len(want), "keepalive.acknowledged")
		s.agree(want, ours)
		for _, pool := range want.pools() {
			if all := ours.resolve(pool); len(all) != 1 {
				s.Errorf("a user of %s is told of %d elements", pool, len(all))
			}
		}
		for _, e := range elements { // without a registrar they would not end
			e.stop()
		}
	})
}
