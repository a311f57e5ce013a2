package web

import (
	_ "embed"
	"net/http"
)

// openAPI describes the routes of the API and what they answer, for tools that make
// clients. Tests hold it to what is served.
//
//go:embed openapi.json
var openAPI []byte

// describe serves it.
func (s *server) describe(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-cache")
	_, _ = w.Write(openAPI) // the client is gone: nothing left to tell it
}
