package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
	"rserpool/ui/view"
)

func loadOpenAPI(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(openAPI)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// The document is valid, and has the routes that are served, no more and no less.
func TestOpenAPI(t *testing.T) {
	doc := loadOpenAPI(t)
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	var described, served []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	s := &server{Config: Config{}, access: newAccess(Config{})}
	pages := view.Patterns()
	err := chi.Walk(s.routes(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if !slices.Contains(pages, route) && !strings.HasPrefix(route, "/assets/") && route != "/login" {
			served = append(served, method+" "+route)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(described)
	slices.Sort(served)
	if diff := cmp.Diff(served, described); diff != "" {
		t.Errorf("routes (-served +described):\n%s", diff)
	}
}

// What is answered is what the document says.
func TestOpenAPIAnswers(t *testing.T) {
	doc := loadOpenAPI(t)
	s, hub, fake := newTestServer(t, nil)
	fillLists(hub)
	hub.Publish(start, []feed.Message{
		feed.Event{At: feed.At(start), Name: "element.removed", Text: "gone", Handle: "b", Element: 7, Server: self, Origin: "expiry", Actor: "192.0.2.9"},
		feed.Hold{ID: 3, Maker: self, Handle: "b", Element: 7, Since: feed.At(start), Until: feed.At(start.Add(60e9)), Reason: "faulty", By: "192.0.2.9"},
		sum(other, "b", 1),
	})
	fake.selected = registrar.Selected{Known: true, Policy: policy.WeightedRoundRobin(5), Elements: []wire.PoolElement{element(3, self)}}
	fake.answer = registrar.Deregistered{Outcome: registrar.Removed, Told: 1, Peers: 1, Hold: enrp.HoldID(9), Until: start}
	fake.ended = registrar.HoldEnded{Outcome: registrar.Removed}
	fake.measures.Limits = []registrar.LimitUse{{Name: "max_pools", Limit: 5, Used: 2, Counted: true}, {Name: "adoption_rate", Limit: 7}}
	auth := map[string]string{"Authorization": "Bearer " + token}
	for _, tt := range []struct{ method, path, route, body string }{
		{"GET", "version", "/version", ""},
		{"GET", "api/v1/openapi.json", "/api/v1/openapi.json", ""},
		{"GET", "api/v1/status", "/api/v1/status", ""},
		{"GET", "api/v1/pools", "/api/v1/pools", ""},
		{"GET", "api/v1/pools?limit=1", "/api/v1/pools", ""},
		{"GET", "api/v1/pools?limit=0", "/api/v1/pools", ""},
		{"GET", "api/v1/pools/b", "/api/v1/pools/{key}", ""},
		{"GET", "api/v1/pools/c", "/api/v1/pools/{key}", ""},
		{"GET", "api/v1/pools/b/elements", "/api/v1/pools/{key}/elements", ""},
		{"GET", "api/v1/pools/b/elements/3", "/api/v1/pools/{key}/elements/{pe}", ""},
		{"DELETE", "api/v1/pools/b/elements/3?hold=10m", "/api/v1/pools/{key}/elements/{pe}", ""},
		{"POST", "api/v1/pools/b/elements/3/probe", "/api/v1/pools/{key}/elements/{pe}/probe", ""},
		{"GET", "api/v1/elements", "/api/v1/elements", ""},
		{"GET", "api/v1/peers", "/api/v1/peers", ""},
		{"GET", "api/v1/peers/0x0b0b0b0b", "/api/v1/peers/{id}", ""},
		{"POST", "api/v1/peers/0x0b0b0b0b/probe", "/api/v1/peers/{id}/probe", ""},
		{"POST", "api/v1/peers/0x0b0b0b0b/resync", "/api/v1/peers/{id}/resync", ""},
		{"GET", "api/v1/events", "/api/v1/events", ""},
		{"GET", "api/v1/holds", "/api/v1/holds", ""},
		{"DELETE", "api/v1/holds/3", "/api/v1/holds/{id}", ""},
		{"GET", "api/v1/handlespace", "/api/v1/handlespace", ""},
		{"POST", "api/v1/resolve", "/api/v1/resolve", `{"pool":"b"}`},
		{"POST", "api/v1/resolve", "/api/v1/resolve", `{"pool":""}`},
	} {
		status, body, header := sendBody(t, tt.method, s.URL+"/"+tt.path, tt.body, auth)
		answer := doc.Paths.Value(tt.route).GetOperation(tt.method).Responses.Status(status)
		if answer == nil {
			t.Errorf("%s %s: status %d is not described", tt.method, tt.path, status)
			continue
		}
		content := answer.Value.Content.Get(header.Get("Content-Type"))
		if content == nil {
			t.Errorf("%s %s: content %s is not described", tt.method, tt.path, header.Get("Content-Type"))
			continue
		}
		var v any
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			t.Errorf("%s %s: %v", tt.method, tt.path, err)
			continue
		}
		if err := content.Schema.Value.VisitJSON(v, openapi3.MultiErrors()); err != nil {
			t.Errorf("%s %s: %s is not as described: %v", tt.method, tt.path, body, err)
		}
	}
}
