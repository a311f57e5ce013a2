package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// scriptTerminal runs a program whose standard output and standard error are a
// terminal; what it writes there is checked as that of exec: terminal PROGRAM ARG...
func scriptTerminal(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 1 {
		ts.Fatalf("usage: [!] terminal PROGRAM ARG...")
	}
	env := scriptEnvironment(ts)
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	screen, tty, err := openTerminal()
	ts.Check(err)
	defer screen.Close()
	cmd := exec.Command(path, args[1:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), env
	cmd.Stdout, cmd.Stderr = tty, tty
	err = cmd.Start()
	tty.Close()
	ts.Check(err)
	text, err := io.ReadAll(screen)
	if !errors.Is(err, syscall.EIO) { // how a terminal that nobody has open any more ends
		ts.Check(err)
	}
	err = cmd.Wait()
	_, _ = io.WriteString(ts.Stdout(), strings.ReplaceAll(string(text), "\r\n", "\n"))
	if (err != nil) != neg {
		ts.Fatalf("%s: %v", args[0], err)
	}
}

// openTerminal opens both ends of a pseudo-terminal.
func openTerminal() (screen, tty *os.File, err error) {
	screen, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		return nil, nil, errors.Join(err, screen.Close())
	}
	return screen, tty, nil
}
