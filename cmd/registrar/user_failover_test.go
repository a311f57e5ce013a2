package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// failoverLimit is how long it may take to find out that an element has died, and
// to have another one: a second, and as much for a machine that has more to do.
const failoverLimit = 2 * time.Second

// elementProcess runs `registrar element` in a process of its own and waits until
// it is registered.
func elementProcess(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	p, out := commandProcess(t, append([]string{"element"}, args...)...)
	out.await(t, "registered 0x")
	return p
}

// commandProcess runs a command in a process of its own; both outputs go to out.
func commandProcess(t *testing.T, args ...string) (p *exec.Cmd, out *output) {
	t.Helper()
	out = newOutput()
	p = exec.Command("registrar", args...)
	p.Stdout, p.Stderr = out, out
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Process.Signal(os.Interrupt) // it may have been killed already
		p.Wait()
	})
	return p, out
}

// userLines reads what user -o json has told.
func userLines(t *testing.T, out *output, event string) (lines []userJSON) {
	t.Helper()
	text := out.String()
	for line := range strings.Lines(text[:strings.LastIndexByte(text, '\n')+1]) {
		var u userJSON
		if err := json.Unmarshal([]byte(line), &u); err != nil {
			t.Fatalf("%v in line %q", err, line)
		}
		if u.Event == event {
			lines = append(lines, u)
		}
	}
	return lines
}

// Three elements in processes of their own, and a user. One process is killed: the
// user has the next element at once, no request is lost, and over SCTP the count
// that is the session's state goes on if the elements share a key.
func TestFailover(t *testing.T) {
	for _, test := range []struct {
		name, protocol string
		key, goesOn    bool
	}{
		{"tcp", "tcp", false, false},                          // ASAP-6.5-04, ASAP-6.5-08
		{"sctp", "sctp", true, true},                          // ASAP-5.8-01, ASAP-5.8-03
		{"sctp, each with its own key", "sctp", false, false}, // ASAP-5.8-02
	} {
		t.Run(test.name, func(t *testing.T) {
			// It would wait for the element that was killed.
			asap := launch(t, onLoopback("--drain-timeout", "100ms")...).stdout.await(t, "asap ")
			key := file(t, "0123456789abcdef\n")
			elements := make(map[string]*exec.Cmd)
			for id := 1; id <= 3; id++ {
				args := []string{"pingpong", "--protocol", test.protocol, "--pool", "PingPong", "--id", fmt.Sprint(id), "--registrar", asap}
				if test.key {
					args = append(args, "--cookie-key-file", key)
				}
				elements[fmt.Sprintf("0x%08x", id)] = elementProcess(t, args...)
			}
			user := start(t, strings.NewReader(""), "user", "PingPong", "--send", "ping {n}", "--interval", "5ms", "-o", "json", "--registrar", asap)
			answers := func(n int) {
				t.Helper()
				user.stdout.until(t, fmt.Sprintf("%d answers", n), func(text string) bool { return strings.Count(text, `"received"`) >= n })
			}
			answers(10)
			first := userLines(t, user.stdout, "connected")[0].Element
			before := len(userLines(t, user.stdout, "received"))
			killed := time.Now()
			if err := elements[first].Process.Kill(); err != nil {
				t.Fatal(err)
			}
			user.stdout.awaitText(t, `"failover"`)
			took := time.Since(killed)
			t.Logf("failover after %v", took)
			if took > failoverLimit {
				t.Errorf("failover took %v, want %v at most", took, failoverLimit)
			}
			answers(before + 20)
			user.cancel()
			if code := user.ended(t); code != exitInterrupted {
				t.Errorf("code %d after an interrupt, want %d", code, exitInterrupted)
			}
			if f := userLines(t, user.stdout, "failover"); len(f) != 1 || f[0].From != first || f[0].Element == first || f[0].Reason == "" {
				t.Errorf("failovers %+v, want one from %s", f, first)
			}
			checkPongs(t, user.stdout, test.goesOn)
		})
	}
}

// Lines of the input that a dead element has not answered go to the next one.
func TestFailoverOfInput(t *testing.T) {
	asap := launch(t, onLoopback("--drain-timeout", "100ms")...).stdout.await(t, "asap ")
	elements := make(map[string]*exec.Cmd)
	for id := 1; id <= 2; id++ {
		elements[fmt.Sprintf("0x%08x", id)] = elementProcess(t, "echo", "--protocol", "sctp", "--pool", "EchoPool", "--id", fmt.Sprint(id), "--registrar", asap)
	}
	input, lines := io.Pipe()
	user := start(t, input, "user", "EchoPool", "--drain", "200ms", "--registrar", asap)
	fmt.Fprintln(lines, "one")
	user.stdout.awaitText(t, "one\n")
	first := user.stderr.await(t, "connected to ")[:len("0x00000001")]
	if err := elements[first].Process.Kill(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(lines, "two")
	fmt.Fprintln(lines, "three")
	user.stdout.awaitText(t, "three\n")
	lines.Close()
	if code := user.ended(t); code != exitOK || user.stdout.String() != "one\ntwo\nthree\n" {
		t.Errorf("code %d, output %q, want all lines once", code, user.stdout)
	}
	if !strings.Contains(user.stderr.String(), "; 2 lines sent again\n") {
		t.Errorf("log\n%s\nwant it to tell of 2 lines", user.stderr)
	}
}

// checkPongs wants an answer to every request, in order, and the count of the
// session to go on or begin anew with another element.
func checkPongs(t *testing.T, out *output, goesOn bool) {
	t.Helper()
	end := userLines(t, out, "ended")
	if len(end) != 1 || end[0].Total == nil || end[0].Total.Answered < end[0].Total.Sent-1 || end[0].Total.Failovers != 1 {
		t.Errorf("the summary is %+v, want all but the last request answered", end)
	}
	var element string
	last := 0
	for i, line := range userLines(t, out, "received") {
		var n, count int
		var from string
		if _, err := fmt.Sscanf(line.Text, "pong %d from %10s, %d in this session", &n, &from, &count); err != nil || n != i+1 {
			t.Fatalf("answer %d is %q, %v", i+1, line.Text, err)
		}
		want := last + 1
		if element != "" && from != element && !goesOn {
			want = 1
		}
		// The element that died may have counted a request without an answer.
		more := goesOn && from != element && count == want+1
		if count != want && !more {
			t.Errorf("answer %q after a count of %d, want %d", line.Text, last, want)
		}
		element, last = from, count
	}
}
