package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// maintain runs a maintainer script on a system that has only the programs named,
// and gives the calls of these; systemd says whether that runs there. Nothing happens
// to this system.
func maintain(t *testing.T, script string, args, programs []string, systemd bool) (calls []string) {
	t.Helper()
	dir := t.TempDir()
	runs := dir // what is there where systemd runs
	if !systemd {
		runs += "/missing"
	}
	for _, name := range programs {
		stub := "#!/bin/sh\necho \"${0##*/} $*\" >>'" + dir + "/calls'\n"
		if name == "getent" {
			stub = "#!/bin/sh\nexit 2\n" // there is no such user
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(stub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	text, err := packaged.ReadFile("files/" + script)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", append([]string{"-s", "--"}, args...)...)
	cmd.Stdin = strings.NewReader(strings.ReplaceAll(string(text), "/run/systemd/system", runs))
	cmd.Env = []string{"PATH=" + dir}
	if _, err := output(cmd); err != nil {
		t.Fatal(err)
	}
	told, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.FieldsFunc(string(told), func(r rune) bool { return r == '\n' })
}

func TestScripts(t *testing.T) {
	const sysusers = "systemd-sysusers --root=/ registrar.conf"
	const useradd = "useradd --system --user-group --home-dir / --no-create-home --shell /usr/sbin/nologin registrar"
	all := []string{"systemctl", "systemd-sysusers", "useradd", "getent"}
	tests := []struct {
		name, script string
		args         []string
		programs     []string
		always       []string // called anyway
		running      []string // called where systemd runs
	}{
		{"first installation", "postinst", []string{"configure", ""}, all, []string{sysusers}, []string{"systemctl daemon-reload"}},
		{"upgrade", "postinst", []string{"configure", "1.2.3"}, all, []string{sysusers}, []string{"systemctl daemon-reload", "systemctl try-restart registrar.service"}},
		{"upgrade undone", "postinst", []string{"abort-upgrade", "1.2.3"}, all, nil, nil},
		{"removal", "prerm", []string{"remove"}, all, nil, []string{"systemctl disable --now registrar.service"}},
		{"removal for an upgrade", "prerm", []string{"upgrade", "1.3.0"}, all, nil, nil},
		{"after the removal", "postrm", []string{"remove"}, all, nil, []string{"systemctl daemon-reload"}},
		{"purge", "postrm", []string{"purge"}, all, nil, nil},
		{"without sysusers", "postinst", []string{"configure", ""}, []string{"systemctl", "useradd", "getent"}, []string{useradd}, []string{"systemctl daemon-reload"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			without := maintain(t, tt.script, tt.args, tt.programs, false)
			if diff := cmp.Diff(tt.always, without, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("calls without systemd (-want +got):\n%s", diff)
			}
			with := maintain(t, tt.script, tt.args, tt.programs, true)
			if diff := cmp.Diff(slices.Concat(tt.always, tt.running), with, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("calls with systemd (-want +got):\n%s", diff)
			}
		})
	}
	for _, script := range []string{"postinst", "prerm", "postrm"} { // nothing of it has to be there
		maintain(t, script, []string{"configure", ""}, nil, false)
	}
}
