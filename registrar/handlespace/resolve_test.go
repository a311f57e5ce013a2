package handlespace_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

func TestResolveRoundRobin(t *testing.T) {
	type list = []wire.PEIdentifier
	tests := []struct {
		name  string
		size  wire.PEIdentifier
		limit int
		// change happens before the resolution with its index.
		change map[int]func(*handlespace.Handlespace)
		want   []list
	}{
		{name: "in turn", size: 3, want: []list{{1, 2, 3}, {2, 3, 1}, {3, 1, 2}, {1, 2, 3}}}, // POL-4.1-02
		{ // POL-4.1-03
			name: "removed head", size: 3,
			change: map[int]func(*handlespace.Handlespace){1: func(h *handlespace.Handlespace) { h.Remove("p", 2) }},
			want:   []list{{1, 2, 3}, {3, 1}, {1, 3}},
		},
		{ // POL-4.1-03
			name: "registering again keeps the turn", size: 3,
			change: map[int]func(*handlespace.Handlespace){1: func(h *handlespace.Handlespace) {
				_, _ = h.Put("p", pe(2, 9, rr), start)
			}},
			want: []list{{1, 2, 3}, {2, 3, 1}},
		},
		{name: "item limit", size: 5, limit: 2, want: []list{{1, 2}, {2, 3}, {3, 4}}}, // POL-4.1-05
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := empty()
			for id := range tt.size {
				put(t, h, "p", pe(id+1, 1, rr))
			}
			for i, want := range tt.want {
				if tt.change[i] != nil {
					tt.change[i](h)
				}
				_, peeked, _ := h.Peek("p", tt.limit, nil)
				overall, got, ok := h.Resolve("p", tt.limit, nil)
				if !ok || overall != rr {
					t.Fatalf("resolution %d gives policy %+v, %v, want round robin", i, overall, ok)
				}
				if diff := cmp.Diff(want, ids(got)); diff != "" {
					t.Errorf("resolution %d (-want +got):\n%s", i, diff)
				}
				if diff := cmp.Diff(want, ids(peeked)); diff != "" {
					t.Errorf("peek %d, which must move nothing (-want +got):\n%s", i, diff)
				}
				verify(t, h)
			}
		})
	}
}

func TestResolveUnknownPool(t *testing.T) {
	h := empty()
	put(t, h, "p", pe(1, 1, rr))
	h.Remove("p", 1)
	if _, list, ok := h.Resolve("p", 0, nil); ok || list != nil {
		t.Errorf("a pool without elements gives %v, %v, want nothing", list, ok)
	}
}

// POL-7-04
func TestRotationsAreIndependent(t *testing.T) {
	one, other := empty(), empty()
	for _, h := range []*handlespace.Handlespace{one, other} {
		put(t, h, "p", pe(1, 1, rr))
		put(t, h, "p", pe(2, 1, rr))
	}
	one.Resolve("p", 0, nil)
	_, a, _ := one.Peek("p", 1, nil)
	_, b, _ := other.Peek("p", 1, nil)
	if a[0].ID() != 2 || b[0].ID() != 1 {
		t.Errorf("heads are %v and %v, want 2 and 1", a[0].ID(), b[0].ID())
	}
}

// POL-7-05
func TestUnknownPolicyIsCarried(t *testing.T) {
	private := wire.Policy{Type: 0xb0001003, Raw: "\x01\x02\x03\x04\x00"}
	h := empty()
	for _, id := range []wire.PEIdentifier{30, 10, 20} {
		put(t, h, "p", pe(id, 1, private))
	}
	for range 2 {
		overall, list, _ := h.Resolve("p", 0, nil)
		if overall != private {
			t.Errorf("overall policy %+v, want %+v", overall, private)
		}
		if diff := cmp.Diff([]wire.PEIdentifier{30, 10, 20}, ids(list)); diff != "" {
			t.Errorf("not in the order held (-want +got):\n%s", diff)
		}
	}
	for e := range h.Table(handlespace.Position{}, 0) {
		if e.Policy() != private {
			t.Errorf("element %v has policy %+v, want %+v", e.ID(), e.Policy(), private)
		}
	}
}

func TestPutReplaces(t *testing.T) {
	h := empty()
	put(t, h, "p", pe(1, 1, rr))
	if n, ok := h.Report("p", 1); n != 1 || !ok {
		t.Errorf("first report counts %d, %v, want 1", n, ok)
	}
	if n, _ := h.Report("p", 1); n != 2 {
		t.Errorf("second report counts %d, want 2", n)
	}
	if _, ok := h.Report("p", 2); ok {
		t.Error("reported an element that is not there")
	}
	e := pe(1, 2, rr)
	e.Life = 10
	if got, err := h.Put("p", e, start); got != handlespace.Replaced || err != nil {
		t.Errorf("Put gives %v, %v, want a replacement", got, err)
	}
	got, _ := h.Element("p", 1)
	if diff := cmp.Diff(handlespace.Element{PoolElement: e, Expires: start}, got, cmpAddr); diff != "" {
		t.Errorf("element (-want +got):\n%s", diff)
	}
	if !h.SetHome("p", 1, 3, time.Time{}) || h.SetHome("p", 2, 3, start) || h.SetHome("q", 1, 3, start) {
		t.Error("SetHome must find element 1 of p and no other")
	}
	got, _ = h.Element("p", 1)
	if got.HomeServer != 3 || !got.Expires.IsZero() {
		t.Errorf("after SetHome: home %v, expires %v", got.HomeServer, got.Expires)
	}
	verify(t, h)
}

// Reports are counted up to 65,535, and that stays.
func TestReportsSaturate(t *testing.T) {
	h := empty()
	put(t, h, "p", pe(1, 1, rr))
	for want := 1; want <= 65_540; want++ {
		if n, _ := h.Report("p", 1); n != min(want, 65_535) {
			t.Fatalf("report %d counts %d", want, n)
		}
	}
	put(t, h, "p", pe(1, 1, rr))
	if n, _ := h.Report("p", 1); n != 1 {
		t.Errorf("after a registration, a report counts %d, want 1", n)
	}
}

func TestFindsNothing(t *testing.T) {
	h := empty()
	put(t, h, "p", pe(1, 1, rr))
	for _, ref := range []handlespace.Ref{{Handle: "p", ID: 2}, {Handle: "q", ID: 1}} {
		if _, ok := h.Find(ref.Handle, ref.ID); ok {
			t.Errorf("Find finds %v", ref)
		}
		if _, ok := h.Element(ref.Handle, ref.ID); ok {
			t.Errorf("Element finds %v", ref)
		}
		if _, ok := h.Remove(ref.Handle, ref.ID); ok {
			t.Errorf("Remove finds %v", ref)
		}
	}
	if _, list, ok := h.Peek("q", 0, nil); ok || list != nil {
		t.Errorf("Peek gives %v, %v for a pool that is not there", list, ok)
	}
}
