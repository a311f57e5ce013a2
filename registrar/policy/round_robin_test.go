package policy_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

func member(id wire.PEIdentifier) *policy.Member {
	return &policy.Member{Element: wire.PoolElement{ID: id}}
}

func ids(list []wire.PoolElement) []wire.PEIdentifier {
	got := make([]wire.PEIdentifier, len(list))
	for i, e := range list {
		got[i] = e.ID
	}
	return got
}

func TestCircle(t *testing.T) {
	type step struct {
		join, leave wire.PEIdentifier
		limit       int
		want        []wire.PEIdentifier // of one selection, after which the head moves
	}
	tests := []struct {
		name  string
		join  []wire.PEIdentifier
		steps []step
	}{
		{"head moves by one", []wire.PEIdentifier{1, 2, 3}, []step{ // POL-4.1-02
			{want: []wire.PEIdentifier{1, 2, 3}},
			{want: []wire.PEIdentifier{2, 3, 1}},
			{want: []wire.PEIdentifier{3, 1, 2}},
			{want: []wire.PEIdentifier{1, 2, 3}},
		}},
		{"removed head", []wire.PEIdentifier{1, 2, 3}, []step{ // POL-4.1-03
			{want: []wire.PEIdentifier{1, 2, 3}},
			{leave: 2, want: []wire.PEIdentifier{3, 1}},
			{want: []wire.PEIdentifier{1, 3}},
		}},
		{"removed behind the head", []wire.PEIdentifier{1, 2, 3}, []step{ // POL-4.1-03
			{want: []wire.PEIdentifier{1, 2, 3}}, {leave: 1, want: []wire.PEIdentifier{2, 3}},
		}},
		{"newcomer waits a turn", []wire.PEIdentifier{1, 2, 3}, []step{ // POL-4.1-03
			{want: []wire.PEIdentifier{1, 2, 3}},
			{join: 4, want: []wire.PEIdentifier{2, 3, 1, 4}},
			{want: []wire.PEIdentifier{3, 1, 4, 2}},
		}},
		{"item limit", []wire.PEIdentifier{1, 2, 3, 4, 5}, []step{ // POL-4.1-05
			{limit: 2, want: []wire.PEIdentifier{1, 2}},
			{limit: 2, want: []wire.PEIdentifier{2, 3}},
			{limit: 2, want: []wire.PEIdentifier{3, 4}},
			{limit: 9, want: []wire.PEIdentifier{4, 5, 1, 2, 3}},
			{limit: 2, want: []wire.PEIdentifier{5, 1}},
		}},
		{"emptied and filled again", []wire.PEIdentifier{1}, []step{
			{leave: 1, want: []wire.PEIdentifier{}},
			{join: 2, want: []wire.PEIdentifier{2}},
			{want: []wire.PEIdentifier{2}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c policy.Circle
			members := map[wire.PEIdentifier]*policy.Member{}
			join := func(id wire.PEIdentifier) {
				members[id] = member(id)
				c.Join(members[id])
			}
			for _, id := range tt.join {
				join(id)
			}
			for i, s := range tt.steps {
				if s.join != 0 {
					join(s.join)
				}
				if s.leave != 0 {
					c.Leave(members[s.leave])
				}
				if diff := cmp.Diff(s.want, ids(c.Select(s.limit))); diff != "" {
					t.Errorf("selection %d (-want +got):\n%s", i, diff)
				}
				c.Advance()
				if err := c.Verify(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// The circle against a slice that is really rotated.
func TestCircleAgainstSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c policy.Circle
		var naive []*policy.Member
		for next := range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				m := member(wire.PEIdentifier(next))
				c.Join(m)
				naive = append(naive, m)
			case 1:
				if len(naive) > 0 {
					i := rapid.IntRange(0, len(naive)-1).Draw(t, "who")
					c.Leave(naive[i])
					if naive[i].Joined() {
						t.Fatal("joined after it left")
					}
					naive = slices.Delete(naive, i, i+1)
				}
			default:
				c.Advance()
				if len(naive) > 0 {
					naive = append(naive[1:], naive[0])
				}
			}
			limit := rapid.IntRange(0, 5).Draw(t, "limit")
			want := naive
			if limit > 0 && limit < len(want) {
				want = want[:limit]
			}
			wantIDs := make([]wire.PEIdentifier, len(want))
			for i, m := range want {
				wantIDs[i] = m.Element.ID
			}
			if diff := cmp.Diff(wantIDs, ids(c.Select(limit))); diff != "" {
				t.Fatalf("selection (-want +got):\n%s", diff)
			}
			if c.Len() != len(naive) {
				t.Fatalf("Len is %d, want %d", c.Len(), len(naive))
			}
			if err := c.Verify(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
