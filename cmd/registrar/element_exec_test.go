package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// programMode in the environment makes TestProgram the program of exec.
const programMode = "RSERPOOL_TEST_PROGRAM"

// TestProgram is what the tests of exec run: it serves lines until it is told to
// fail or to end.
func TestProgram(t *testing.T) {
	mode := os.Getenv(programMode)
	if mode == "" {
		t.Skip("it is the program of the tests of exec")
	}
	if mode == "early" {
		os.Exit(3)
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	go func() {
		<-ended
		fmt.Println("program: told to end")
		os.Exit(0)
	}()
	l, err := net.Listen("tcp", os.Getenv("REGISTRAR_LISTEN"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("program: pool %s, element %s, port %s, arguments %s\n", os.Getenv("REGISTRAR_POOL"),
		os.Getenv("REGISTRAR_PE_ID"), os.Getenv("REGISTRAR_PORT"), os.Args[len(os.Args)-1])
	for {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(c); lines.Scan(); {
			if lines.Text() == "fail" {
				os.Exit(4)
			}
			fmt.Fprintln(c, "served:", lines.Text())
		}
		c.Close()
	}
}

// execArgs is the command that registers for TestProgram.
func execArgs(t *testing.T, mode, asap string, flags ...string) []string {
	t.Helper()
	t.Setenv(programMode, mode)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"element", "exec", "--pool", "Programs", "--registrar", asap}, flags...)
	return append(args, "--", self, "-test.run=^TestProgram$", "--", "{addr}+{port}+{listen}")
}

func TestElementExec(t *testing.T) {
	asap := startRegistrar(t)
	e := launch(t, execArgs(t, "serve", asap, "--id", "7", "--policy", "lu:0%", "--load", "cpu")...)
	at := userAddress(t, e.stdout.await(t, "registered 0x00000007 in Programs at "+asap))
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	e.stderr.awaitText(t, fmt.Sprintf("program: pool Programs, element 0x00000007, port %s, arguments %s+%s+%s\n", port, host, port, at))
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintln(conn, "hello")
	if answer, err := bufio.NewReader(conn).ReadString('\n'); answer != "served: hello\n" {
		t.Errorf("the program answered %q, %v", answer, err)
	}
	if code := e.stop(); code != exitOK {
		t.Errorf("interrupted: code %d, log\n%s", code, e.stderr)
	}
	if !strings.Contains(e.stderr.String(), "program: told to end") {
		t.Errorf("log\n%s\nwant the program to have had SIGTERM", e.stderr)
	}
	if c, err := net.Dial("tcp", at); err == nil {
		c.Close()
		t.Error("the program serves on after the end")
	}
}

// A program that fails is deregistered, and its failure that of the command.
func TestElementExecFails(t *testing.T) {
	asap := startRegistrar(t)
	e := start(t, strings.NewReader(""), execArgs(t, "serve", asap)...)
	conn, err := net.Dial("tcp", userAddress(t, e.stdout.await(t, "registered 0x")))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintln(conn, "fail")
	if code := e.ended(t); code != exitFailure || !strings.Contains(e.stderr.String(), "exit status 4") {
		t.Errorf("code %d, log\n%s\nwant 1 and the status of the program", code, e.stderr)
	}
	if code, _, log := play(t, "resolve", "Programs", "--registrar", asap); code != exitNotFound {
		t.Errorf("resolve after the program failed: code %d, log\n%s", code, log)
	}
}

func TestElementExecDoesNotServe(t *testing.T) {
	asap := startRegistrar(t)
	code, _, log := play(t, execArgs(t, "early", asap)...)
	if code != exitFailure || !strings.Contains(log, "before port") || !strings.Contains(log, "exit status 3") {
		t.Errorf("code %d, log\n%s", code, log)
	}
	code, _, log = play(t, "element", "exec", "--pool", "Programs", "--registrar", asap, "--", "/nowhere/program")
	if code != exitFailure || !strings.Contains(log, "cannot start the program") {
		t.Errorf("code %d, log\n%s", code, log)
	}
}
