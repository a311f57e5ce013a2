package web

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
)

func TestDeregister(t *testing.T) {
	tests := []struct {
		name, path string
		answer     registrar.Deregistered
		status     int
		want       map[string]any
		asked      *registrar.Deregister
	}{
		{
			"removed", "EchoPool/elements/0x11223344?reason=faulty+NIC",
			registrar.Deregistered{Told: 2, Peers: 3},
			200,
			map[string]any{"id": "0x11223344", "outcome": "removed", "propagated_to": 2.0, "peers": 3.0},
			&registrar.Deregister{Handle: "EchoPool", ID: 0x11223344, Reason: "faulty NIC", By: "127.0.0.1"},
		},
		{
			"decimal ID", "EchoPool/elements/7",
			registrar.Deregistered{},
			200,
			map[string]any{"id": "0x00000007", "outcome": "removed", "propagated_to": 0.0, "peers": 0.0},
			&registrar.Deregister{Handle: "EchoPool", ID: 7, By: "127.0.0.1"},
		},
		{
			"escaped handle", "a%2Fb%20%25/elements/7",
			registrar.Deregistered{},
			200, nil,
			&registrar.Deregister{Handle: "a/b %", ID: 7, By: "127.0.0.1"},
		},
		{
			"any bytes", "b64.AP4AAQ/elements/7",
			registrar.Deregistered{},
			200, nil,
			&registrar.Deregister{Handle: "\x00\xfe\x00\x01", ID: 7, By: "127.0.0.1"},
		},
		{
			"unknown", "EchoPool/elements/7",
			registrar.Deregistered{Outcome: registrar.NotFound},
			404, nil,
			&registrar.Deregister{Handle: "EchoPool", ID: 7, By: "127.0.0.1"},
		},
		{
			"of a peer", "EchoPool/elements/7",
			registrar.Deregistered{Outcome: registrar.OwnedByPeer, HomeServer: other},
			409, nil,
			&registrar.Deregister{Handle: "EchoPool", ID: 7, By: "127.0.0.1"},
		},
		{
			"held", "EchoPool/elements/7?hold=10m&reason=x",
			registrar.Deregistered{Hold: 9, Until: start, Told: 1, Peers: 1},
			200,
			map[string]any{
				"id": "0x00000007", "outcome": "removed", "propagated_to": 1.0, "peers": 1.0,
				"hold": map[string]any{"id": "0x00000009", "until": "2026-01-02T03:04:05.000Z"},
			},
			&registrar.Deregister{Handle: "EchoPool", ID: 7, Reason: "x", Hold: 10 * time.Minute, By: "127.0.0.1"},
		},
		{
			"protected", "a%2Fb/elements/7",
			registrar.Deregistered{Outcome: registrar.ProtectedPool},
			423,
			map[string]any{
				"type": "about:blank", "status": 423.0, "title": "Protected pool", "confirm": "b64.YS9i",
				"detail": "The registrar was started with --protect for pool a/b; nothing was removed. If it is meant, repeat the request with confirm=b64.YS9i.",
			},
			&registrar.Deregister{Handle: "a/b", ID: 7, By: "127.0.0.1"},
		},
		{
			"confirmed", "a%2Fb/elements/7?confirm=a%2Fb",
			registrar.Deregistered{},
			200, nil,
			&registrar.Deregister{Handle: "a/b", ID: 7, By: "127.0.0.1", Confirmed: true},
		},
		{
			"no room", "EchoPool/elements/7?hold=10m",
			registrar.Deregistered{Outcome: registrar.NoRoomForHold},
			507, nil,
			&registrar.Deregister{Handle: "EchoPool", ID: 7, Hold: 10 * time.Minute, By: "127.0.0.1"},
		},
		{"another pool confirmed", "EchoPool/elements/7?confirm=CalcAppPool", registrar.Deregistered{}, 400, nil, nil},
		{"no time", "EchoPool/elements/7?hold=soon", registrar.Deregistered{}, 400, nil, nil},
		{"too short a hold", "EchoPool/elements/7?hold=10ms", registrar.Deregistered{}, 400, nil, nil},
		{"too long a hold", "EchoPool/elements/7?hold=1000h", registrar.Deregistered{}, 400, nil, nil},
		{"a parameter that nobody reads", "EchoPool/elements/7?force=1", registrar.Deregistered{}, 400, nil, nil},
		{"no ID", "EchoPool/elements/seven", registrar.Deregistered{}, 400, nil, nil},
		{"ID too large", "EchoPool/elements/0x1ffffffff", registrar.Deregistered{}, 400, nil, nil},
		{"bad base64", "b64.***/elements/7", registrar.Deregistered{}, 400, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _, fake := newTestServer(t, nil)
			fake.answer = tt.answer
			status, body, h := do(t, http.MethodDelete, s.URL+"/api/v1/pools/"+tt.path, map[string]string{"Authorization": "Bearer " + token})
			if status != tt.status {
				t.Fatalf("status %d, want %d: %s", status, tt.status, body)
			}
			var got map[string]any
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatal(err)
			}
			if tt.want != nil {
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("answer (-want +got):\n%s", diff)
				}
			}
			if tt.status >= 400 && h.Get("Content-Type") != "application/problem+json" {
				t.Errorf("content type %q", h.Get("Content-Type"))
			}
			if tt.status == 409 && got["home_registrar"] != other.String() {
				t.Errorf("home_registrar %v", got["home_registrar"])
			}
			var asked *registrar.Deregister
			if len(fake.asked) > 0 {
				asked = &fake.asked[0]
			}
			if diff := cmp.Diff(tt.asked, asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}
