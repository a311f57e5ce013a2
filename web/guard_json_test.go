package web

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
)

// A status says whether resolutions are refused for too much to do.
func TestStatusOverloaded(t *testing.T) {
	s, _, fake := newTestServer(t, nil)
	for _, want := range []bool{false, true} {
		fake.measures.Overloaded = want
		_, body, _ := do(t, http.MethodGet, s.URL+"/api/v1/status", nil)
		var a struct{ Overloaded *bool }
		if err := json.Unmarshal([]byte(body), &a); err != nil || a.Overloaded == nil || *a.Overloaded != want {
			t.Errorf("overloaded, want %v: %v, %s", want, err, body)
		}
	}
}

// A status says how the guard stands, and nothing of it where it is off.
func TestStatusGuard(t *testing.T) {
	s, _, fake := newTestServer(t, nil)
	ask := func() *guardJSON {
		t.Helper()
		_, body, _ := do(t, http.MethodGet, s.URL+"/api/v1/status", nil)
		var a struct{ Guard *guardJSON }
		if err := json.Unmarshal([]byte(body), &a); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		return a.Guard
	}
	if got := ask(); got != nil {
		t.Errorf("off, and shown as %+v", got)
	}
	fake.measures.Tally.Guard = registrar.GuardState{Threshold: 10, Engaged: true, Held: 12, Own: 20, Left: 90 * time.Second, Engagements: 3}
	if diff := cmp.Diff(&guardJSON{Engaged: true, Held: 12, Own: 20, SecondsLeft: 90, Threshold: 10, Engagements: 3}, ask()); diff != "" {
		t.Errorf("guard (-want +got):\n%s", diff)
	}
}
