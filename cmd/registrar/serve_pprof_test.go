package main

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
)

// Profiles are at the address of --pprof, and nowhere else.
func TestServePprof(t *testing.T) {
	s := launch(t, onLoopback("--http", "127.0.0.1:0", "--pprof", "127.0.0.1:0")...)
	at, board := s.stdout.await(t, "pprof "), s.stdout.await(t, "http ")
	for _, tt := range []struct {
		url  string
		want int
	}{
		{"http://" + at + "/debug/pprof/", http.StatusOK},
		{"http://" + at + "/debug/pprof/goroutine?debug=1", http.StatusOK},
		{"http://" + at + "/debug/pprof/cmdline", http.StatusOK},
		{"http://" + at + "/", http.StatusNotFound},
		{"http://" + at + "/api/v1/status", http.StatusNotFound},
		{"http://" + board + "/debug/pprof/", http.StatusNotFound},
		{"http://" + board + "/debug/pprof/heap", http.StatusNotFound},
	} {
		if answer, body := get(t, tt.url); answer.StatusCode != tt.want {
			t.Errorf("GET %s: %s, want %d: %s", tt.url, answer.Status, tt.want, body)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+at+"/debug/pprof/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "rebound.example"
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("as another name: %s, want 403", answer.Status)
	}
	if strings.Contains(s.stderr.String(), "pprof.exposed") {
		t.Error("the log warns of an address of the loopback")
	}
	if code := s.stop(); code != exitOK {
		t.Errorf("exit code %d, stderr:\n%s", code, s.stderr)
	}
	if conn, err := net.Dial("tcp", at); err == nil {
		conn.Close()
		t.Error("it listens still")
	}
}

func TestServeWithoutPprof(t *testing.T) {
	s := launch(t, onLoopback("--http", "127.0.0.1:0", "-o", "json")...)
	s.stdout.await(t, "}")
	var p places
	if err := json.Unmarshal([]byte(s.stdout.String()), &p); err != nil || p.PProf != "" {
		t.Errorf("it says %+v, %v, want no profiles", p, err)
	}
	if answer, _ := get(t, "http://"+p.HTTP+"/debug/pprof/"); answer.StatusCode != http.StatusNotFound {
		t.Errorf("GET /debug/pprof/ of the dashboard: %s", answer.Status)
	}
}

func TestPprofFlags(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for _, tt := range []struct {
		address, want string
		code          int
	}{
		{"6060", "--pprof 6060: want HOST:PORT", exitUsage},
		{busy.Addr().String(), "the port is in use", exitFailure},
	} {
		if got := command(t, onLoopback("--pprof", tt.address)...); got.code != tt.code || !strings.Contains(got.stderr, tt.want) {
			t.Errorf("%s: code %d, %s", tt.address, got.code, got.stderr)
		}
	}
	exposed := launch(t, onLoopback("--pprof", "0.0.0.0:0")...)
	exposed.stderr.awaitText(t, "pprof.exposed")
}
