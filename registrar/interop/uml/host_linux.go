package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	kernel    = "linux.uml"
	modules   = "/usr/lib/uml/modules"
	install   = "apt-get install user-mode-linux kmod iproute2"
	bootNoise = 64 << 10 // what is kept of the kernel's own words
)

// machine is what the program runs on.
type machine struct{ memory string }

// run runs the program and returns its exit status; an error says that there is none.
func run(ctx context.Context, m machine, check bool, args []string) (int, error) {
	native := hasSCTP()
	var version string
	if !native {
		var err error
		if version, err = find(); err != nil {
			return 0, err
		}
	}
	if check {
		return 0, nil
	}
	path, err := exec.LookPath(args[0])
	if err != nil {
		return 0, err
	}
	if args[0], err = filepath.Abs(path); err != nil {
		return 0, err
	}
	if native {
		return 0, syscall.Exec(args[0], args, os.Environ())
	}
	return m.boot(ctx, version, args)
}

// hasSCTP reports whether this host's kernel has SCTP, loading it if it can.
func hasSCTP() bool {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_SCTP)
	if err != nil {
		return false
	}
	return unix.Close(fd) == nil
}

// find returns the version of the installed User-Mode Linux.
func find() (string, error) {
	for _, tool := range []string{kernel, "modprobe", "ip"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", fmt.Errorf("this kernel has no SCTP, and there is no %s to boot one that has: %s", tool, install)
		}
	}
	versions, err := os.ReadDir(modules)
	if err != nil || len(versions) == 0 {
		return "", fmt.Errorf("%s has no kernel modules: %s", modules, install)
	}
	return versions[len(versions)-1].Name(), nil
}

// boot runs args on a machine of its own.
func (m machine) boot(ctx context.Context, version string, args []string) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	shared, err := os.MkdirTemp("", "uml")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(shared)
	cwd, err := os.Getwd()
	if err != nil {
		return 0, err
	}
	if err := store(shared, jobFile, job{Dir: cwd, Args: args, Env: os.Environ(), Version: version}); err != nil {
		return 0, err
	}
	words, err := m.start(ctx, self, shared)
	if ctx.Err() != nil {
		return 0, fmt.Errorf("the machine was stopped: %w", context.Cause(ctx))
	}
	var end status
	if lerr := load(shared, statusFile, &end); lerr != nil {
		return 0, fmt.Errorf("the machine did not run the program: %w\n%s", errors.Join(err, lerr), words)
	}
	if end.Error != "" {
		return 0, fmt.Errorf("%s\n%s", end.Error, words)
	}
	return end.Code, nil
}

// start boots and waits for the end. It returns what the kernel has said.
func (m machine) start(ctx context.Context, self, shared string) (words string, err error) {
	var noise tail
	cmd := exec.CommandContext(ctx, kernel,
		"mem="+m.memory, "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw", "init="+self, "quiet",
		"umid="+filepath.Base(shared), "uml_dir="+shared,
		"con=null", "con0=null,fd:1", "con1=null,fd:3", // the kernel's words, the program's output
		jobVariable+"="+shared)
	cmd.Stdout, cmd.Stderr = &noise, &noise
	cmd.ExtraFiles = []*os.File{os.Stdout}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	runtime.LockOSThread() // the death signal goes by thread
	err = cmd.Run()
	return noise.String(), err
}

// tail keeps the end of what is written to it.
type tail struct{ kept []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - bootNoise; extra > 0 {
		t.kept = slices.Delete(t.kept, 0, extra)
	}
	return len(p), nil
}

func (t *tail) String() string {
	return strings.TrimSpace(string(bytes.ReplaceAll(t.kept, []byte("\r"), nil)))
}
