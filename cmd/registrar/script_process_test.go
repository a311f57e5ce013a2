package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// processesKey is where a script has its processes, by their names.
type processesKey struct{}

type processes map[string]*scriptProcess

// scriptProcess runs beside its script.
type scriptProcess struct {
	cmd            *exec.Cmd
	stdout, stderr *output
	ended          chan error
}

func processOf(ts *testscript.TestScript, name string) *scriptProcess {
	p := ts.Value(processesKey{}).(processes)[name]
	if p == nil {
		ts.Fatalf("no process %s: run starts it", name)
	}
	return p
}

// scriptRun starts a program that runs beside the script: run NAME PROGRAM ARG... It
// sets NAME_pid.
func scriptRun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: run NAME PROGRAM ARG...")
	}
	path, err := exec.LookPath(args[1])
	ts.Check(err)
	p := &scriptProcess{cmd: exec.Command(path, args[2:]...), stdout: newOutput(), stderr: newOutput(), ended: make(chan error, 1)}
	p.cmd.Dir, p.cmd.Env = ts.MkAbs("."), scriptEnvironment(ts)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	ts.Check(p.cmd.Start())
	ts.Setenv(args[0]+"_pid", strconv.Itoa(p.cmd.Process.Pid))
	go func() { p.ended <- p.cmd.Wait() }()
	ts.Value(processesKey{}).(processes)[args[0]] = p
	ts.Defer(func() {
		if _, err := p.end(syscall.SIGTERM); err != nil {
			ts.Logf("%s: %v", args[0], err)
		}
		ts.Logf("[stdout of %s]\n%s[stderr of %s]\n%s", args[0], p.stdout, args[0], p.stderr)
	})
}

// scriptEnvironment is that of the script. testscript does not tell it, but its
// programs have it.
func scriptEnvironment(ts *testscript.TestScript) []string {
	ts.Check(ts.Exec("env"))
	return strings.Split(strings.TrimSuffix(ts.ReadFile("stdout"), "\n"), "\n")
}

// end sends a signal and gives the exit code.
func (p *scriptProcess) end(signal os.Signal) (int, error) {
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return 0, err
	}
	return p.wait()
}

// wait gives the exit code.
func (p *scriptProcess) wait() (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), scriptPatience)
	defer cancel()
	select {
	case err := <-p.ended:
		p.ended <- err // for whoever asks again
		return p.cmd.ProcessState.ExitCode(), nil
	case <-ctx.Done():
		return 0, errors.Join(errors.New("it does not end"), p.cmd.Process.Kill())
	}
}

// scriptAwait waits until a process has written what a regular expression is for: await
// NAME REGEXP [VARIABLE]. The variable gets what the first parentheses are around.
func scriptAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: await NAME REGEXP [VARIABLE]")
	}
	p := processOf(ts, args[0])
	re, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	for limit := time.After(scriptPatience); ; {
		for _, o := range []*output{p.stdout, p.stderr} {
			text := o.String()
			m := re.FindStringSubmatch(text[:strings.LastIndexByte(text, '\n')+1])
			if m == nil {
				continue
			}
			if len(args) == 3 {
				ts.Setenv(args[2], m[1])
			}
			return
		}
		select {
		case <-p.stdout.changed:
		case <-p.stderr.changed:
		case err := <-p.ended:
			p.ended <- err
			if !re.MatchString(p.stdout.String() + p.stderr.String()) {
				ts.Fatalf("%s has ended (%v) without %s:\n%s%s", args[0], err, args[1], p.stdout, p.stderr)
			}
		case <-limit:
			ts.Fatalf("%s does not write %s in %v:\n%s%s", args[0], args[1], scriptPatience, p.stdout, p.stderr)
		}
	}
}

// scriptEnds ends a process, which must then have an exit code; what it wrote is
// checked as that of exec: ends NAME [CODE [KILL|INT|wait]]. With wait it ends by itself.
func scriptEnds(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 3 {
		ts.Fatalf("usage: ends NAME [CODE [KILL|INT|wait]]")
	}
	p := processOf(ts, args[0])
	want, how := 0, "TERM"
	if len(args) > 1 {
		var err error
		want, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	if len(args) > 2 {
		how = args[2]
	}
	var code int
	var err error
	switch how {
	case "TERM":
		code, err = p.end(syscall.SIGTERM)
	case "INT":
		code, err = p.end(syscall.SIGINT)
	case "KILL":
		code, err = p.end(syscall.SIGKILL)
	case "wait":
		code, err = p.wait()
	default:
		ts.Fatalf("no way to end called %s", how)
	}
	ts.Check(err)
	_, _ = ts.Stdout().Write([]byte(p.stdout.String()))
	_, _ = ts.Stderr().Write([]byte(p.stderr.String()))
	if code != want {
		ts.Fatalf("%s ended with exit code %d, want %d:\n%s", args[0], code, want, p.stderr)
	}
}

// scriptRegistrarUp starts a registrar with a dashboard on free ports of the loopback:
// registrar-up NAME FLAG... It sets NAME_http (URL), NAME_asap, NAME_tcp and NAME_enrp;
// the first of a script is the one that commands ask without being told.
func scriptRegistrarUp(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: registrar-up NAME FLAG...")
	}
	name := args[0]
	serve := onLoopback(append([]string{"--http", "127.0.0.1:0", "--http-token-file", "token"}, args[1:]...)...)
	scriptRun(ts, false, append([]string{name, "registrar"}, serve...))
	scriptAwait(ts, false, []string{name, `^http +(\S+)$`, name + "_address"})
	scriptAwait(ts, false, []string{name, `^asap +(\S+)`, name + "_asap"})
	scriptAwait(ts, false, []string{name, `^enrp +(\S+)`, name + "_enrp"})
	if strings.Contains(processOf(ts, name).stdout.String(), "\nasap-tcp ") {
		scriptAwait(ts, false, []string{name, `^asap-tcp +(\S+)`, name + "_tcp"})
	}
	ts.Setenv(name+"_http", "http://"+ts.Getenv(name+"_address"))
	if ts.Getenv("REGISTRAR_SERVER") == "" {
		ts.Setenv("REGISTRAR_SERVER", ts.Getenv(name+"_http"))
		ts.Setenv("REGISTRAR_REGISTRAR", ts.Getenv(name+"_asap"))
		ts.Setenv("REGISTRAR_TOKEN_FILE", ts.MkAbs("token"))
	}
}
