package view

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// play does to a list what a page does to its rows.
func play(t *rapid.T, shown []string, ops []Op) []string {
	rows := slices.Clone(shown)
	for _, op := range ops {
		i := slices.Index(rows, op.Key)
		switch {
		case op.Kind == Insert && i >= 0:
			t.Fatalf("%v inserts a row that is there", op)
		case op.Kind != Insert && i < 0:
			t.Fatalf("%v: no such row", op)
		case i >= 0:
			rows = slices.Delete(rows, i, i+1)
		}
		if op.Kind == Remove {
			continue
		}
		at := len(rows)
		if op.Before != "" {
			if at = slices.Index(rows, op.Before); at < 0 {
				t.Fatalf("%v: its neighbour is not there", op)
			}
		}
		rows = slices.Insert(rows, at, op.Key)
	}
	return rows
}

func TestDiffGivesWhatIsWanted(t *testing.T) {
	keys := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-h]{1,2}`), 0, 20, rapid.ID[string])
	rapid.Check(t, func(t *rapid.T) {
		shown, want := keys.Draw(t, "shown"), keys.Draw(t, "want")
		ops := Diff(shown, want)
		if got := play(t, shown, ops); !slices.Equal(got, want) {
			t.Fatalf("%v does %v to %v, want %v", ops, got, shown, want)
		}
	})
}

func TestDiffMovesLittle(t *testing.T) {
	tests := []struct {
		name        string
		shown, want []string
		ops         []Op
	}{
		{"nothing", []string{"a", "b"}, []string{"a", "b"}, nil},
		{"first to last", []string{"a", "b", "c"}, []string{"b", "c", "a"}, []Op{{"a", "", Move}}},
		{"last to first", []string{"a", "b", "c"}, []string{"c", "a", "b"}, []Op{{"c", "a", Move}}},
		{"in and out", []string{"a", "b"}, []string{"x", "b"}, []Op{{"a", "", Remove}, {"x", "b", Insert}}},
		{"all new", nil, []string{"a", "b"}, []Op{{"b", "", Insert}, {"a", "b", Insert}}},
		{"all gone", []string{"a"}, nil, []Op{{"a", "", Remove}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.ops, Diff(tt.shown, tt.want)); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHold(t *testing.T) {
	rows := func(keys ...string) (list []Row) {
		for _, k := range keys {
			list = append(list, PeerLine{ID: k, Note: "new " + k})
		}
		return list
	}
	got := Hold([]Row{PeerLine{ID: "b"}, PeerLine{ID: "gone"}, PeerLine{ID: "a"}}, rows("x", "a", "b"))
	if diff := cmp.Diff(rows("b", "a", "x"), got); diff != "" {
		t.Errorf("held rows (-want +got):\n%s", diff)
	}
}
