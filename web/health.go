package web

import (
	"io"
	"net/http"
	"runtime/debug"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

// livez says that the process answers. It and readyz need no token, ever: they say
// nothing else.
func (s *server) livez(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok\n")
}

// readyz says whether the registrar is initialised and not on its way out.
func (s *server) readyz(w http.ResponseWriter, _ *http.Request) {
	var phase feed.Phase
	s.Hub.View(func(r *replica.Replica) { phase = r.State().Phase })
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if phase != feed.Serving {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = io.WriteString(w, phase.String()+"\n")
}

// version says what runs here.
func (s *server) version(w http.ResponseWriter, _ *http.Request) {
	var hello feed.Hello
	s.Hub.View(func(r *replica.Replica) { hello = r.Hello() })
	answer := map[string]string{"version": hello.Version, "registrar": hello.Registrar.String()}
	if info, ok := debug.ReadBuildInfo(); ok {
		answer["go"] = info.GoVersion
	}
	writeJSON(w, answer)
}
