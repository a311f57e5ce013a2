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

// readyz says whether the registrar is initialised and not on its way out; with
// ?verbose also which of what that takes is so.
func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	var phase feed.Phase
	s.Hub.View(func(now *replica.Replica) { phase = now.State().Phase })
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if phase != feed.Serving {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if r.URL.Query().Has("verbose") {
		for _, c := range checks(phase) {
			_, _ = io.WriteString(w, c+"\n")
		}
	}
	_, _ = io.WriteString(w, phase.String()+"\n")
}

// checks are what being ready takes, each with whether it is so. The listeners are
// open before anything can be asked.
func checks(p feed.Phase) []string {
	table, staying := "[+] handlespace complete", "[+] not draining"
	switch p {
	case feed.Starting:
		table = "[-] handlespace complete: looks for a mentor, or loads its table"
	case feed.Draining:
		staying = "[-] not draining: hands its elements over and ends"
	case feed.Serving:
	}
	return []string{"[+] listening", table, staying}
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
