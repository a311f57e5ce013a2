package main

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/client"
	"rserpool/registrar/transport"
)

// commandRun is a command that ends by itself.
type commandRun struct {
	stdout, stderr *output
	cancel         context.CancelFunc
	done           chan int
}

// start runs a command with an input.
func start(t *testing.T, input io.Reader, args ...string) *commandRun {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := &commandRun{stdout: newOutput(), stderr: newOutput(), cancel: cancel, done: make(chan int, 1)}
	go func() { c.done <- run(ctx, args, input, c.stdout, c.stderr) }()
	t.Cleanup(cancel)
	return c
}

// ended waits for the exit code.
func (c *commandRun) ended(t *testing.T) int {
	t.Helper()
	select {
	case code := <-c.done:
		return code
	case <-time.After(30 * time.Second):
		c.cancel()
		t.Fatalf("no end in 30 s; the log is\n%s", c.stderr)
		return 0
	}
}

// A line goes to an element and comes back, whatever carries it.
func TestUser(t *testing.T) {
	t.Parallel()
	r := launch(t, onLoopback()...)
	asap, stream := r.stdout.await(t, "asap "), r.stdout.await(t, "asap-tcp")
	for _, protocol := range []string{"tcp", "udp", "sctp"} {
		e := launch(t, "element", "echo", "--protocol", protocol, "--pool", "Echo-"+protocol, "--registrar", asap)
		e.stdout.await(t, "registered 0x")
	}
	for _, test := range []struct{ pool, args string }{
		{"Echo-tcp", "--registrar " + asap},
		{"Echo-udp", "--registrar " + asap},
		{"Echo-sctp", "--registrar " + asap},
		{"Echo-tcp", "--transport tcp --registrar " + stream},
		{"Echo-sctp", "--transport tcp --registrar " + stream},
	} {
		t.Run(test.pool+" "+test.args, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"user", test.pool, "--drain", "500ms"}, strings.Fields(test.args)...)
			u := start(t, strings.NewReader("hello\nworld"), args...)
			if code := u.ended(t); code != exitOK || u.stdout.String() != "hello\nworld" {
				t.Errorf("code %d, output %q, log\n%s", code, u.stdout, u.stderr)
			}
			if !strings.Contains(u.stderr.String(), "connected to 0x") {
				t.Errorf("log\n%s\nwant it to name the element", u.stderr)
			}
		})
	}
}

// An element that ends the session has done so: it is no failure, whether there is
// more input or not.
func TestUserElementCloses(t *testing.T) {
	t.Parallel()
	asap := startRegistrar(t)
	e := launch(t, "element", "daytime", "--pool", "Clocks", "--count", "2", "--registrar", asap)
	e.stdout.until(t, "2 registrations", func(text string) bool { return strings.Count(text, "registered 0x") == 2 })
	open, end := io.Pipe()
	defer end.Close()
	for _, input := range []io.Reader{strings.NewReader(""), open} {
		u := start(t, input, "user", "Clocks", "--drain", "20s", "--registrar", asap, "--log-format", "json")
		code := u.ended(t)
		if n := strings.Count(u.stdout.String(), "UTC"); code != exitOK || n != 1 {
			t.Errorf("code %d, output %q, want the time once; log\n%s", code, u.stdout, u.stderr)
		}
		if !strings.Contains(u.stderr.String(), `"msg":"user.closed"`) {
			t.Errorf("log\n%s\nwant user.closed", u.stderr)
		}
	}
}

// ASAP-6.5-05
// A pool whose only element is gone without a word. Its user reports it, and
// --max-bad-pe-report says how many reports it survives.
func TestUserElementGone(t *testing.T) {
	t.Parallel()
	for reports, after := range map[string]int{"0": exitNotFound, "3": exitOK} {
		t.Run(reports, func(t *testing.T) {
			t.Parallel()
			asap := launch(t, onLoopback("--max-bad-pe-report", reports)...).stdout.await(t, "asap")
			// The program ends without leaving the pool.
			refuses, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			c, err := client.Open(client.Config{Registrars: []transport.Address{addressAt(netip.MustParseAddrPort(asap))}, Local: loopback})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close(context.Background())
			if _, err := c.Register(t.Context(), client.Element{Pool: "Gone", Listener: refuses}); err != nil {
				t.Fatal(err)
			}
			refuses.Close()
			code, out, log := play(t, "user", "Gone", "-o", "json", "--registrar", asap)
			if code != exitFailure || !strings.Contains(log, "can be reached") || !strings.Contains(out, `"event":"failed"`) {
				t.Errorf("code %d, output\n%s\nlog\n%s", code, out, log)
			}
			if code, _, log := play(t, "resolve", "Gone", "--registrar", asap); code != after {
				t.Errorf("resolve behind the report: code %d, want %d; log\n%s", code, after, log)
			}
		})
	}
}

// An interrupt ends a session whose input goes on.
func TestUserInterrupted(t *testing.T) {
	t.Parallel()
	asap := startRegistrar(t)
	launch(t, "element", "echo", "--pool", "EchoPool", "--registrar", asap).stdout.await(t, "registered 0x")
	input, typist := io.Pipe()
	defer typist.Close()
	u := start(t, input, "user", "EchoPool", "--registrar", asap)
	io.WriteString(typist, "hello\n")
	u.stdout.await(t, "hello")
	u.cancel()
	if code := u.ended(t); code != exitInterrupted {
		t.Errorf("code %d, want %d; log\n%s", code, exitInterrupted, u.stderr)
	}
}

// ASAP-6.6-08
// Elements, users and resolutions find a registrar without being told where it is.
func TestFoundByAnnouncement(t *testing.T) {
	t.Parallel()
	group, _ := groupHere(t)
	launch(t, onLoopback("--asap-announce", group)...).stdout.await(t, "enrp")
	launch(t, "element", "echo", "--pool", "EchoPool", "--asap-announce", group).stdout.await(t, "registered 0x")
	u := start(t, strings.NewReader("hello\n"), "user", "EchoPool", "--asap-announce", group, "--drain", "100ms")
	if code := u.ended(t); code != exitOK || u.stdout.String() != "hello\n" {
		t.Errorf("user: code %d, output %q, log\n%s", code, u.stdout, u.stderr)
	}
	if code, out, log := play(t, "resolve", "EchoPool", "--asap-announce", group); code != exitOK {
		t.Errorf("resolve: code %d, output\n%s\nlog\n%s", code, out, log)
	}
}

func TestUserUsage(t *testing.T) {
	for _, test := range []struct{ flags, want string }{
		{"", "arg"},
		{"P Q", "arg"},
		{"b64.!", "base64url"},
		{"P --send=", "--send"},
		{"P --interval 1s", "--interval: it goes with --send"},
		{"P --count 1", "--count: it goes with --send"},
		{"P --timeout 1s", "--timeout: it goes with --send"},
		{"P --send x --interval -1s", "--interval"},
		{"P --send x --count -1", "--count"},
		{"P --send x --timeout 0s", "--timeout"},
		{"P --send x --drain 1s", "--drain"},
		{"P --drain -1s", "--drain"},
		{"P --asap-announce on", "--asap-announce"},
		{"P --transport carrier-pigeon", "--transport"},
		{"P --heartbeat 0s", "--heartbeat"},
	} {
		t.Run(test.flags, func(t *testing.T) { wantUsageError(t, "user "+test.flags, test.want) })
	}
}

func TestHeartbeatFlag(t *testing.T) {
	for _, test := range []struct {
		args []string
		want time.Duration
	}{
		{nil, client.DefaultHeartbeat},
		{[]string{"--heartbeat", "2s"}, 2 * time.Second},
	} {
		var f asapFlags
		cmd, _, err := newRootCmd(io.Discard).Find([]string{"user"})
		if err != nil {
			t.Fatal(err)
		}
		cmd.ResetFlags()
		f.add(cmd.Flags(), true)
		f.addHeartbeat(cmd.Flags())
		if err := cmd.ParseFlags(test.args); err != nil {
			t.Fatal(err)
		}
		if c, err := f.config(cmd, client.Config{}); err != nil || c.Heartbeat != test.want {
			t.Errorf("%v: a heartbeat of %v (%v), want %v", test.args, c.Heartbeat, err, test.want)
		}
	}
}
