package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"
)

// scriptPatience is how long a script waits for what must come.
const scriptPatience = 30 * time.Second

// scriptExits runs a program that must end with an exit code: exits CODE PROGRAM ARG...
func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code, err := 0, ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// scriptUntil runs a program again and again until its standard output matches:
// until REGEXP PROGRAM ARG... With a ! in front, until it does not.
func scriptUntil(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: [!] until REGEXP PROGRAM ARG...")
	}
	re, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for late := time.Now().Add(scriptPatience); ; {
		err := ts.Exec(args[1], args[2:]...)
		if err == nil && re.MatchString(ts.ReadFile("stdout")) != neg {
			return
		}
		if time.Now().After(late) {
			ts.Fatalf("in %v never as wanted by %s (%v)", scriptPatience, args[0], err)
		}
	}
}

// scriptReaches waits until somebody accepts connections: reaches HOST:PORT
func scriptReaches(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: reaches HOST:PORT")
	}
	for late := time.Now().Add(scriptPatience); ; {
		c, err := net.Dial("tcp", args[0])
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(late) {
			ts.Check(err)
		}
	}
}

// scriptData reads the last standard output, or a file, as json, jsonl (a list of its
// lines) or yaml (the documents), and wants a value in it: data FORMAT PATH [REGEXP
// [FILE]]. PATH has names and numbers with dots between them, len is how many there
// are. The regular expression is for all of the value. With a ! in front there must
// be no such value.
func scriptData(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 4 {
		ts.Fatalf("usage: [!] data json|jsonl|yaml PATH [REGEXP [FILE]]")
	}
	file := "stdout"
	if len(args) == 4 {
		file = args[3]
	}
	v, err := readData(args[0], ts.ReadFile(file))
	ts.Check(err)
	got, found := at(v, args[1])
	if found && len(args) > 2 {
		re, err := regexp.Compile("^(?:" + args[2] + ")$")
		ts.Check(err)
		found = re.MatchString(got)
	}
	if found == neg {
		ts.Fatalf("%s is %q", args[1], got)
	}
}

// readData is the value that a text says in a format.
func readData(format, text string) (any, error) {
	if format == "json" {
		var v any
		err := json.Unmarshal([]byte(text), &v)
		return v, err
	}
	var list []any
	next := yaml.NewDecoder(strings.NewReader(text)).Decode
	if format == "jsonl" {
		next = json.NewDecoder(strings.NewReader(text)).Decode
		if n := strings.Count(text, "\n"); n > 0 && strings.Contains(text, "\n ") {
			return nil, fmt.Errorf("%d lines, some of which are indented", n)
		}
	}
	for {
		var v any
		switch err := next(&v); {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", format, err)
		}
		list = append(list, v)
	}
}

// at is the value at a path, as a text.
func at(v any, path string) (string, bool) {
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			if name == "len" {
				v = len(in)
				continue
			}
			var found bool
			if v, found = in[name]; !found {
				return "", false
			}
		case []any:
			if name == "len" {
				v = len(in)
				continue
			}
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(in) {
				return "", false
			}
			v = in[i]
		default:
			return "", false
		}
	}
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case map[string]any, []any:
		b, err := json.Marshal(v)
		return string(b), err == nil
	default:
		return fmt.Sprint(v), true
	}
}
