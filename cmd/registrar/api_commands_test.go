package main

import (
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// watched is a registrar with a dashboard and elements, and how commands reach it.
type watched struct {
	background
	server, token string
}

// watchedRegistrar starts one with three elements: 0xa1 and 0xa2 in Echo, 0xb1 in Last.
func watchedRegistrar(t *testing.T, flags ...string) watched {
	t.Helper()
	w := watched{token: file(t, "0123456789abcdef\n")}
	w.background = launch(t, onLoopback(append(flags, "--http", "127.0.0.1:0", "--http-token-file", w.token)...)...)
	asap := w.stdout.await(t, "asap ")
	w.server = "http://" + w.stdout.await(t, "http ")
	for _, e := range []string{"Echo 0xa1", "Echo 0xa2", "Last 0xb1"} {
		pool, id, _ := strings.Cut(e, " ")
		launch(t, "element", "echo", "--pool", pool, "--id", id, "--policy", "wrr:5", "--registrar", asap).stdout.await(t, "registered 0x")
	}
	// An element hears that it is registered before the dashboard does.
	for late := time.Now().Add(time.Minute); strings.Count(w.ask(t, "elements -o jsonl").stdout, "\n") < 3; {
		if time.Now().After(late) {
			t.Fatal("the dashboard does not hear of all elements")
		}
	}
	return w
}

// ask runs a command against it.
func (w watched) ask(t *testing.T, line string) result {
	t.Helper()
	return command(t, append(strings.Fields(line), "--server", w.server, "--token-file", w.token)...)
}

func TestLists(t *testing.T) {
	w := watchedRegistrar(t, "--protect", "Last")
	for _, tt := range []struct{ line, want string }{
		{"pools", `(?s)^POOL +POLICY +ELEMENTS +UP +OWNED\nEcho +weighted_round_robin +2 +2 +2\nLast +weighted_round_robin +1 +1 +1\n$`},
		{"pools -o wide --no-headers --sort -handle", `(?s)^Last .* true +0x.*\nEcho .* false +0x.*\n$`},
		{"pools --filter elements>1 -o jsonl", `^{"key":"Echo",.*}\n$`},
		{"elements", `(?s)^POOL +ID +STATE .*\nEcho +0x000000a1 +up +0x[0-9a-f]{8} +weight 5 +tcp +\d+ +127.0.0.1\nEcho +0x000000a2 .*\nLast +0x000000b1 `},
		{"elements --pool Echo --sort -id --no-headers", `(?s)^Echo +0x000000a2 .*\nEcho +0x000000a1 .*\n$`},
		{"elements --limit 1 -o jsonl", `^[^\n]*0x000000a1[^\n]*\n$`},
		{"elements -o wide", `EXPIRES.*\n.*20\d\d-`},
		{"peers", `^ID +STATE +ELEMENTS +IN-SYNC +LAST-HEARD +ADDRESSES\n$`},
		{"peers -o json", `"items": \[\],\n  "next_cursor": null,\n  "total": 0`},
		{"events --filter event:element.registered", `(?s)^SEQ +AT +EVENT .*element.registered +Echo +0x000000a1 `},
		{"events --since 1 --limit 1 -o jsonl", `^{"seq":2,`},
		{"hold list", `^ID +STATE +POOL +ELEMENT +UNTIL +REFUSED +REASON\n$`},
		{"status", `(?s)^registrar  0x[0-9a-f]{8}, serving, up \d.*\nelements   3, 3 up, 3 owned here\npeers      0, 0 in sync\nholds      0\nproblems   none\n$`},
		{"status -o wide", `(?s)\nproblems  +none\n--max-elements  +3 of 2000000\n--max-pools  +\d of 262144\n.*\nmax peers  +0 of 1024\n.*\n--adoption-rate  +1000\n.*\nmax feed clients  +0 of 256\n$`},
		{"status -o json", `(?s)"name": "max_elements",\n +"limit": 2000000,\n +"used": 3\n`},
		{"status -o yaml", `(?s)phase: serving\nready: true\n`},
		{"status --wait ready --timeout 5s -o jsonl", `"ready":true`},
	} {
		got := w.ask(t, tt.line)
		if got.code != exitOK || !regexp.MustCompile(tt.want).MatchString(got.stdout) {
			t.Errorf("%s: code %d, %s%s\nwant %s", tt.line, got.code, got.stdout, got.stderr, tt.want)
		}
	}
	for _, tt := range []struct {
		line string
		code int
		want string
	}{
		{"pools --filter colour:red", exitUsage, "No colour here"},
		{"pools --sort size", exitUsage, "No such order"},
		{"elements --pool None", exitNotFound, "No such pool"},
		{"elements --limit -1", exitUsage, "--limit"},
		{"elements --pool b64.!", exitUsage, "base64url"},
		{"events --watch", exitUsage, "--watch"},
		{"peers much", exitUsage, "unknown command"},
	} {
		if got := w.ask(t, tt.line); got.code != tt.code || !strings.Contains(got.stderr, tt.want) {
			t.Errorf("%s: code %d, %s; want code %d and %q", tt.line, got.code, got.stderr, tt.code, tt.want)
		}
	}
}

func TestStatusOfNobody(t *testing.T) {
	for line, code := range map[string]int{
		"status --server http://127.0.0.1:1":                            exitUnreachable,
		"status --server http://127.0.0.1:1 --wait ready --timeout 1ms": exitTimeout,
		"status --server http://127.0.0.1:1 --wait steady":              exitUsage,
		"deregister Echo 0xa1 --server http://127.0.0.1:1":              exitUnreachable,
		"deregister Echo nobody":                                        exitUsage,
		"deregister Echo 0xa1 --hold -1s":                               exitUsage,
		"deregister Echo":                                               exitUsage,
		"hold remove nothing":                                           exitUsage,
		"hold keep":                                                     exitUsage,
	} {
		if got := command(t, strings.Fields(line)...); got.code != code {
			t.Errorf("%s: code %d, want %d: %s", line, got.code, code, got.stderr)
		}
	}
}

func TestWatchList(t *testing.T) {
	w := watchedRegistrar(t)
	c := start(t, strings.NewReader(""), "elements", "--watch", "-o", "jsonl", "--server", w.server)
	c.stdout.await(t, `{"pool":"Last"`)
	launch(t, "element", "echo", "--pool", "New", "--registrar", w.stdout.await(t, "asap ")).stdout.await(t, "registered 0x")
	c.stdout.await(t, `{"pool":"New"`)
	c.cancel()
	if code := c.ended(t); code != exitOK {
		t.Errorf("code %d", code)
	}
}

func TestDeregister(t *testing.T) {
	w := watchedRegistrar(t, "--protect", "Last")
	for _, tt := range []struct {
		line           string
		code           int
		stdout, stderr string
	}{
		{"deregister Echo 0xa9", exitNotFound, "", "no element 0x000000a9 in pool Echo"},
		{"deregister None 0xa9", exitNotFound, "", "No such pool"},
		{"deregister Echo 0xa1 --dry-run", exitOK, "", "Removes 0x000000a1 from Echo. 1 element remains. It may register again at once"},
		{"deregister Echo 0xa1", exitUsage, "", "--yes does it without"},
		{"deregister Echo 0xa1 --yes --hold 10m --reason faulty -o json", exitOK, `"outcome": "removed"`, "It is refused for 10m0s."},
		{"deregister Echo 0xa2 --yes", exitOK, "0x000000a2 removed, told 0 of 0 peers\n", "It is the last element: users of the pool find none."},
		{"deregister Last 0xb1 --yes", exitOK, "0x000000b1 removed", "The pool is protected."},
	} {
		got := w.ask(t, tt.line)
		if got.code != tt.code || !strings.Contains(got.stdout, tt.stdout) || !strings.Contains(got.stderr, tt.stderr) {
			t.Errorf("%s: code %d, %s%s\nwant code %d, %s and %s", tt.line, got.code, got.stdout, got.stderr, tt.code, tt.stdout, tt.stderr)
		}
	}
	holds := w.ask(t, "hold list -o jsonl")
	var hold struct{ ID, Element, Reason string }
	if err := json.Unmarshal([]byte(holds.stdout), &hold); err != nil || hold.Element != "0x000000a1" || hold.Reason != "faulty" {
		t.Fatalf("holds %q (%v)", holds.stdout, err)
	}
	if got := w.ask(t, "hold remove "+hold.ID); got.code != exitOK || got.stdout != "hold "+hold.ID+" ended\n" {
		t.Errorf("hold remove: code %d, %s%s", got.code, got.stdout, got.stderr)
	}
	if got := w.ask(t, "hold remove "+hold.ID+" -o json"); got.code != exitNotFound {
		t.Errorf("hold remove again: code %d, %s", got.code, got.stderr)
	}
	if got := command(t, "deregister", "Echo", "0xa1", "--yes", "--server", w.server); got.code != exitNotFound && got.code != exitRefused {
		t.Errorf("without a token: code %d, %s", got.code, got.stderr)
	}
}

// On a terminal a person is asked; the last element, and one of a protected pool,
// want the pool handle.
func TestDeregisterAsks(t *testing.T) {
	w := watchedRegistrar(t, "--protect", "Echo")
	for _, tt := range []struct {
		args, typed string
		code        int
	}{
		{"Echo 0xa1", "yes\n", exitRefused},
		{"Last 0xb1", "yes\n", exitRefused},
		{"Last 0xb1", "", exitRefused},
		{"Last 0xb1", "Last\n", exitOK},
		{"Echo 0xa1", "Echo\n", exitOK},
	} {
		cmd := newRootCmd(io.Discard)
		asks, _, err := cmd.Find([]string{"deregister"})
		if err != nil {
			t.Fatal(err)
		}
		o := &deregisterOptions{apiFlags: apiFlags{w.server, w.token}, terminal: func() bool { return true }}
		asks.SetIn(strings.NewReader(tt.typed))
		var out, errs strings.Builder
		asks.SetOut(&out)
		asks.SetErr(&errs)
		asks.SetContext(t.Context())
		if err := asks.ParseFlags(nil); err != nil {
			t.Fatal(err)
		}
		pool, id, _ := strings.Cut(tt.args, " ")
		handle, err := poolHandleArg(pool)
		if err != nil {
			t.Fatal(err)
		}
		n, err := parsePE(id)
		if err != nil {
			t.Fatal(err)
		}
		if got := exitCode(o.run(asks, handle, n)); got != tt.code {
			t.Errorf("%s, typed %q: code %d, want %d: %s%s", tt.args, tt.typed, got, tt.code, out.String(), errs.String())
		}
	}
}

// The formats say the same.
func TestFormats(t *testing.T) {
	w := watchedRegistrar(t)
	var values [3]map[string]any
	for i, format := range []string{"json", "jsonl", "yaml"} {
		got := w.ask(t, "status -o "+format)
		read := json.Unmarshal
		if format == "yaml" {
			read = yaml.Unmarshal
		}
		if err := read([]byte(got.stdout), &values[i]); err != nil {
			t.Fatalf("%s: %v: %s", format, err, got.stdout)
		}
		if format == "jsonl" && strings.Count(got.stdout, "\n") != 1 {
			t.Errorf("jsonl has several lines: %s", got.stdout)
		}
	}
	for i, v := range values {
		if len(v) < 10 || v["phase"] != "serving" || v["ready"] != true || v["digest"] != values[0]["digest"] {
			t.Errorf("format %d: %v, want %v", i, v, values[0])
		}
	}
}
