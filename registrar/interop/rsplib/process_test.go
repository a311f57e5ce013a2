package rsplib

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	stopTime = 20 * time.Second // how long a program may take to end when asked to
	logTail  = 6 << 10          // of each program, when the test failed
)

// colors are what RSPLIB's programs put around their words.
var colors = regexp.MustCompile("\x1b\\[[0-9;]*m")

// process is a program that runs on a host until the end of the test.
type process struct {
	*scene
	label  string
	cmd    *exec.Cmd
	ended  chan struct{}
	sent   os.Signal // the last one; what it dies of otherwise is a crash
	mayEnd bool      // it ends by itself when its work is done

	mu  sync.Mutex
	out bytes.Buffer
}

// run starts a program on a host, or beside all of them.
func (s *scene) run(h *host, label string, line ...string) *process {
	s.Helper()
	p := s.prepare(h, label, line...)
	p.start(h)
	return p
}

func (s *scene) prepare(h *host, label string, line ...string) *process {
	p := &process{scene: s, label: label, ended: make(chan struct{})}
	if h != nil {
		p.label = h.label + " " + label
	}
	p.cmd = exec.Command(line[0], line[1:]...)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.Dir = s.TempDir() // some leave files where they are
	s.programs = append(s.programs, p)
	return p
}

func (p *process) start(h *host) {
	p.Helper()
	var err error
	if h == nil {
		err = p.cmd.Start()
	} else {
		err = h.inside(p.cmd.Start)
	}
	if err != nil {
		p.Fatalf("%s: %v", p.label, err)
	}
	go func() {
		_ = p.cmd.Wait() // ProcessState has it
		close(p.ended)
	}()
	p.Cleanup(func() {
		p.finish()
		if p.Failed() {
			text := p.text()
			p.Logf("%s (%s):\n%s", p.label, strings.Join(p.cmd.Args, " "), text[max(0, len(text)-logTail):])
		}
	})
}

// finish ends the program as its user would, and fails the test if it had died.
func (p *process) finish() {
	p.Helper()
	if p.sent != nil {
		return
	}
	if why := p.gone(); why != "" {
		p.Errorf("%s %s", p.label, why)
		return
	}
	select {
	case <-p.ended:
	default:
		p.stop()
	}
}

// gone says what became of a program that should be there, and is not.
func (p *process) gone() string {
	select {
	case <-p.ended:
	default:
		return ""
	}
	switch how, died := p.death(); {
	case p.sent != nil:
		return ""
	case died:
		return "crashed: " + how.String()
	case !p.mayEnd:
		return "has ended by itself: " + p.cmd.ProcessState.String()
	}
	return ""
}

// stop interrupts the program and waits for its end.
func (p *process) stop() {
	p.Helper()
	p.signal(os.Interrupt)
	select {
	case <-p.ended:
	case <-time.After(stopTime):
		p.Errorf("%s does not end when interrupted", p.label)
		p.kill()
		return
	}
	if how, died := p.death(); died && how != syscall.SIGINT {
		// RSPLIB's programs sometimes abort when they are interrupted in the middle of
		// something; before that, nothing may make them.
		p.Logf("%s crashed when interrupted: %v", p.label, how)
	}
}

// kill ends the program without its knowledge; its kernel goes on.
func (p *process) kill() {
	p.Helper()
	p.signal(os.Kill)
	<-p.ended
}

func (p *process) signal(s os.Signal) {
	p.Helper()
	p.sent = s
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.Errorf("%s: %v", p.label, err)
	}
}

// death is the signal that the program died of.
func (p *process) death() (syscall.Signal, bool) {
	w, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return w.Signal(), ok && w.Signaled()
}

// wait waits for a program that ends by itself, and gives its exit code.
func (p *process) wait() int {
	p.Helper()
	p.mayEnd = true
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.Fatalf("%s does not end", p.label)
	}
	return p.cmd.ProcessState.ExitCode()
}

// awaitText returns when the program has printed text.
func (p *process) awaitText(text string) {
	p.Helper()
	p.await("\""+text+"\" from "+p.label, func() bool { return strings.Contains(p.text(), text) })
}

// awaitMore returns when the program has printed text n more times.
func (p *process) awaitMore(n int, text string) {
	p.Helper()
	n += p.count(text)
	p.await("\""+text+"\" from "+p.label, func() bool { return p.count(text) >= n })
}

func (p *process) count(text string) int { return strings.Count(p.text(), text) }

// text is what the program has printed.
func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !bytes.Contains(p.out.Bytes(), []byte("\x1b[")) {
		return p.out.String()
	}
	return colors.ReplaceAllString(p.out.String(), "")
}

// Write takes what the program prints.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

// input is the program's standard input; ask for it before start.
func (p *process) input() io.WriteCloser {
	p.Helper()
	w, err := p.cmd.StdinPipe()
	if err != nil {
		p.Fatal(err)
	}
	return w
}
