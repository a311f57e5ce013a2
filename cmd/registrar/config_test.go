package main

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// settings runs a command with some flags and tells what they were.
type settings struct {
	Name  string
	Count int
	Loud  bool
	List  []string
}

func (s *settings) run(args ...string) error {
	root := newRootCmd(io.Discard)
	cmd := &cobra.Command{Use: "probe", RunE: func(*cobra.Command, []string) error { return nil }}
	cmd.Flags().StringVar(&s.Name, "probe-name", "default", "")
	cmd.Flags().IntVar(&s.Count, "probe-count", 1, "")
	cmd.Flags().BoolVar(&s.Loud, "probe-loud", false, "")
	cmd.Flags().StringArrayVar(&s.List, "probe-list", []string{"default"}, "")
	root.AddCommand(cmd)
	root.SetArgs(append([]string{"probe"}, args...))
	return root.Execute()
}

func TestPrecedence(t *testing.T) {
	fromFile := "probe-name = 'file'\nprobe-count = 4\nprobe-loud = true\nprobe-list = ['x', 'y,z']\nhttp = ':8080' # of another command"
	tests := []struct {
		name string
		env  map[string]string
		file string
		args []string
		want settings
	}{
		{"defaults", nil, "", nil, settings{"default", 1, false, []string{"default"}}},
		{"file", nil, fromFile, nil, settings{"file", 4, true, []string{"x", "y,z"}}},
		{
			"environment before file",
			map[string]string{"PROBE_NAME": "env", "PROBE_LIST": "a,b", "PROBE_LOUD": "false"},
			fromFile, nil,
			settings{"env", 4, false, []string{"a", "b"}},
		},
		{
			"flag before environment",
			map[string]string{"PROBE_NAME": "env", "PROBE_COUNT": "3", "PROBE_LIST": "a"},
			fromFile,
			[]string{"--probe-name", "flag", "--probe-list", "f"},
			settings{"flag", 3, true, []string{"f"}},
		},
		{"empty environment", map[string]string{"PROBE_NAME": ""}, fromFile, nil, settings{"", 4, true, []string{"x", "y,z"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, value := range tt.env {
				t.Setenv(envPrefix+name, value)
			}
			if tt.file != "" {
				t.Setenv(envPrefix+"CONFIG", file(t, tt.file))
			}
			var got settings
			if err := got.run(tt.args...); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadSettings(t *testing.T) {
	tests := []struct {
		name string
		env  map[string]string
		file string
		want string
	}{
		{"unknown key", nil, "http = ':8080'\n\nhtpp-host = ['x']", `line 3: unknown key "htpp-host"`},
		{"key with dashes", nil, "--http = ':8080'", `line 1: unknown key "--http"`},
		{"the file itself", nil, "config = 'x'", `line 1: unknown key "config"`},
		{"table", nil, "\n[serve]\nhttp = ':8080'", `line 2: unknown key "serve"`},
		{"bad value", nil, "# comment\nprobe-count = 'many'", `line 2: invalid argument "many"`},
		{"list for one", nil, "probe-name = ['a', 'b']", `line 1: key "probe-name": want one value`},
		{"table for one", nil, "probe-name = {a = 1}", `line 1: key "probe-name": want a text`},
		{"no TOML", nil, "probe-name: x", "line 1"},
		{"environment", map[string]string{"PROBE_COUNT": "many"}, "", "environment variable REGISTRAR_PROBE_COUNT"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, value := range tt.env {
				t.Setenv(envPrefix+name, value)
			}
			var args []string
			if tt.file != "" {
				args = []string{"--config", file(t, tt.file)}
			}
			var s settings
			err := s.run(args...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q in it", err, tt.want)
			}
			if got := exitCode(err); got != exitUsage {
				t.Errorf("exit code %d, want %d", got, exitUsage)
			}
		})
	}
}
