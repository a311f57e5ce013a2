package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWatchErrors(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/broken") {
			_, _ = w.Write([]byte("data: !\n\n"))
			return
		}
		http.NotFound(w, r)
	}))
	defer s.Close()
	for _, tt := range []struct {
		line string
		code int
		want string
	}{
		{"--server " + s.URL, exitNotFound, "404"},
		{"--server " + s.URL + "/broken", exitFailure, "no frame"},
	} {
		if got := command(t, append([]string{"watch"}, strings.Fields(tt.line)...)...); got.code != tt.code || !strings.Contains(got.stderr, tt.want) {
			t.Errorf("%s: code %d, %s; want code %d and %q", tt.line, got.code, got.stderr, tt.code, tt.want)
		}
	}
}
