package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What happens is told as it happens, and what happened before is not.
func TestWatch(t *testing.T) {
	w := watchedRegistrar(t)
	asap := w.stdout.await(t, "asap ")
	lines := start(t, strings.NewReader(""), "watch", "--server", w.server, "--filter", "event:element.registered", "--count", "2")
	data := start(t, strings.NewReader(""), "watch", "--server", w.server, "-o", "jsonl", "--messages")
	following(t, lines, data)
	for _, id := range []string{"0xc1", "0xc2"} {
		launch(t, "element", "echo", "--pool", "New", "--id", id, "--registrar", asap).stdout.await(t, "registered 0x")
	}
	if code := lines.ended(t); code != exitOK {
		t.Errorf("code %d: %s", code, lines.stderr)
	}
	got := strings.Split(strings.TrimSpace(lines.stdout.String()), "\n")
	if len(got) != 2 || !strings.Contains(got[0], " element.registered New 0x000000c1 at 0x") || !strings.Contains(got[1], ": registered here (pe ") {
		t.Errorf("lines %q", got)
	}
	data.stdout.awaitText(t, `"event":"element.registered"`)
	data.stdout.awaitText(t, `"message":"REGISTRATION"`)
	data.cancel()
	if code := data.ended(t); code != exitInterrupted {
		t.Errorf("interrupted: code %d", code)
	}
	for line := range strings.Lines(data.stdout.String()) {
		var v watchJSON
		if err := json.Unmarshal([]byte(line), &v); err != nil || (v.Event == "") == (v.Message == "") {
			t.Errorf("line %s: %v", line, err)
		}
	}
}

// following returns when these watch.
func following(t *testing.T, runs ...*commandRun) {
	t.Helper()
	for _, c := range runs {
		c.stderr.awaitText(t, "watch.following")
	}
}

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
		{"--server http://127.0.0.1:1", exitUnreachable, "no registrar at"},
		{"--server " + s.URL, exitNotFound, "404"},
		{"--server " + s.URL + "/broken", exitFailure, "no frame"},
		{"--filter colour:red", exitUsage, "--filter"},
		{"--count -1", exitUsage, "--count"},
	} {
		if got := command(t, append([]string{"watch"}, strings.Fields(tt.line)...)...); got.code != tt.code || !strings.Contains(got.stderr, tt.want) {
			t.Errorf("%s: code %d, %s; want code %d and %q", tt.line, got.code, got.stderr, tt.code, tt.want)
		}
	}
}

// A registrar that goes away is waited for.
func TestWatchWaits(t *testing.T) {
	w := watchedRegistrar(t)
	c := start(t, strings.NewReader(""), "watch", "--server", w.server)
	following(t, c)
	w.ask(t, "deregister Last 0xb1 --yes")
	c.stdout.awaitText(t, "element.removed Last 0x000000b1")
	w.stop()
	c.stderr.awaitText(t, "calling again")
	c.cancel()
	if code := c.ended(t); code != exitInterrupted {
		t.Errorf("code %d", code)
	}
}
