package replica_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

func TestSnapshotSize(t *testing.T) {
	r := started(t)
	for i := range 1000 {
		apply := []feed.Message{
			add(wire.PoolHandle(rune('a'+i%26)), pe(wire.PEIdentifier(i), wire.ServerID(i%5), rr)),
			feed.PeerState{Peer: wire.ServerID(i), Information: wire.ServerInformation{ID: wire.ServerID(i), Transport: transport(1)}},
		}
		for _, m := range apply {
			r.Apply(m)
		}
	}
	r.Apply(feed.Sequence{Number: 77, Now: 5})
	for _, limit := range []int{512, 4096, 64 << 10, 1 << 20} {
		total, tables := 0, 0
		for _, frame := range r.Snapshot(limit) {
			list, err := feed.Parse(frame)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				if m.Type() == enrp.TypeHandleTableResponse {
					tables++
				}
			}
			if len(frame) > limit {
				t.Errorf("frame of %d bytes, limit is %d", len(frame), limit)
			}
			total += len(frame)
		}
		frames := len(r.Snapshot(limit))
		if frames > 2*total/limit+2 {
			t.Errorf("%d frames of up to %d bytes for %d: mostly empty", frames, limit, total)
		}
		if limit <= wire.MaxMessage && tables > frames {
			t.Errorf("%d parts of the table in %d frames: split more than needed", tables, frames)
		}
		if diff := cmp.Diff(look(r), look(restore(t, r, limit)), cmpAddr); diff != "" {
			t.Errorf("limit %d (-want +got):\n%s", limit, diff)
		}
	}
	empty := replica.New()
	if got := look(restore(t, empty, 512)); got.Synced {
		t.Error("the snapshot of a replica that is not synced makes one that is")
	}
}

// Contract: Hello, LIST_RESPONSE, HANDLE_TABLE_RESPONSEs with M until the last,
// then the rest.
func TestSnapshotOrder(t *testing.T) {
	r := started(t, feed.PeerState{Peer: 2}, presence(self, 1), feed.Event{Name: "x"})
	for i := range 20 {
		r.Apply(add("p", pe(wire.PEIdentifier(i), self, rr)))
	}
	r.Apply(feed.Sequence{Number: 1})
	tests := []struct {
		name  string
		limit int
		want  []string // repetitions left out
	}{
		{"in one frame", 1 << 16, []string{"hello", "list", "last table", "rest"}},
		{"in several", 512, []string{"hello", "list", "table", "last table", "rest"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, frame := range r.Snapshot(tt.limit) {
				list, err := feed.Parse(frame)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range list {
					got = append(got, part(m)...)
				}
			}
			if diff := cmp.Diff(tt.want, slices.Compact(got)); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
}

func part(m feed.Message) []string {
	switch m := m.(type) {
	case feed.Hello:
		return []string{"hello"}
	case enrp.ListResponse:
		return []string{"list"}
	case enrp.HandleTableResponse:
		if m.More {
			return []string{"table"}
		}
		return []string{"last table"}
	case feed.Sequence: // ends every frame
		return nil
	default:
		return []string{"rest"}
	}
}
