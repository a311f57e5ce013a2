package node

import (
	"slices"
	"testing"

	"rserpool/registrar"
)

// Resolutions are taken behind all else, and what came behind one over the same
// association stays behind it.
func TestQueueOrder(t *testing.T) {
	user, element, peer := &link{}, &link{}, &link{protocol: registrar.ENRP}
	resolution, behind, end := received{link: user, resolves: true}, received{link: user}, closed{link: user}
	other, presence := received{link: element}, received{link: peer}
	var q queue
	if n := q.add(resolution, behind, stop{}, other, end, presence); n != 6 {
		t.Errorf("%d inputs wait, want 6", n)
	}
	b := q.take()
	kinds := func(list []input) (out []string) {
		for _, in := range list {
			l, _ := origin(in)
			name := map[*link]string{user: "user", element: "element", peer: "peer", nil: "node"}[l]
			if r, ok := in.(received); ok && r.resolves {
				name += " asks"
			} else if _, ok := in.(closed); ok {
				name += " ends"
			}
			out = append(out, name)
		}
		return out
	}
	if got, want := kinds(b.urgent), []string{"element", "peer"}; !slices.Equal(got, want) {
		t.Errorf("urgent are %v, want %v", got, want)
	}
	if got, want := kinds(b.later), []string{"user asks", "user", "node", "user ends"}; !slices.Equal(got, want) {
		t.Errorf("later come %v, want %v", got, want)
	}
	q.add(other)
	if got := kinds(q.hurry()); q.hurried.Load() || !slices.Equal(got, []string{"element"}) {
		t.Errorf("urgent meanwhile are %v, want the element's", got)
	}
}
