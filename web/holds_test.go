package web

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

func TestQueueMergesHolds(t *testing.T) {
	h := newTestHub()
	f := follow(t, h)
	f.catchUp(t, h)
	m := feed.Hold{ID: 1, Maker: self, Handle: "P", Element: 7}
	for m.Refused = range 1000 {
		h.Publish(start, []feed.Message{m, feed.Protected{Handle: "P"}, feed.RegistrarState{Phase: feed.Serving}})
	}
	if frames := f.catchUp(t, h); len(frames) != 1 {
		t.Errorf("%d frames", len(frames))
	}
	if got, _ := f.r.Hold(self, 1); got.Refused != 999 || !f.r.Protected("P") {
		t.Errorf("client has %+v", got)
	}
	for m.ID = range maxQueued/entryCost + 1 {
		h.Publish(start, []feed.Message{m})
	}
	if !f.q.behind {
		t.Error("a client that is sent too many holds does not get a snapshot")
	}
}

func TestListHolds(t *testing.T) {
	s, hub, _ := newTestServer(t, nil)
	hub.Publish(start, []feed.Message{
		feed.PeerState{Peer: other, State: feed.Active},
		feed.PeerState{Peer: other + 1, State: feed.Active},
		feed.Hold{ID: 1, Maker: other, State: feed.HoldEnded, Handle: "\xff", Element: 7, Since: feed.At(start), Until: feed.At(start), Ended: feed.At(start)},
		feed.Hold{
			ID: 2, Maker: self, Handle: "P", Element: 8, Since: feed.At(start), Until: feed.At(start), Refused: 1, Reason: "old", By: "192.0.2.200",
			Honoured: []feed.Honour{{Peer: other, Refused: 2}},
		},
	})
	var got, want any
	_, body, _ := do(t, http.MethodGet, s.URL+"/api/v1/holds", nil)
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	hub.View(func(*replica.Replica) { got.(map[string]any)["seq"] = 0.0 })
	if err := json.Unmarshal([]byte(`{"items":[
		{"id":"0x00000002","made_at":"0x0a0a0a0a","state":"in_force","pool":"P","pool_b64":"UA==","element":"0x00000008",
		 "since":"2026-01-02T03:04:05.000Z","until":"2026-01-02T03:04:05.000Z","refused":3,"refused_here":1,"reason":"old","by":"192.0.2.200",
		 "honoured_by":[{"registrar":"0x0a0a0a0a","refused":1},{"registrar":"0x0b0b0b0b","refused":2}],"not_honoured_by":["0x0b0b0b0c"]},
		{"id":"0x00000001","made_at":"0x0b0b0b0b","state":"ended","pool":"�","pool_b64":"/w==","element":"0x00000007",
		 "since":"2026-01-02T03:04:05.000Z","until":"2026-01-02T03:04:05.000Z","ended_at":"2026-01-02T03:04:05.000Z","refused":0,"refused_here":0,
		 "honoured_by":[{"registrar":"0x0a0a0a0a","refused":0}],"not_honoured_by":[]}
	],"next_cursor":null,"total":2,"seq":0}`), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("holds (-want +got):\n%s", diff)
	}
}

func TestEndHold(t *testing.T) {
	for _, tt := range []struct {
		name, id, token string
		answer          registrar.HoldEnded
		status          int
		asked           int
	}{
		{"ended", "0x00000002", token, registrar.HoldEnded{}, 200, 1},
		{"no such hold", "2", token, registrar.HoldEnded{Outcome: registrar.NotFound}, 404, 1},
		{"of a peer", "2", token, registrar.HoldEnded{Outcome: registrar.OwnedByPeer, Maker: other}, 409, 1},
		{"no ID", "two", token, registrar.HoldEnded{}, 400, 0},
		{"no token", "2", "wrong", registrar.HoldEnded{}, 401, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _, fake := newTestServer(t, nil)
			fake.ended = tt.answer
			status, body, h := do(t, http.MethodDelete, s.URL+"/api/v1/holds/"+tt.id, map[string]string{"Authorization": "Bearer " + tt.token})
			if status != tt.status || len(fake.ends) != tt.asked {
				t.Fatalf("status %d, asked %v: %s", status, fake.ends, body)
			}
			if tt.asked > 0 && fake.ends[0] != (registrar.EndHold{ID: 2, By: "127.0.0.1"}) {
				t.Errorf("asked %+v", fake.ends[0])
			}
			if tt.status >= 400 && h.Get("Content-Type") != "application/problem+json" {
				t.Errorf("content type %q", h.Get("Content-Type"))
			}
			var got map[string]any
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatal(err)
			}
			if tt.status == 409 && got["made_at"] != other.String() || tt.status == 200 && got["outcome"] != "ended" {
				t.Errorf("answer %v", got)
			}
		})
	}
}
