package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// nobody is whom the image runs as; no host knows it.
const nobody = "65532"

// unprivileged is a command that runs as nobody without any capability, and without
// a way to get one: what the unit's User, CapabilityBoundingSet and NoNewPrivileges do.
// Where this system lets the test, it has a root that nobody can write to as well, as
// ProtectSystem=strict makes it; readOnly says so.
func unprivileged(t *testing.T, args ...string) (p *exec.Cmd, out *output, readOnly bool) {
	t.Helper()
	toolOf(t, "setpriv", "util-linux")
	if runtime.GOOS != "linux" {
		t.Skip("capabilities are Linux's")
	}
	if os.Getuid() != 0 {
		t.Skip("only root can become somebody else: run this test as root")
	}
	line := append([]string{
		"setpriv", "--reuid", nobody, "--regid", nobody, "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs",
		publicSelf(t),
	}, args...)
	closed := []string{"unshare", "--mount", "--propagation", "private", "sh", "-c", `mount -o remount,bind,ro / && exec "$@"`, "sh"}
	if readOnly = exec.Command(closed[0], append(closed[1:], "true")...).Run() == nil; readOnly {
		line = append(closed, line...)
	}
	out = newOutput()
	p = exec.Command(line[0], line[1:]...)
	p.Dir = "/"
	p.Env = []string{"PATH=" + os.Getenv("PATH")}
	p.Stdout, p.Stderr = out, out
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Process.Signal(os.Interrupt) // it may have ended already
		p.Wait()
	})
	return p, out, readOnly
}

// publicSelf is this program where everybody can run it: go test keeps it to itself.
func publicSelf(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "registrar") // by which it knows what it is to be
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(filepath.Dir(dir), 0o755), os.WriteFile(name, b, 0o755)); err != nil {
		t.Fatal(err)
	}
	return name
}

// A registrar needs no privilege, and nothing that it can write: it serves elements and
// users over SCTP in UDP as the image and the unit run it.
func TestServeUnprivileged(t *testing.T) {
	p, out, readOnly := unprivileged(t, onLoopback("--transport", "udp", "--http", "127.0.0.1:0")...)
	asap, board := out.await(t, "asap "), "http://"+out.await(t, "http ")

	process := fmt.Sprintf("/proc/%d/", p.Process.Pid)
	status, err := os.ReadFile(process + "status")
	if err != nil {
		t.Fatal(err)
	}
	const none = "0000000000000000"
	for _, want := range []string{
		"Uid:\t" + strings.Repeat(nobody+"\t", 3) + nobody, "Groups:\t \n", "CapInh:\t" + none, "CapPrm:\t" + none, "CapEff:\t" + none, "CapBnd:\t" + none,
		"CapAmb:\t" + none, "NoNewPrivs:\t1",
	} {
		if !strings.Contains(string(status), "\n"+want) {
			t.Errorf("it runs without %q:\n%s", want, status)
		}
	}
	mounts, err := os.ReadFile(process + "mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	if closed := strings.Contains(string(mounts), " / / ro,"); closed != readOnly {
		t.Errorf("the root is read-only: %t, want %t:\n%s", closed, readOnly, mounts)
	}
	if !readOnly {
		t.Log("this system lets no test mount its root read-only")
	}

	if got := made(t, "status", "--wait", "ready", "--server", board); !strings.Contains(got.stdout, "serving") {
		t.Errorf("status: %s", got.stdout)
	}
	if answer, body := get(t, board+"/readyz"); answer.StatusCode != http.StatusOK {
		t.Errorf("GET /readyz: %s %s", answer.Status, body)
	}
	e := launch(t, "element", "echo", "--pool", "EchoPool", "--id", "0x5ee4a0c1", "--registrar", asap)
	e.stdout.await(t, "registered 0x5ee4a0c1 in EchoPool")
	if got := made(t, "resolve", "EchoPool", "--registrar", asap); !strings.Contains(got.stdout, "0x5ee4a0c1") {
		t.Errorf("resolve: %s", got.stdout)
	}
	e.stop()
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("it ends with %v:\n%s", err, out)
	}
}
