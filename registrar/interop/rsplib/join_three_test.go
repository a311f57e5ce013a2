package rsplib

import (
	"fmt"
	"testing"
)

// TestJoinThree: the third registrar of a mixed scope comes, by way of the one that
// it names.
func TestJoinThree(t *testing.T) {
	t.Parallel()
	const first, second, third = 0, 1, 2
	for _, c := range []struct {
		name, scenario string
		ours           int     // which one is ours
		names          [][]int // whom each one names, of those before it
	}{
		{"ours names one", "ours joins two of RSPLIB's, naming one", third, [][]int{{}, {first}, {first}}},
		{"ours names strangers", "ours joins two of RSPLIB's that do not know of each other", third, [][]int{{}, {}, {first, second}}},
		{"theirs names theirs", "rspregistrar joins RSPLIB's and ours, naming RSPLIB's", second, [][]int{{}, {first}, {first}}},
		{"theirs names ours", "rspregistrar joins RSPLIB's and ours, naming ours", second, [][]int{{}, {first}, {second}}},
		{"theirs meet at ours", "two of RSPLIB's that name ours alone", first, [][]int{{}, {first}, {first}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, 4, "registrar", c.scenario+": elements of all at all", func(s *scene) {
				var members []*member
				want := make(homes)
				for i, id := range []uint32{0x11111111, 0x22222222, 0x33333333} {
					h := s.host(fmt.Sprintf("r%d", i+1), fmt.Sprintf("10.0.0.%d", i+1))
					var known []*host
					for _, n := range c.names[i] {
						known = append(known, members[n].host)
					}
					m := (*host).theirMember
					if i == c.ours {
						m = (*host).ourMember
					}
					members = append(members, m(h, id, naming(i != c.ours, known...)...))
					pe := uint32(0xa0000001 + i)
					s.host(fmt.Sprintf("p%d", i+1), fmt.Sprintf("10.0.0.%d", i+11)).rspserver("echo", pe, 7001+i, h.at(asapPort))
					want.at(members[i], "EchoPool", pe)
					s.await("the element at its registrar", func() bool { return members[i].homes("EchoPool")["EchoPool "+hex(pe)] != "" })
				}
				s.agree(want, members...)
			})
		})
	}
}
