package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rserpool/registrar"
)

func TestAskPeer(t *testing.T) {
	s, _, fake := newTestServer(t, nil)
	auth := map[string]string{"Authorization": "Bearer " + token}
	for _, tt := range []struct {
		path   string
		answer registrar.Answered
		status int
		body   string
	}{
		{
			"0x0b0b0b0b/probe",
			registrar.Answered{After: 620 * time.Microsecond, Text: "PRESENCE received"},
			200,
			`{"id":"0x0b0b0b0b","outcome":"done","after_ms":0.62,"text":"PRESENCE received"}`,
		},
		{
			"0x0b0b0b0b/probe",
			registrar.Answered{Outcome: registrar.AskSilent, After: 5 * time.Second, Text: "no answer in 5s"},
			200,
			`{"id":"0x0b0b0b0b","outcome":"silent","after_ms":5000,"text":"no answer in 5s"}`,
		},
		{
			"185273099/resync",
			registrar.Answered{Text: "2 elements, the same as here"},
			200,
			`{"id":"0x0b0b0b0b","outcome":"done","after_ms":0,"text":"2 elements, the same as here"}`,
		},
		{"0x0b0b0b0b/resync", registrar.Answered{Outcome: registrar.AskNotNow, Text: "its table is on its way already"}, 409, "its table is on its way already"},
		{"0x00000009/probe", registrar.Answered{Outcome: registrar.AskUnknown}, 404, "0x00000009 is not known here"},
		{"nobody/probe", registrar.Answered{}, 400, "No registrar ID"},
	} {
		fake.peerAnswer = tt.answer
		status, body, _ := do(t, http.MethodPost, s.URL+"/api/v1/peers/"+tt.path, auth)
		if status != tt.status || !strings.Contains(body, tt.body) {
			t.Errorf("%s: %d %s, want %d %s", tt.path, status, body, tt.status, tt.body)
		}
	}
	if got := strings.Join(fake.peersAsked, " "); got != "probe 0x0b0b0b0b probe 0x0b0b0b0b resync 0x0b0b0b0b resync 0x0b0b0b0b probe 0x00000009" {
		t.Errorf("asked %s", got)
	}
	for header, want := range map[string]int{"": 401, "http://elsewhere.example": 403} {
		h := map[string]string{}
		if header != "" {
			h = map[string]string{"Authorization": "Bearer " + token, "Origin": header}
		}
		if status, body, _ := do(t, http.MethodPost, s.URL+"/api/v1/peers/0x0b0b0b0b/probe", h); status != want {
			t.Errorf("from origin %q: %d %s, want %d", header, status, body, want)
		}
	}
}
