package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

func TestResolve(t *testing.T) {
	s, hub, fake := newTestServer(t, nil)
	fillLists(hub)
	fake.selected = registrar.Selected{Known: true, Policy: policy.WeightedRoundRobin(5), Elements: []wire.PoolElement{element(3, self), element(1, other)}}
	for body, want := range map[string]string{
		`{"pool":"b","items":2}`:  `{"pool":"b","pool_key":"b","policy":{"name":"weighted_round_robin","type":"0x00000002"},"elements":[{"id":"0x00000003","home_registrar":"0x0a0a0a0a","state":"suspect","policy":{"weight":5},`,
		`{"pool":"b64.Yg"}`:       `"pool":"b"`,
		``:                        `"status":400`,
		`{"pool":"b"} x`:          `"status":400`,
		`{"pool":"b","limit":3}`:  `"status":400`,
		`{"pool":""}`:             `"status":400`,
		`{"pool":"b","items":-1}`: `"status":400`,
		`{"pool":"` + strings.Repeat("x", DefaultLimits().BodySize): `"status":413`,
	} {
		if _, got, _ := sendBody(t, http.MethodPost, s.URL+"/api/v1/resolve", body, nil); !strings.Contains(got, want) {
			t.Errorf("%.40s: %s, want %s", body, got, want)
		}
	}
	fake.selected = registrar.Selected{}
	if status, got, _ := sendBody(t, http.MethodPost, s.URL+"/api/v1/resolve", `{"pool":"c"}`, nil); status != http.StatusNotFound {
		t.Errorf("%d %s, want 404", status, got)
	}
	if got := strings.Join(fake.peersAsked, ", "); !strings.Contains(got, "select 2 of b") || strings.Count(got, "select") != 3 {
		t.Errorf("asked %s", got)
	}
	foreign := map[string]string{"Origin": "http://elsewhere.example"}
	if status, got, _ := sendBody(t, http.MethodPost, s.URL+"/api/v1/resolve", `{"pool":"b"}`, foreign); status != http.StatusForbidden {
		t.Errorf("for a foreign page: %d %s, want 403", status, got)
	}
}

func TestProbeElement(t *testing.T) {
	s, _, fake := newTestServer(t, nil)
	auth := map[string]string{"Authorization": "Bearer " + token}
	for _, tt := range []struct {
		path   string
		answer registrar.Answered
		status int
		body   string
	}{
		{
			"b/elements/7",
			registrar.Answered{After: 620 * time.Microsecond, Text: "acknowledged"},
			200,
			`{"id":"0x00000007","outcome":"done","after_ms":0.62,"text":"acknowledged"}`,
		},
		{"b/elements/7", registrar.Answered{Outcome: registrar.AskSilent, After: 5 * time.Second, Text: "gone"}, 200, `"outcome":"silent","after_ms":5000`},
		{"b/elements/7", registrar.Answered{Outcome: registrar.AskElsewhere, HomeServer: other}, 409, `"home_registrar":"0x0b0b0b0b"`},
		{"b/elements/7", registrar.Answered{Outcome: registrar.AskNotNow, Text: "this registrar is stopping"}, 409, "this registrar is stopping"},
		{"b/elements/7", registrar.Answered{Outcome: registrar.AskUnknown}, 404, "No such element"},
		{"b64.!/elements/7", registrar.Answered{}, 400, "No pool handle"},
		{"b/elements/x", registrar.Answered{}, 400, "No element ID"},
	} {
		fake.peerAnswer = tt.answer
		status, body, _ := do(t, http.MethodPost, s.URL+"/api/v1/pools/"+tt.path+"/probe", auth)
		if status != tt.status || !strings.Contains(body, tt.body) {
			t.Errorf("%s: %d %s, want %d %s", tt.path, status, body, tt.status, tt.body)
		}
	}
	if status, body, _ := do(t, http.MethodPost, s.URL+"/api/v1/pools/b/elements/7/probe", nil); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d %s, want 401", status, body)
	}
}
