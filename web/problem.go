package web

import (
	"encoding/json"
	"net/http"
)

// problem answers with RFC 9457 problem details: what failed and what to do.
func problem(w http.ResponseWriter, status int, title, detail string) {
	problemWith(w, status, title, detail, nil)
}

// problemWith adds members of its own to the problem details.
func problemWith(w http.ResponseWriter, status int, title, detail string, extra map[string]string) {
	body := map[string]any{"type": "about:blank", "status": status, "title": title, "detail": detail}
	for k, v := range extra {
		body[k] = v
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone: nothing left to tell it
}

// writeJSON answers with a value.
func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-cache")
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // the client is gone: nothing left to tell it
}
