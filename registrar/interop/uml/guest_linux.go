package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// drivers are loaded before the program starts; the kernel finds others by itself.
var drivers = []string{"sctp", "hmac", "sha1_generic", "crc32c_generic", "dummy", "veth"}

// guest is the first process of the machine. It does not return.
func guest() {
	shared := os.Getenv(jobVariable)
	code, err := work(shared)
	end := status{Code: code}
	if err != nil {
		end.Error = err.Error()
	}
	if err := store(shared, statusFile, end); err != nil {
		fmt.Println(err) // the console is what the host shows then
	}
	unix.Sync()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_HALT)
	select {}
}

// work prepares the machine, runs the program and returns its exit status.
func work(shared string) (int, error) {
	var j job
	if err := load(shared, jobFile, &j); err != nil {
		return 0, err
	}
	for _, m := range []struct{ kind, dir string }{{"proc", "/proc"}, {"sysfs", "/sys"}, {"tmpfs", "/run"}} {
		if err := unix.Mount(m.kind, m.dir, m.kind, 0, ""); err != nil {
			return 0, fmt.Errorf("mount %s on %s: %w", m.kind, m.dir, err)
		}
	}
	if err := os.Setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"); err != nil {
		return 0, err
	}
	if err := loadDrivers(shared, j.Version); err != nil {
		return 0, err
	}
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("ip link set lo up: %w: %s", err, out)
	}
	out, err := output()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(j.Args[0], j.Args[1:]...)
	cmd.Dir, cmd.Env = j.Dir, j.Env
	cmd.Stdout, cmd.Stderr = out, out
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = nil
		if !exit.Exited() {
			err = fmt.Errorf("%s: %w", j.Args[0], exit)
		}
	}
	const drain = 1 // tcdrain is TCSBRK with an argument
	_ = unix.IoctlSetInt(int(out.Fd()), unix.TCSBRK, drain)
	return cmd.ProcessState.ExitCode(), err
}

// loadDrivers loads the drivers from where the package has put them, which is not
// where modprobe looks, and tells the kernel to do so too.
func loadDrivers(shared, version string) error {
	if err := os.MkdirAll(filepath.Join(shared, "lib/modules"), 0o755); err != nil {
		return err
	}
	if err := os.Symlink(filepath.Join(modules, version), filepath.Join(shared, "lib/modules", version)); err != nil {
		return err
	}
	helper := filepath.Join(shared, "modprobe")
	script := "#!/bin/sh\nexec modprobe -d " + shared + " \"$@\"\n"
	if err := os.WriteFile(helper, []byte(script), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile("/proc/sys/kernel/modprobe", []byte(helper), 0); err != nil {
		return err
	}
	if out, err := exec.Command(helper, append([]string{"-a"}, drivers...)...).CombinedOutput(); err != nil {
		return fmt.Errorf("modprobe: %w: %s", err, out)
	}
	return nil
}

// output is the terminal that is the host's standard output, made to change nothing.
func output() (*os.File, error) {
	f, err := os.OpenFile("/dev/tty1", os.O_WRONLY|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	t, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		return nil, fmt.Errorf("tty1: %w", err)
	}
	t.Oflag &^= unix.OPOST
	return f, unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, t)
}
