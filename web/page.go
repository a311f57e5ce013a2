package web

import (
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"

	"rserpool/registrar/replica"
	"rserpool/ui"
	"rserpool/ui/view"
)

// page serves every page of the dashboard: whole HTML, readable without a
// script, from which the page's program goes on.
func (s *server) page(w http.ResponseWriter, r *http.Request) {
	q, ok := view.Route(chi.RouteContext(r.Context()).RoutePath, r.URL.RawQuery)
	if !ok {
		s.notFound(w, r)
		return
	}
	var p view.Page
	now := s.Now()
	s.Hub.View(func(r *replica.Replica) { p = view.Build(r, now, q) })
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Cookie")
	assets := ui.Assets{
		CSS: s.assets.url["app.css"], Boot: s.assets.url["boot.js"], Icon: s.assets.url["icon.svg"],
		Wasm: s.assets.url["app.wasm"], Exec: s.assets.url["wasm_exec.js"],
		Writer: s.access.writer(r), ASAP: s.ASAP, ENRP: s.ENRP,
	}
	if err := ui.Dashboard(p, assets).Render(r.Context(), w); err != nil {
		s.Log.Debug("page.unsent", slog.String("path", r.URL.Path), slog.Any("error", err))
	}
}
