package rsplib

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestTakeoverThree: the host of one registrar of three vanishes. The one that notices
// first takes its elements over, and the third learns of it: from ours by its
// TAKEOVER_SERVER, from RSPLIB's, which sends none, by an audit. Where the third is
// ours, it takes over from the second one too.
func TestTakeoverThree(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kinds       string // in the order of their IDs
		dead, first int
	}{
		{"theirs theirs ours", 0, 1},
		{"theirs ours theirs", 0, 1},
		{"theirs ours theirs", 1, 2},
		{"ours theirs ours", 0, 1},
		{"ours theirs ours", 1, 2},
		{"ours ours theirs", 1, 0},
	} {
		list := strings.Fields(c.kinds)
		third := 3 - c.dead - c.first
		if list[third] == "ours" {
			list[third] += " takes over from that"
		}
		list[c.dead] += " vanishes"
		list[c.first] += " takes over"
		t.Run(strings.Join(list, ", "), func(t *testing.T) {
			play(t, 5, "registrar", "by ID: "+strings.Join(list, ", ")+"; no element is missing at any time", func(s *scene) {
				sc := s.assemble(c.kinds, c.first)
				dead := sc.members[c.dead]
				sc.populate(dead)
				sc.vanish(dead)
				heir := sc.takenOver(dead)
				third := sc.alive[0]
				if third == heir {
					third = sc.alive[1]
				}
				if third.ours == nil {
					if heir.ours != nil {
						third.program.awaitText(fmt.Sprintf("Got TakeoverServer from peer $%08x for target $%08x", heir.id, dead.id))
					}
					return
				}
				if heir.ours == nil {
					third.program.awaitText("checksum.mismatch")
				}
				sc.vanish(heir)
				sc.takenOver(heir)
			})
		})
	}
}

// TestTakeoverContested: both that are left start before they hear of the other's wish,
// as their words take long. The smaller ID has the elements, whoever made it.
func TestTakeoverContested(t *testing.T) {
	t.Parallel()
	for _, kinds := range []string{"ours theirs theirs", "theirs ours theirs", "ours theirs ours", "theirs ours ours"} {
		t.Run(kinds, func(t *testing.T) {
			play(t, 5, "registrar", "by ID: "+kinds+", which vanishes; both others want its elements, the smaller ID has them; none is missing at any time", func(s *scene) {
				sc := s.assemble(kinds, none)
				dead, rivals := sc.members[2], slices.Clone(sc.members[:2])
				sc.populate(dead)
				for _, m := range rivals {
					m.delay("500ms")
				}
				sc.vanish(dead)
				sc.takenOver(dead)
				s.Logf("both have started: %t", rivals[0].started(dead) && rivals[1].started(dead))
			})
		})
	}
}

// delay makes all late that leaves the host.
func (h *host) delay(by string) {
	h.Helper()
	if out, err := exec.Command("tc", "-n", h.namespace, "qdisc", "add", "dev", "eth0", "root", "netem", "delay", by).CombinedOutput(); err != nil {
		h.Fatalf("tc: %v: %s", err, out)
	}
}
