package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// FuzzConfig: no configuration file does harm; what config check finds nothing in can
// be used, and a fault names the file.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{
		"", "http = ':8080'\npeer = ['192.0.2.1:9901', 'r2.example:9901@9899']\n", "max-pools = 5\nkeepalive-interval = '15s'\nhttp-private = true",
		"peer = 5\n", "nonsense = 1", "http = [1, 2]", "a.b = 1\nhttp.x = 2", "[serve]\nhttp = 'x'", "http = 1\nhttp = 2", "id = 0x10\nloss = 0.5",
		"id = 1979-05-27T07:32:00Z", "dialect = \"rsp\\u006cib\"", "protect = [['a']]", "peer = []", "# nothing\n\"http\" = '''\n:80'''", "config = 'x'", "help = true", "log-level = inf",
	} {
		f.Add([]byte(text))
	}
	file := filepath.Join(f.TempDir(), "registrar.toml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		var out, faults, errs bytes.Buffer
		check := run(t.Context(), []string{"config", "check", file}, strings.NewReader(""), &out, &faults)
		use := run(t.Context(), []string{"config", "print", "--config", file, "-o", "json"}, strings.NewReader(""), &out, &errs)
		if check == exitOK && use != exitOK {
			t.Errorf("config check finds nothing in %q, config print says %s", text, &errs)
		}
		for _, said := range []*bytes.Buffer{&faults, &errs} {
			if said.Len() > 0 && !strings.Contains(said.String(), file) {
				t.Errorf("%q: a fault without its file: %s", text, said)
			}
		}
		if !slices.Contains([]int{exitOK, exitFailure}, check) || !slices.Contains([]int{exitOK, exitUsage}, use) {
			t.Errorf("%q: exit codes %d and %d: %s %s", text, check, use, &faults, &errs)
		}
	})
}

// FuzzInspectJSONL: each line of input has one line of output or one of complaint.
// SEC-28
func FuzzInspectJSONL(f *testing.F) {
	vectors, err := os.ReadFile(vectorFile)
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(vectors)) {
		f.Add([]byte(line))
	}
	f.Add(vectors[:4096])
	for _, text := range []string{"\n \n{}", `{"hex":""}`, `{"proto":"asap"}`, `{"proto":"enrp","hex":"0"}`, `[1]`, "{\"name\":\"\\ud800\",\"proto\":\"asap\",\"hex\":\"05\"}\r\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		var out, log bytes.Buffer
		err := inspectJSONL(bytes.NewReader(input), &out, &log)
		want := 0
		for line := range bytes.Lines(input) {
			if len(bytes.TrimSpace(line)) > 0 {
				want++
			}
		}
		good, bad := bytes.Count(out.Bytes(), []byte("\n")), bytes.Count(log.Bytes(), []byte("\n"))
		if good+bad != want || (err != nil) != (bad > 0) {
			t.Errorf("%d lines of input, %d of output, %d of complaint, %v", want, good, bad, err)
		}
		for s := bufio.NewScanner(&out); s.Scan(); {
			var l inspectLine
			if err := json.Unmarshal(s.Bytes(), &l); err != nil || l.Decode == "" {
				t.Errorf("%s: %v", s.Bytes(), err)
			}
		}
	})
}
