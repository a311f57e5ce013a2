package handlespace_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

func TestExpiry(t *testing.T) {
	h := empty()
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	for id, seconds := range []int{30, 10, 20, 10} {
		if _, err := h.Put("p", pe(wire.PEIdentifier(id), 1, rr), at(seconds)); err != nil {
			t.Fatal(err)
		}
	}
	put(t, h, "p", pe(9, 1, rr)) // never expires
	ref := func(id wire.PEIdentifier) handlespace.Ref { return handlespace.Ref{Handle: "p", ID: id} }
	if next, ok := h.NextExpiry(); !ok || !next.Equal(at(10)) {
		t.Errorf("next expiry is %v, %v, want %v", next, ok, at(10))
	}
	tests := []struct {
		now  int
		want []handlespace.Ref
	}{
		{9, nil},
		{10, []handlespace.Ref{ref(1), ref(3)}},
		{20, []handlespace.Ref{ref(1), ref(3), ref(2)}},
		{99, []handlespace.Ref{ref(1), ref(3), ref(2), ref(0)}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, h.Expired(at(tt.now))); diff != "" {
			t.Errorf("due after %d s (-want +got):\n%s", tt.now, diff)
		}
	}
	for _, id := range []wire.PEIdentifier{1, 3, 2} {
		if _, err := h.Put("p", pe(id, 1, rr), at(60)); err != nil {
			t.Fatal(err)
		}
	}
	h.SetHome("p", 0, 2, time.Time{})
	if due := h.Expired(at(59)); len(due) > 0 { // looks at all that were prolonged
		t.Errorf("after registering again %v are due", due)
	}
	if next, _ := h.NextExpiry(); !next.Equal(at(60)) {
		t.Errorf("after registering again the next expiry is %v, want %v", next, at(60))
	}
	if _, err := h.Put("p", pe(2, 1, rr), at(40)); err != nil {
		t.Fatal(err)
	}
	if next, _ := h.NextExpiry(); !next.Equal(at(40)) {
		t.Errorf("after a shorter life the next expiry is %v, want %v", next, at(40))
	}
	for id := range wire.PEIdentifier(4) {
		h.Remove("p", id)
	}
	if next, ok := h.NextExpiry(); ok {
		t.Errorf("next expiry is %v, but nothing is left that expires", next)
	}
	verify(t, h)
}

// Whatever the clock says, elements expire by it, in order, and registering again
// puts right what it said wrongly.
func TestWrongClocks(t *testing.T) {
	years := func(n int) time.Time { return start.AddDate(n, 0, 0) }
	running := time.Now() // it has a reading of the monotonic clock, start has none
	tests := []struct {
		name string
		// expires are those of elements 1, 2, ..., in this order.
		expires []time.Time
		now     time.Time
		want    []wire.PEIdentifier
	}{
		{"in the past of the first one", []time.Time{years(0), years(-50), years(-20)}, years(-19), []wire.PEIdentifier{2, 3}},
		{"far ahead", []time.Time{years(0), years(100)}, years(99), []wire.PEIdentifier{1}},
		{"farther than counted", []time.Time{years(0), years(900), years(800)}, years(290), []wire.PEIdentifier{1}},
		{"all are due, far ahead", []time.Time{years(0), years(900), years(800)}, years(1000), []wire.PEIdentifier{1, 2, 3}},
		{"farther back than counted", []time.Time{years(0), years(-900), {}}, years(-800), []wire.PEIdentifier{2}},
		{"now is zero", []time.Time{years(0), years(1)}, time.Time{}, nil},
		{"from the zero time on", []time.Time{time.Time{}.Add(2), time.Time{}.Add(1)}, time.Time{}.Add(1), []wire.PEIdentifier{2}},
		{"some with a monotonic reading", []time.Time{running.Add(3), running.Add(1).Round(0), running.Add(2)}, running.Add(2), []wire.PEIdentifier{2, 3}},
		{"none but now has one", []time.Time{running.Round(0).Add(3), running.Round(0).Add(1)}, running.Add(2), []wire.PEIdentifier{2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := empty()
			if due := h.Expired(tt.now); due != nil {
				t.Errorf("without elements %v are due", due)
			}
			for i, at := range tt.expires {
				if _, err := h.Put("p", pe(wire.PEIdentifier(i+1), 1, rr), at); err != nil {
					t.Fatal(err)
				}
			}
			var got []wire.PEIdentifier
			for _, ref := range h.Expired(tt.now) {
				got = append(got, ref.ID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("due (-want +got):\n%s", diff)
			}
			verify(t, h)
			for i := range tt.expires {
				if _, err := h.Put("p", pe(wire.PEIdentifier(i+1), 1, rr), years(1)); err != nil {
					t.Fatal(err)
				}
			}
			if next, ok := h.NextExpiry(); !ok || next.After(years(1)) {
				t.Errorf("after all have registered again, the next expiry is %v, %v", next, ok)
			}
			if due := h.Expired(years(1)); len(due) != len(tt.expires) {
				t.Errorf("after all have registered again %v are due, want all", due)
			}
			verify(t, h)
		})
	}
}
