package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// simulateRun runs the command as a shell would.
func simulateRun(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	root := newRootCmd(io.Discard)
	if cmd, _, err := root.Find([]string{"simulate"}); err != nil || cmd == root {
		root.AddCommand(newSimulateCmd())
		argumentsAreUsage(root)
	}
	root.SetArgs(append([]string{"simulate"}, args...))
	root.SetOut(&out)
	root.SetErr(&errs)
	err := root.ExecuteContext(t.Context())
	if err != nil {
		errs.WriteString(oneLine(err))
	}
	return out.String(), errs.String(), exitCode(err)
}

func TestSimulateIsReproducible(t *testing.T) {
	args := []string{"--registrars", "5", "--elements", "1000", "--fail", "2@60s", "--patience", "5m", "--seed", "7", "-o", "json"}
	one, errs, code := simulateRun(t, args...)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	two, _, _ := simulateRun(t, args...)
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("two runs differ (-first +second):\n%s", diff)
	}
	var j simulationJSON
	if err := json.Unmarshal([]byte(one), &j); err != nil {
		t.Fatal(err)
	}
	if !j.OK || j.Registrars != 4 || j.Listed != 1000 || len(j.Deaths) != 1 {
		t.Fatalf("ok %v, %d registrars list %d elements after %d deaths; want true, 4, 1000 and 1", j.OK, j.Registrars, j.Listed, len(j.Deaths))
	}
	if d := j.Deaths[0]; d.Registrar != 2 || d.Elements == 0 || d.Adopted != d.Elements || len(d.Winners) != 1 {
		t.Errorf("death %+v, want all elements of registrar 2 adopted by one other", d)
	}
	other, _, _ := simulateRun(t, append(args, "--seed", "8")...)
	if one == other {
		t.Error("another seed gives the same")
	}
}

func TestSimulateReport(t *testing.T) {
	file := filepath.Join(t.TempDir(), "timeline.svg")
	out, errs, code := simulateRun(t, "--fail", "3@2m", "--loss", "1-2@90s", "--patience", "5m", "--report", file)
	if code != exitOK || !strings.Contains(out, "2 registrars list 100 of 100 elements") || !strings.Contains(out, "TAKEOVER_SERVER") {
		t.Errorf("exit code %d, stderr %q, stdout:\n%s", code, errs, out)
	}
	svg, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	bars := 0
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("timeline: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
			bars++
		}
	}
	if bars < 11 { // the background, 3 lives, an end, 4 in the legend, and at least 2 stages of a death
		t.Errorf("the timeline has %d bars, want at least 11", bars)
	}
}

func TestSimulateUsers(t *testing.T) {
	args := []string{"--users", "100", "--duration", "3m", "--fail", "2@60s"}
	for n := 1; n <= 10; n++ {
		args = append(args, "--fail", fmt.Sprintf("E%d@90s", n))
	}
	text, errs, code := simulateRun(t, args...)
	if code != exitOK || !strings.Contains(text, "LONGEST WITHOUT AN ELEMENT") {
		t.Fatalf("exit code %d, stderr %q, stdout:\n%s", code, errs, text)
	}
	args = append(args, "-o", "json")
	one, _, _ := simulateRun(t, args...)
	two, _, _ := simulateRun(t, args...)
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("two runs differ (-first +second):\n%s", diff)
	}
	var j simulationJSON
	if err := json.Unmarshal([]byte(one), &j); err != nil {
		t.Fatal(err)
	}
	if j.Users == nil {
		t.Fatalf("no users in %s", one)
	}
	u := j.Users
	longest, err := time.ParseDuration(u.Longest)
	if err != nil || u.Sessions-u.Failed != 100 || u.Failovers == 0 || u.Messages == 0 || longest <= 0 || longest > 15*time.Second {
		t.Errorf("%+v (%v), want a session for each of 100 users, failovers, and less than 15 s without an element", *u, err)
	}
	if quiet, _, _ := simulateRun(t, "--duration", "1m", "-o", "json"); strings.Contains(quiet, `"users"`) {
		t.Error("the report tells of users where there are none")
	}
}

func TestSimulateUsage(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--fail", "2"}, "such as 2@60s"},
		{[]string{"--fail", "4@60s"}, "target from 1 to 3"},
		{[]string{"--fail", "E101@60s"}, "target from 1 to 100"},
		{[]string{"--fail", "E@60s"}, "such as 2@60s"},
		{[]string{"--users", "-1"}, "users"},
		{[]string{"--users", "1", "--patience", "5m"}, "no --patience"},
		{[]string{"--fail", "1@60m"}, "must begin and end"},
		{[]string{"--loss", "1@60s"}, "such as 1-3@60s"},
		{[]string{"--registrars", "0"}, "registrars"},
		{[]string{"extra"}, "extra"},
	} {
		if out, errs, code := simulateRun(t, tt.args...); code != exitUsage || !strings.Contains(errs, tt.want) || out != "" {
			t.Errorf("%v: exit code %d, stderr %q, want %d and %q", tt.args, code, errs, exitUsage, tt.want)
		}
	}
}

// An interrupt ends it in good order, with nothing said that is not so.
func TestSimulateInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	if code := run(ctx, []string{"simulate", "--elements", "5000", "--duration", "10h"}, strings.NewReader(""), &out, &errs); code != exitInterrupted || out.Len() > 0 {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, out.String(), errs.String())
	}
}
