package handlespace_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

var cmpAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// RFC 5352 section 3.1 (2) and (3), INC-21.
func TestConflict(t *testing.T) {
	pool := pe(1, 1, wire.Policy{Type: wire.WeightedRoundRobin, Weight: 3})
	with := func(id wire.PEIdentifier, change func(*wire.PoolElement)) wire.PoolElement {
		e := pool
		e.ID = id
		change(&e)
		return e
	}
	tests := []struct {
		name string
		e    wire.PoolElement
		want *wire.Cause // nil: no conflict
		what string
	}{
		{"other weight", with(2, func(e *wire.PoolElement) { e.Policy.Weight = 9 }), nil, ""},
		{"other port", with(2, func(e *wire.PoolElement) { e.UserTransport.Port = 9 }), nil, ""},
		{
			"other policy", with(2, func(e *wire.PoolElement) { e.Policy = rr }),
			&wire.Cause{Code: wire.CauseInconsistentPolicy, Info: pool.Policy.TLV()},
			"want policy type 0x00000002, have 0x00000001",
		},
		{
			"sole member with another policy", with(1, func(e *wire.PoolElement) { e.Policy = rr }),
			&wire.Cause{Code: wire.CauseInconsistentPolicy, Info: pool.Policy.TLV()},
			"want policy type 0x00000002, have 0x00000001",
		},
		{
			"other transport", with(2, func(e *wire.PoolElement) { e.UserTransport.Type = wire.TypeTCPTransport }),
			&wire.Cause{Code: wire.CauseInconsistentTransport, Info: pool.UserTransport.TLV()},
			"want transport type 0x0004, have 0x0005",
		},
		{
			"other use", with(2, func(e *wire.PoolElement) { e.UserTransport.Use = wire.DataAndControl }),
			&wire.Cause{Code: wire.CauseInconsistentDataControl},
			"want transport use data only, have data and control",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := empty()
			put(t, h, "p", pool)
			_, err := h.Put("p", tt.e, start.Add(time.Hour))
			var c *handlespace.ConflictError
			if errors.As(err, &c) != (tt.want != nil) {
				t.Fatalf("Put gives %v, want a conflict: %v", err, tt.want != nil)
			}
			verify(t, h)
			if tt.want == nil {
				return
			}
			if diff := cmp.Diff(*tt.want, c.Cause); diff != "" {
				t.Errorf("cause (-want +got):\n%s", diff)
			}
			if want := "handlespace: element contradicts its pool: " + tt.what; err.Error() != want {
				t.Errorf("error is %q, want %q", err, want)
			}
			got, _ := h.Element("p", 1)
			if diff := cmp.Diff(handlespace.Element{PoolElement: pool}, got, cmpAddr); diff != "" || h.Len() != 1 {
				t.Errorf("a conflict must change nothing, have %d elements (-want +got):\n%s", h.Len(), diff)
			}
		})
	}
}

func TestPoolGoesWithItsLastElement(t *testing.T) {
	h := empty()
	put(t, h, "p", pe(2, 1, wire.Policy{Type: wire.Priority, Priority: 2}))
	put(t, h, "p", pe(1, 1, wire.Policy{Type: wire.Priority, Priority: 1}))
	want := handlespace.Pool{
		Handle: "p", Policy: wire.Policy{Type: wire.Priority, Priority: 1}, Transport: wire.TypeSCTPTransport, Len: 2,
	}
	if got, ok := h.Pool("p"); got != want || !ok {
		t.Errorf("pool is %+v, %v, want %+v", got, ok, want)
	}
	h.Remove("p", 1)
	if got, _ := h.Pool("p"); got.Policy.Priority != 2 || got.Len != 1 {
		t.Errorf("the remaining element must speak for the pool, have %+v", got)
	}
	if _, ok := h.Remove("p", 1); ok {
		t.Error("removed twice")
	}
	h.Remove("p", 2)
	if got, ok := h.Pool("p"); ok || h.PoolCount() != 0 {
		t.Errorf("an empty pool stays: %+v", got)
	}
	put(t, h, "p", pe(2, 1, rr)) // nothing is left that it could contradict
	verify(t, h)
}
