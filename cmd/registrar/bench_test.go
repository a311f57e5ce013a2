package main

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
)

// bench runs `registrar bench` and gives what it prints as data.
func bench[T any](t *testing.T, args ...string) (out T) {
	t.Helper()
	code, stdout, stderr := play(t, append([]string{"bench"}, append(args, "-o", "json", "-q")...)...)
	if code != exitOK {
		t.Fatalf("bench %v: code %d\n%s", args, code, stderr)
	}
	if err := json.Unmarshal([]byte(stdout), &out); err != nil {
		t.Fatalf("bench %v: %v in\n%s", args, err, stdout)
	}
	return out
}

func self() string { return strconv.Itoa(os.Getpid()) }

// Each kind of work does what was asked, no more, and leaves nothing behind.
func TestBench(t *testing.T) {
	asap := startRegistrar(t)
	tests := []struct{ line, phases string }{
		{"resolve --requests 50 --associations 2 --depth 3 --items 2", "register 12, resolve 50, deregister 12"},
		{"resolve --requests 20 --rate 2000", "register 12, resolve 20, deregister 12"},
		{"reregister --requests 50 --policy wrr:3 --seed 7", "register 12, reregister 50, deregister 12"},
		{"mixed --requests 50 --updates 1", "register 12, mixed 50, deregister 12"},
		{"register --requests 24 --depth 5", "register 24, deregister 24"},
		{"hold --duration 1ms", "register 12, hold 0, deregister 12"},
	}
	for _, tt := range tests {
		t.Run(strings.Fields(tt.line)[0], func(t *testing.T) {
			args := append(strings.Fields(tt.line), "--registrar", asap, "--pools", "3", "--elements", "4", "--prefix", t.Name(), "--pid", self())
			j := bench[benchJSON](t, args...)
			var phases []string
			for _, p := range j.Phases {
				phases = append(phases, p.Name+" "+strconv.FormatUint(p.Requests, 10))
				if p.Errors != nil || p.Server == nil || p.Server.Memory < 1<<20 || p.Requests > 0 && (p.Latency == nil || p.Latency.P50 <= 0 || p.Rate <= 0) {
					t.Errorf("%+v: want no errors, latencies and the process's memory", p)
				}
			}
			if got := strings.Join(phases, ", "); got != tt.phases {
				t.Errorf("phases %s, want %s", got, tt.phases)
			}
		})
	}
	if code, stdout, stderr := play(t, "bench", "resolve", "-q", "--registrar", asap, "--pool", "nobody", "--requests", "3"); code != exitOK ||
		!strings.Contains(stdout, "resolve: 3 times: refused: 0x0009 unknown pool handle") {
		t.Errorf("code %d\n%s%s\nwant three refusals", code, stdout, stderr)
	}
}

func TestBenchMemory(t *testing.T) {
	m := bench[memoryJSON](t, "memory", "--registrar", startRegistrar(t), "--pools", "5", "--elements", "100", "--duration", "1ms", "--pid", self())
	if m.Elements != 500 || m.Pools != 5 || m.With < 1<<20 || m.EachInAll != float64(m.With)/500 {
		t.Errorf("%+v, want the memory with 500 elements", m)
	}
}

func TestBenchJoin(t *testing.T) {
	r := launch(t, onLoopback()...)
	asap, enrp := r.stdout.await(t, "asap "), r.stdout.await(t, "enrp ")
	j := bench[struct{ Joins []joined }](t, "join", "--registrar", asap, "--mentor", enrp, "--dialect", "rfc",
		"--pools", "3", "--elements", "100", "--repeat", "2", "--pid", self())
	if len(j.Joins) != 2 || j.Joins[0].Elements != 300 || j.Joins[1].Elements != 300 || j.Joins[0].Seconds <= 0 {
		t.Errorf("%+v, want two registrars that have come to 300 elements each", j.Joins)
	}
}

func TestBenchPingPong(t *testing.T) {
	e := launch(t, "bench", "echo", "--transport", "udp", "--listen", "127.0.0.1:0")
	at := e.stdout.await(t, "echo udp ")
	j := bench[benchJSON](t, "pingpong", "--transport", "udp", "--registrar", at, "--associations", "2", "--depth", "2", "--requests", "40")
	if p := j.Phases[0]; p.Requests != 40 || p.Errors != nil || p.Latency == nil {
		t.Errorf("%+v, want 40 messages and back", p)
	}
}

func TestBenchUsage(t *testing.T) {
	for line, want := range map[string]string{
		"bench resolve --registrar 127.0.0.1:1 --registrar 127.0.0.2:1": "want one to measure, have 2",
		"bench resolve --pool theirs --prefix x --associations 0":       "associations: want 1 to 20000, have 0",
		"bench resolve --policy nothing":                                "--policy",
		"bench resolve --pid 999999999":                                 "--pid: process 999999999",
		"bench memory":                                                  `required flag(s) "pid" not set`,
		"bench join --repeat 0":                                         "--repeat: want at least 1, have 0",
		"bench join --mentor nowhere":                                   "--mentor",
		"bench echo --listen nowhere":                                   "--listen",
		"bench pingpong --transport udp --depth 0 --associations 0":     "associations: want 1",
	} {
		wantUsageError(t, line, want)
	}
	if code, _, stderr := play(t, "bench", "resolve", "-q", "--transport", "udp", "--registrar", "127.0.0.1:1@1"); code != exitUnreachable || !strings.Contains(stderr, "is a registrar running there?") {
		t.Errorf("code %d, %s", code, stderr)
	}
}
