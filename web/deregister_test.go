package web

import (
	"encoding/json"
	"net/http"
	"testing"

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
			&registrar.Deregister{Handle: "EchoPool", ID: 0x11223344, Reason: "faulty NIC"},
		},
		{
			"decimal ID", "EchoPool/elements/7",
			registrar.Deregistered{},
			200,
			map[string]any{"id": "0x00000007", "outcome": "removed", "propagated_to": 0.0, "peers": 0.0},
			&registrar.Deregister{Handle: "EchoPool", ID: 7},
		},
		{
			"escaped handle", "a%2Fb%20%25/elements/7",
			registrar.Deregistered{},
			200, nil,
			&registrar.Deregister{Handle: "a/b %", ID: 7},
		},
		{
			"any bytes", "b64.AP4AAQ/elements/7",
			registrar.Deregistered{},
			200, nil,
			&registrar.Deregister{Handle: "\x00\xfe\x00\x01", ID: 7},
		},
		{
			"unknown", "EchoPool/elements/7",
			registrar.Deregistered{Outcome: registrar.NotFound},
			404, nil,
			&registrar.Deregister{Handle: "EchoPool", ID: 7},
		},
		{
			"of a peer", "EchoPool/elements/7",
			registrar.Deregistered{Outcome: registrar.OwnedByPeer, HomeServer: other},
			409, nil,
			&registrar.Deregister{Handle: "EchoPool", ID: 7},
		},
		{"no ID", "EchoPool/elements/seven", registrar.Deregistered{}, 400, nil, nil},
		{"ID too large", "EchoPool/elements/0x1ffffffff", registrar.Deregistered{}, 400, nil, nil},
		{"a hold that nobody keeps", "EchoPool/elements/7?hold=10m", registrar.Deregistered{}, 400, nil, nil},
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
