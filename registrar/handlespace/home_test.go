package handlespace_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

func TestTakeover(t *testing.T) {
	tests := []struct {
		name     string
		from, to wire.ServerID
		want     int
		counts   map[wire.ServerID]int
	}{
		{"to a new home", 1, 9, 20, map[wire.ServerID]int{1: 0, 2: 10, 9: 20}},
		{"to one that has elements", 1, 2, 20, map[wire.ServerID]int{1: 0, 2: 30}},
		{"to itself", 1, 1, 0, map[wire.ServerID]int{1: 20, 2: 10}},
		{"from one without elements", 7, 1, 0, map[wire.ServerID]int{1: 20, 2: 10, 7: 0}},
		{"to an undetermined home", 1, 0, 20, map[wire.ServerID]int{0: 20, 1: 0, 2: 10}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := empty()
			for i := range 30 {
				put(t, h, wire.PoolHandle('a'+rune(i%4)), pe(wire.PEIdentifier(i), wire.ServerID(1+i%3/2), rr))
			}
			h.Report("a", 0)
			h.Resolve("a", 0, nil)
			_, turn, _ := h.Peek("a", 0, nil)
			n := h.Takeover(tt.from, tt.to, func(e handlespace.Entry) time.Time {
				if e.HomeServer() != tt.to {
					t.Errorf("%v has home %v, want %v", e.Ref(), e.HomeServer(), tt.to)
				}
				return start.Add(time.Duration(e.ID()) * time.Second)
			})
			if n != tt.want {
				t.Errorf("Takeover moves %d, want %d", n, tt.want)
			}
			for id, want := range tt.counts {
				if got := h.Count(id); got != want {
					t.Errorf("home %v has %d elements, want %d", id, got, want)
				}
			}
			if due := h.Expired(start.Add(time.Hour)); len(due) != tt.want {
				t.Errorf("%d elements expire, want %d", len(due), tt.want)
			}
			if e, _ := h.Element("a", 0); e.Reports != 1 {
				t.Errorf("element has %d reports, want 1", e.Reports)
			}
			_, after, _ := h.Peek("a", 0, nil)
			want := slices.DeleteFunc(ids(turn), func(id wire.PEIdentifier) bool {
				e, _ := h.Element("a", id)
				return e.HomeServer == 0 // nobody gets such
			})
			if diff := cmp.Diff(want, ids(after)); diff != "" {
				t.Errorf("turns (-before +after):\n%s", diff)
			}
			verify(t, h)
		})
	}
}
