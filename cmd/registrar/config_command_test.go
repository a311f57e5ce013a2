package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestConfigCheck(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		code       int
		want       []string
	}{
		{"fine", "http = ':8080'\npeer = ['192.0.2.2:9901']\nkeepalive-timeout = '5s'\npool = 'Echo'\n", exitOK, []string{": ok, 4 keys\n"}},
		{"empty", "", exitOK, []string{": ok, 0 keys\n"}},
		{
			"several faults", "http = ':8080'\n\nkeepalive-timeout = 5\nheartbeet = '3s'\nid = ['a']\nconfig = 'x'\n", exitFailure,
			[]string{": line 3: ", "keepalive-timeout", ": line 4: unknown key \"heartbeet\"", ": line 5: key \"id\": want one value", ": line 6: unknown key \"config\"", "4 of 5 keys are wrong"},
		},
		{"no TOML", "http = \n", exitFailure, []string{"line 1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := command(t, "config", "check", file(t, tt.text))
			out := got.stdout + got.stderr
			if got.code != tt.code {
				t.Errorf("code %d, want %d: %s", got.code, tt.code, out)
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("%q does not say %q", out, want)
				}
			}
		})
	}
	if got := command(t, "config", "check", "/nowhere"); got.code != exitFailure || !strings.Contains(got.stderr, "/nowhere") {
		t.Errorf("no file: code %d, %s", got.code, got.stderr)
	}
}

func TestConfigPrint(t *testing.T) {
	name := file(t, "http = ':8081'\nkeepalive-timeout = '7s'\npool = 'Echo'\n")
	t.Setenv("REGISTRAR_KEEPALIVE_TIMEOUT", "9s")
	t.Setenv("REGISTRAR_OUTPUT", "json")
	got := command(t, "config", "print", "--config", name)
	var list []settingJSON
	if err := json.Unmarshal([]byte(got.stdout), &list); err != nil || got.code != exitOK {
		t.Fatalf("code %d, %v: %s%s", got.code, err, got.stdout, got.stderr)
	}
	settings := make(map[string]settingJSON)
	for _, s := range list {
		settings[s.Name] = s
	}
	for name, want := range map[string]settingJSON{
		"http":               {"http", ":8081", "file " + name},
		"keepalive-timeout":  {"keepalive-timeout", "9s", "environment REGISTRAR_KEEPALIVE_TIMEOUT"},
		"keepalive-interval": {"keepalive-interval", "15s", "default"},
		"config":             {"config", name, "flag"},
		"output":             {"output", "json", "environment REGISTRAR_OUTPUT"},
		"pool":               {},
		"help":               {},
	} {
		if settings[name] != want {
			t.Errorf("%s: %+v, want %+v", name, settings[name], want)
		}
	}
	if got := command(t, "config", "print", "element", "--config", name, "-o", "table"); !strings.Contains(got.stdout, "\npool ") || !strings.Contains(got.stdout, "SETTING") {
		t.Errorf("of element: %s%s", got.stdout, got.stderr)
	}
	for _, args := range []string{"config print nothing", "config print serve much", "config print --config /nowhere", "config keep"} {
		if got := command(t, strings.Fields(args)...); got.code != exitUsage {
			t.Errorf("%s: code %d, %s", args, got.code, got.stderr)
		}
	}
}
