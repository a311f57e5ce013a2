package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestDebVersion(t *testing.T) {
	tests := []struct{ version, want string }{ // in their order
		{"9f25454", "0~20231114221320+9f25454"},
		{"9f25454-dirty", "0~20231114221320+9f25454.dirty"},
		{"v0.9.0", "0.9.0"},
		{"v1.2.0-rc1", "1.2.0~rc1"},
		{"v1.2.0-rc1-2-gabc123", "1.2.0~rc1+2.gabc123"},
		{"v1.2.0", "1.2.0"},
		{"v1.2.0-dirty", "1.2.0+dirty"},
		{"v1.2.1", "1.2.1"},
		{"v1.2.1-14-gabc123", "1.2.1+14.gabc123"},
		{"v1.2.1-14-gabc123-dirty", "1.2.1+14.gabc123+dirty"},
	}
	dpkg, _ := exec.LookPath("dpkg")
	for i, tt := range tests {
		if got := debVersion(tt.version, testDate); got != tt.want {
			t.Errorf("%s is %s, want %s", tt.version, got, tt.want)
		}
		if dpkg == "" || i == 0 {
			continue
		}
		before := tests[i-1].want
		if out, err := exec.Command(dpkg, "--compare-versions", before, "lt", tt.want).CombinedOutput(); err != nil {
			t.Errorf("dpkg does not take %s for older than %s: %v %s", before, tt.want, err, out)
		}
	}
	if day := testDate.Add(24 * time.Hour); debVersion("abc", testDate) >= debVersion("0bc", day) {
		t.Error("a later commit without a tag is the older version")
	}
}

// debFile writes the package of r.
func debFile(t *testing.T, r release) string {
	t.Helper()
	deb, err := r.deb(r.programs[0])
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "registrar.deb")
	if err := os.WriteFile(name, deb, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestDeb(t *testing.T) {
	dpkg := tool(t, "dpkg-deb", "dpkg")
	r := light(built(t))
	r.maintainer = "Jo Doe <jo@example.net>"
	name := debFile(t, r)
	info, err := output(exec.Command(dpkg, "--info", name))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Package: registrar\n", "Version: 1.2.3\n", "Architecture: " + runtime.GOARCH + "\n", "Maintainer: Jo Doe <jo@example.net>\n", "conffiles", "*  postinst"} {
		if !strings.Contains(string(info), want) {
			t.Errorf("--info has no %q:\n%s", want, info)
		}
	}
	if strings.Contains(string(info), "Depends:") {
		t.Errorf("a static program depends on nothing:\n%s", info)
	}
	contents, err := output(exec.Command(dpkg, "--contents", name))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"./usr/bin/registrar", "./usr/lib/systemd/system/registrar.service", "./usr/lib/sysusers.d/registrar.conf", "./etc/registrar/registrar.toml",
		"./usr/share/man/man1/registrar-serve.1.gz", "./usr/share/bash-completion/completions/registrar", "./usr/share/zsh/vendor-completions/_registrar",
		"./usr/share/fish/vendor_completions.d/registrar.fish", "./usr/share/doc/registrar/copyright", "./usr/share/doc/registrar/changelog.Debian.gz",
		"./usr/share/doc/registrar/changelog.gz", "./usr/share/doc/registrar/README.md.gz", "./usr/share/registrar/alerts.yml", "./usr/share/registrar/grafana-dashboard.json",
	} {
		if !strings.Contains(string(contents), " "+want+"\n") {
			t.Errorf("no %s in\n%s", want, contents)
		}
	}
	for line := range strings.Lines(string(contents)) {
		if !strings.Contains(line, " root/root ") || !strings.HasPrefix(line, "drwxr-xr-x") && !strings.HasPrefix(line, "-rw-r--r--") && !strings.HasSuffix(line, " ./usr/bin/registrar\n") {
			t.Errorf("mode or owner: %s", line)
		}
	}
}

// system is a directory in which packages are installed as into a system of its own.
type system struct {
	t    *testing.T
	root string
}

func newSystem(t *testing.T) system {
	t.Helper()
	tool(t, "dpkg", "dpkg")
	if os.Getuid() != 0 {
		t.Skip("dpkg gives files to root: this test has to be run by root")
	}
	s := system{t, t.TempDir()}
	if err := os.MkdirAll(filepath.Join(s.root, "var/lib/dpkg"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.write("var/lib/dpkg/status", "")
	return s
}

func (s system) dpkg(args ...string) string {
	s.t.Helper()
	args = append([]string{"--root=" + s.root, "--force-script-chrootless", "--log=/dev/null"}, args...)
	out, err := exec.Command("dpkg", args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("dpkg %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (s system) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.root, name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// read gives the text of a file, or nothing where there is none.
func (s system) read(name string) string {
	b, _ := os.ReadFile(filepath.Join(s.root, name))
	return string(b)
}

func TestInstall(t *testing.T) {
	r := built(t)
	s := newSystem(t)
	s.dpkg("--install", debFile(t, r))
	if out := s.dpkg("--verify", "registrar"); out != "" {
		t.Errorf("not all is as the package says:\n%s", out)
	}
	program := exec.Command(filepath.Join(s.root, "usr/bin/registrar"), "version", "--config", filepath.Join(s.root, conffile))
	if runtime.GOOS == "linux" {
		if out, err := output(program); err != nil || !strings.Contains(string(out), "v1.2.3") {
			t.Errorf("the program says %s, %v", out, err)
		}
	}
	if _, err := exec.LookPath("systemd-sysusers"); err == nil && !strings.Contains(s.read("etc/passwd"), "\nregistrar:") && !strings.HasPrefix(s.read("etc/passwd"), "registrar:") {
		t.Errorf("no user registrar in\n%s", s.read("etc/passwd"))
	}

	const mine = "http = ':8081' # mine\n"
	s.write(conffile, mine)
	r = light(r)
	r.version = "v1.3.0"
	s.dpkg("--install", debFile(t, r))
	if got := s.read(conffile); got != mine {
		t.Errorf("the upgrade has changed the configuration to\n%s", got)
	}
	if out := s.dpkg("--status", "registrar"); !strings.Contains(out, "Version: 1.3.0\n") {
		t.Errorf("after the upgrade:\n%s", out)
	}

	s.dpkg("--remove", "registrar")
	if s.read("usr/bin/registrar") != "" || s.read(conffile) != mine {
		t.Error("remove has left the program, or not the configuration")
	}
	s.dpkg("--purge", "registrar")
	if _, err := os.Stat(filepath.Join(s.root, "etc/registrar")); err == nil {
		t.Error("purge has left the configuration")
	}
}

// The unit is one that systemd understands, and that it finds well closed in.
func TestUnit(t *testing.T) {
	analyze := tool(t, "systemd-analyze", "systemd")
	unit, err := packaged.ReadFile("files/registrar.service")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable() // the program has to be there
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(unit), "=/usr/bin/registrar serve --config /"+conffile+"\n") {
		t.Error("the unit does not start what the package installs")
	}
	for _, want := range []string{"\nType=notify\n", "\nExecReload=/bin/kill -HUP $MAINPID\n"} { // what systemd 252 knows
		if !strings.Contains(string(unit), want) {
			t.Errorf("the unit has no %q", want)
		}
	}
	name := filepath.Join(t.TempDir(), "registrar.service")
	if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(unit), "/usr/bin/registrar", self)), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", "--man=no", name).CombinedOutput(); err != nil || strings.Contains(string(out), "registrar.service") {
		t.Errorf("verify: %v\n%s", err, out)
	}
	// In tenths; up to 2.0 it says OK.
	out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=20", "--no-pager", name).CombinedOutput()
	if err != nil {
		t.Errorf("security: %v\n%s", err, out)
	}
	last := strings.TrimSpace(string(out))
	t.Log(last[strings.LastIndexByte(last, '\n')+1:])
}

func TestMaintainer(t *testing.T) {
	for _, tt := range []struct {
		text string
		ok   bool
	}{
		{noMaintainer, true},
		{"Jo Doe <jo@example.net>", true},
		{"Jo Doe", false},
		{"jo@example.net", false},
		{"Doe, Jo <jo@example.net>", false},
		{"Jo Doe <jo@example.net>\nDepends: evil", false},
		{"", false},
	} {
		if err := checkMaintainer(tt.text); (err == nil) != tt.ok {
			t.Errorf("%q: %v, want it taken: %t", tt.text, err, tt.ok)
		}
	}
}
