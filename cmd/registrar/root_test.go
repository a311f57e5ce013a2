package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// result is what a command left behind.
type result struct {
	code           int
	stdout, stderr string
}

// command runs args to their end.
func command(t *testing.T, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// file writes text to a file of the test.
func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// toolOf skips a test where a program is not there; .ci/run installs it.
func toolOf(t *testing.T, program, pkg string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	text := program + " is missing: apt-get install -y " + pkg
	if os.Getenv("CI") == "true" {
		t.Fatal(text)
	}
	t.Skip(text)
}

func TestErrors(t *testing.T) {
	tests := []struct {
		name string
		args []string
		code int
		want string // on stderr
	}{
		{"unknown flag", []string{"serve", "--htpp", ":8080"}, exitUsage, "see registrar serve --help"},
		{"flag without value", []string{"serve", "--http"}, exitUsage, "--http"},
		{"argument", []string{"serve", "now"}, exitUsage, `"now"`},
		{"log format", []string{"version", "--log-format", "xml"}, exitUsage, "want one of text, json"},
		{"duration", []string{"serve", "--keepalive-timeout", "5"}, exitUsage, "--keepalive-timeout"},
		{"negative count", []string{"serve", "--max-pools", "-1"}, exitUsage, "--max-pools -1: want 1 or more"},
		{"address with a bad port", []string{"serve", "--enrp", ":99999"}, exitUsage, "--enrp"},
		{"no multicast group", []string{"serve", "--asap-announce", "192.0.2.1:3863"}, exitUsage, "--asap-announce 192.0.2.1:3863: want"},
		{"no multicast group for ENRP", []string{"serve", "--enrp-announce", "on"}, exitUsage, "--enrp-announce on: want"},
		{"multicast group without port", []string{"serve", "--enrp-announce", "239.0.0.51:0"}, exitUsage, "--enrp-announce 239.0.0.51:0: want"},
		{"multicast group of the other family", onLoopback("--enrp-announce", "[ff08::51]:9901"), exitFailure, "--enrp-announce [ff08::51]:9901: "},
		{"no time to hear anybody", []string{"serve", "--mentor-discovery", "0s"}, exitUsage, "--mentor-discovery 0s: want"},
		{"id", []string{"serve", "--id", "me"}, exitUsage, "--id"},
		{"transport that is not there", []string{"serve", "--transport", "carrier-pigeon"}, exitUsage, "want one of auto, kernel, udp"},
		{"http address", []string{"serve", "--http", "8080"}, exitUsage, "--http 8080: want HOST:PORT"},
		{"http base path", []string{"serve", "--http", ":0", "--http-base-path", "x"}, exitUsage, "--http-base-path x"},
		{"token file", []string{"serve", "--http", ":0", "--http-token-file", "/nowhere"}, exitFailure, "--http-token-file"},
		{"completion of no shell", []string{"completion", "xyzzy"}, exitUsage, `"xyzzy"`},
		{"config file", []string{"version", "--config", "/nowhere"}, exitUsage, "/nowhere"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := command(t, tt.args...)
			if got.code != tt.code {
				t.Errorf("exit code %d, want %d", got.code, tt.code)
			}
			if got.stdout != "" {
				t.Errorf("stdout is %q, want nothing", got.stdout)
			}
			line, more, _ := strings.Cut(got.stderr, "\n")
			if !strings.HasPrefix(line, "registrar: ") || !strings.Contains(line, tt.want) || more != "" {
				t.Errorf("stderr is %q, want one line with %q", got.stderr, tt.want)
			}
			if strings.Contains(got.stderr, "Usage:") {
				t.Errorf("stderr has the usage text:\n%s", got.stderr)
			}
		})
	}
}

func TestExitCode(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"none", nil, exitOK},
		{"own", fail(exitRefused, os.ErrPermission), exitRefused},
		{"own of nothing", fail(exitRefused, nil), exitOK},
		{"interrupted", context.Canceled, exitInterrupted},
		{"time-out", context.DeadlineExceeded, exitTimeout},
		{"other", os.ErrInvalid, exitFailure},
	}
	for _, tt := range tests {
		if got := exitCode(tt.err); got != tt.want {
			t.Errorf("%s: exit code %d, want %d", tt.name, got, tt.want)
		}
	}
}
