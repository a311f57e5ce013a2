//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// process is a program on a host. What it prints is in two files.
type process struct {
	name     string
	out, err string // the files
	cmd      *exec.Cmd
	ended    chan struct{}
	// asked: it was told to end, or may by itself.
	asked bool
}

// endTime is how long a program may take to end when it is asked to.
const endTime = 30 * time.Second

// start runs a program; it ends with this one at the latest.
func (h *host) start(dir, name string, line ...string) (*process, error) {
	return h.launch(filepath.Join(dir, name+".out"), dir, name, line...)
}

// startQuiet is for a program whose output nobody will read.
func (h *host) startQuiet(dir, name string, line ...string) (*process, error) {
	return h.launch(os.DevNull, dir, name, line...)
}

func (h *host) launch(output, dir, name string, line ...string) (*process, error) {
	p := &process{name: name, out: output, err: filepath.Join(dir, name+".log"), ended: make(chan struct{})}
	p.cmd = exec.Command(line[0], line[1:]...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	out, err := os.Create(p.out)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	errs, err := os.Create(p.err)
	if err != nil {
		return nil, err
	}
	defer errs.Close()
	p.cmd.Stdout, p.cmd.Stderr = out, errs
	if err := h.inside(p.cmd.Start); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // ProcessState has it
		close(p.ended)
	}()
	return p, nil
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) } // it may have ended

// kill ends it without its knowledge.
func (p *process) kill() {
	p.asked = true
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// ask asks it to end.
func (p *process) ask(s syscall.Signal) {
	p.asked = true
	p.signal(s)
}

// await waits for the end that was asked for.
func (p *process) await() error {
	select {
	case <-p.ended:
		return nil
	case <-time.After(endTime):
		p.signal(syscall.SIGQUIT) // its log has the goroutines then
		time.Sleep(time.Second)
		p.kill()
		return fmt.Errorf("%s does not end when asked to", p.name)
	}
}

// running says whether it has not ended.
func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// fault says what is wrong with the end of the program, or with what it has logged.
func (p *process) fault() string {
	if !p.running() && !p.asked {
		return fmt.Sprintf("%s has ended by itself: %v; see %s", p.name, p.cmd.ProcessState, p.err)
	}
	text, err := os.ReadFile(p.err)
	if err != nil {
		return err.Error()
	}
	if line := crash(text); line != "" {
		return fmt.Sprintf("%s: %s; see %s", p.name, line, p.err)
	}
	return ""
}
