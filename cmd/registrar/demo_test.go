package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestDemo(t *testing.T) {
	d := launch(t, "demo", "--http", "127.0.0.1:0", "--log-level", "info", "--log-format", "json")
	link := d.stdout.await(t, "dashboard")
	base, _, found := strings.Cut(link, "?token=")
	if !found {
		t.Fatalf("the dashboard link is %q, want a token in it", link)
	}
	d.stderr.awaitText(t, `"element.registered"`)
	var space struct {
		Pools, Peers []struct{}
	}
	for limit := time.Now().Add(20 * time.Second); len(space.Pools) == 0 && time.Now().Before(limit); {
		answer, body := get(t, base+"api/v1/handlespace") // it is told after the log
		if err := json.Unmarshal([]byte(body), &space); err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("GET of the handlespace: %s, %v", answer.Status, err)
		}
	}
	if len(space.Pools) == 0 || len(space.Peers) != demoRegistrars-1 {
		t.Errorf("%d pools and %d peers, want some and %d", len(space.Pools), len(space.Peers), demoRegistrars-1)
	}
	if got := strings.Count(d.stdout.String(), "registrar "); got != demoRegistrars {
		t.Errorf("%d registrars on stdout, want %d", got, demoRegistrars)
	}
	began := time.Now()
	if code := d.stop(); code != exitOK {
		t.Errorf("exit code %d after a stop, want 0; stderr:\n%s", code, d.stderr)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the end took %v, want seconds", took)
	}
}

// The port of the dashboard is free before and after, whatever uses a registrar's.
func TestDemoBesideServe(t *testing.T) {
	s := launch(t, onLoopback("--http", "127.0.0.1:0")...)
	busy := s.stdout.await(t, "http ")
	got := command(t, "demo", "--http", busy)
	if got.code != exitFailure || !strings.Contains(got.stderr, "--http "+busy+": the port is in use") {
		t.Errorf("demo on a busy port: %+v, want failure", got)
	}
}
