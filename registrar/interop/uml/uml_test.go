package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// build makes the command, without the race detector that this test may have, or
// skips where there is nothing to boot.
func build(t *testing.T) string {
	t.Helper()
	t.Parallel()
	if testing.Short() {
		t.Skip("boots a machine")
	}
	path := filepath.Join(t.TempDir(), "uml")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := exec.Command(path, "-check").CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s", out)
		}
		t.Skipf("%s", out)
	}
	return path
}

// The program's output and exit status are those of the command, byte by byte.
func TestRun(t *testing.T) {
	cmd := exec.Command(build(t), "sh", "-c", `cat "$0"; pwd; echo "$CANARY" >&2; exit 7`, "doc.go")
	cmd.Env = append(os.Environ(), "CANARY=two words")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 7 {
		t.Errorf("ended with %v, want exit status 7", err)
	}
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if want := string(text) + dir + "\ntwo words\n"; out.String() != want {
		t.Errorf("want %q, got %q", want, out.String())
	}
}

// A program that does not end is ended, and the machine with it.
func TestTimeout(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, build(t), "-timeout", "4s", "sleep", "600").CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 || ctx.Err() != nil {
		t.Errorf("ended with %v, want exit status 1", err)
	}
	if !strings.Contains(string(out), "deadline exceeded") {
		t.Errorf("%q does not say why", out)
	}
}

// A program that is not there, or dies, is an error with a text.
func TestNoStatus(t *testing.T) {
	path := build(t)
	for _, tc := range []struct {
		program []string
		want    string
	}{
		{[]string{"/nowhere/at/all"}, "no such file"},
		{[]string{"sh", "-c", "kill -9 $$"}, "signal: killed"},
	} {
		out, err := exec.Command(path, tc.program...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), tc.want) {
			t.Errorf("%v: ended with %v and %q, want an error with %q", tc.program, err, out, tc.want)
		}
	}
}
