package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExport(t *testing.T) {
	const token, body = "0123456789abcdef", `{"schema":"rserpool.handlespace/v1"}` + "\n"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/private/api/v1/handlespace" && r.Header.Get("Authorization") != "Bearer "+token:
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"title":"No operator token","detail":"Reading needs it."}`))
		case strings.HasSuffix(r.URL.Path, "/api/v1/handlespace") && !strings.HasPrefix(r.URL.Path, "/html"):
			_, _ = w.Write([]byte(body))
		case strings.HasPrefix(r.URL.Path, "/html"):
			_, _ = w.Write([]byte("<p>router"))
		default:
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	good, empty := file(t, token+"\nsecond line"), file(t, "\n")
	tests := []struct {
		name string
		args []string
		code int
		want string // on stdout for code 0, else on stderr
	}{
		{"base path", []string{"--server", s.URL + "/rserpool/"}, exitOK, body},
		{"with token", []string{"--server", s.URL + "/private", "--token-file", good}, exitOK, body},
		{"without token", []string{"--server", s.URL + "/private"}, exitRefused, "No operator token: Reading needs it."},
		{"empty token file", []string{"--server", s.URL, "--token-file", empty}, exitFailure, "first line must be the token"},
		{"no URL", []string{"--server", "localhost:8080"}, exitUsage, "want a URL"},
		{"something else", []string{"--server", s.URL + "/html"}, exitFailure, "did not answer with JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := command(t, append([]string{"export"}, tt.args...)...)
			out := got.stderr
			if tt.code == exitOK {
				out = got.stdout
			}
			if got.code != tt.code || !strings.Contains(out, tt.want) {
				t.Errorf("exit code %d, want %d; output %q, want %q in it", got.code, tt.code, out, tt.want)
			}
		})
	}
}

func TestExportReplacesFileWholly(t *testing.T) {
	ok := true
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !ok {
			w.Header().Set("Content-Length", "100")
		}
		_, _ = w.Write([]byte(`{"seq":1}`))
	}))
	defer s.Close()
	name := filepath.Join(t.TempDir(), "handlespace.json")
	for _, ok = range []bool{true, false} {
		got := command(t, "export", "--server", s.URL, name)
		if (got.code == exitOK) != ok {
			t.Fatalf("whole answer %v: exit code %d, %s", ok, got.code, got.stderr)
		}
		if b, err := os.ReadFile(name); err != nil || string(b) != `{"seq":1}` {
			t.Errorf("whole answer %v: file %q, %v", ok, b, err)
		}
	}
	if left, _ := filepath.Glob(name + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
