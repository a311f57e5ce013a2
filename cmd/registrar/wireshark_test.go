package main

import (
	"bytes"
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// captureHost is the registrars' address: no other test uses it, so that none
// gets into the capture by a port that it had before.
const captureHost = "127.0.98.7"

// Wireshark, which shares no code with this project, reads a session of two
// registrars, elements and a user off the loopback and finds no fault with it.
func TestWireshark(t *testing.T) { // alone: it looks at all datagrams of the loopback
	toolOf(t, "tshark", "tshark")
	c := startCapture(t)
	ports := playSession(t)
	c.stop(t)

	tests := []struct{ name, filter string }{
		{"malformed message", "_ws.malformed"},
		{"warning or error", "_ws.expert.severity >= 0x600000"},
		{"wrong CRC32c", "sctp.checksum.status != 1"},
		// An association that a stop interrupts behind its COOKIE ECHO is rightly taken
		// back, at either end.
		{"ABORT", `sctp.chunk_type == 6 && !(frame contains "dial given up") && !(frame contains "listener closed") && !(frame contains "the registrar stops")`},
		{"ERROR", "sctp.chunk_type == 9"},
	}
	for _, tt := range tests {
		if found := c.find(t, ports, "("+tt.filter+")"); len(found) > 0 {
			t.Errorf("%s:\n%s", tt.name, strings.Join(found[:min(len(found), 5)], "\n"))
		}
	}
	for _, messages := range []struct {
		field string
		types []int
	}{
		// (DE)REGISTRATION, HANDLE_RESOLUTION and their responses, ENDPOINT_KEEP_ALIVE and its acknowledgement
		{"asap.message_type", []int{1, 2, 3, 4, 5, 6, 7, 8}},
		// PRESENCE, HANDLE_TABLE_ and LIST_REQUEST and their responses, HANDLE_UPDATE
		{"enrp.message_type", []int{1, 2, 3, 4, 5, 6}},
	} {
		for _, typ := range messages.types {
			if len(c.find(t, ports, fmt.Sprintf("%s == %d", messages.field, typ))) == 0 {
				t.Errorf("no message with %s %d in the capture", messages.field, typ)
			}
		}
	}
	checkInspect(t, c)
}

// checkInspect wants the messages that tshark has found from inspect, too, which
// has to find SCTP in UDP at ports that nobody told it.
func checkInspect(t *testing.T, c *capture) {
	t.Helper()
	got := command(t, "inspect", "--read", c.file)
	if got.code != exitOK {
		t.Errorf("inspect: exit code %d, %s", got.code, got.stderr)
	}
	for _, name := range []string{
		"ASAP REGISTRATION", "ASAP REGISTRATION_RESPONSE", "ASAP HANDLE_RESOLUTION_RESPONSE", "ASAP ENDPOINT_KEEP_ALIVE_ACK",
		"ENRP PRESENCE", "ENRP HANDLE_TABLE_RESPONSE", "ENRP LIST_REQUEST", "ENRP HANDLE_UPDATE",
	} {
		if !regexp.MustCompile(`(?m) ` + regexp.QuoteMeta(captureHost) + `:\d+ ` + name + `, \d+ bytes$`).MatchString(got.stdout) {
			t.Errorf("inspect finds no %s", name)
		}
	}
}

// playSession gives the UDP ports of the registrars.
func playSession(t *testing.T) (ports []string) {
	registrar := []string{"serve", "--asap", captureHost + ":0", "--enrp", captureHost + ":0", "--keepalive-interval", "100ms"}
	r1 := launch(t, registrar...)
	asap1, enrp1 := r1.stdout.await(t, "asap"), r1.stdout.await(t, "enrp")
	e1 := launch(t, "element", "echo", "--pool", "EchoPool", "--policy", "wrr:5", "--count", "3", "--registrar", asap1)
	e1.stdout.until(t, "3 registrations", func(text string) bool { return strings.Count(text, "registered 0x") == 3 })

	r2 := launch(t, append(registrar, "--peer", enrp1)...)
	asap2, enrp2 := r2.stdout.await(t, "asap"), r2.stdout.await(t, "enrp")
	r2.stderr.awaitText(t, "3 elements downloaded")
	e2 := launch(t, "element", "echo", "--pool", "LoadPool", "--policy", "lud:30%:5%", "--registrar", asap2)
	r1.stderr.awaitText(t, "registered at a peer")
	e2.stderr.awaitText(t, "id=0x") // which it knows from a keep-alive
	for _, pool := range []string{"EchoPool", "LoadPool"} {
		if code, _, log := play(t, "resolve", pool, "--registrar", asap1); code != exitOK {
			t.Errorf("resolve %s: code %d, log\n%s", pool, code, log)
		}
	}
	if code, _, log := play(t, "resolve", "NoPool", "--registrar", asap2); code != exitNotFound {
		t.Errorf("resolve NoPool: code %d, log\n%s", code, log)
	}
	for _, b := range []background{e1, e2, r2, r1} {
		if code := b.stop(); code != exitOK {
			t.Errorf("exit code %d, log\n%s", code, b.stderr)
		}
	}
	for _, at := range []string{asap1, enrp1, asap2, enrp2} {
		_, port, _ := net.SplitHostPort(at)
		ports = append(ports, port)
	}
	return ports
}

// capture is tshark at work on the loopback.
type capture struct {
	file           string
	tshark         *exec.Cmd
	stdout, stderr *output
}

// startCapture returns when tshark listens.
func startCapture(t *testing.T) *capture {
	t.Helper()
	c := &capture{file: filepath.Join(t.TempDir(), "lo.pcapng"), stdout: newOutput(), stderr: newOutput()}
	// What it writes on stdout tells how far it is.
	c.tshark = exec.CommandContext(t.Context(), "tshark", "-i", "lo", "-f", "udp", "-w", c.file, "-P", "-l", "-n", "-T", "fields", "-e", "udp.dstport")
	c.tshark.Stdout, c.tshark.Stderr = c.stdout, c.stderr
	c.tshark.Cancel = func() error { return c.tshark.Process.Signal(os.Interrupt) }
	c.tshark.WaitDelay = 5 * time.Second
	if err := c.tshark.Start(); err != nil {
		t.Fatal(err)
	}
	c.stderr.until(t, "line that tshark captures", func(text string) bool {
		return strings.Contains(text, "Capturing on") || cannotCapture(text)
	})
	if text := c.stderr.String(); cannotCapture(text) {
		_ = c.tshark.Wait() // it has failed
		t.Skipf("tshark may not capture on the loopback; run as root, or: dpkg-reconfigure wireshark-common\n%s", text)
	}
	c.seen(t) // it says so a little before it does
	return c
}

func cannotCapture(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "permission") || strings.Contains(text, "couldn't run")
}

// seen returns when tshark has captured a datagram that is sent now, and so all
// that was sent before.
func (c *capture) seen(t *testing.T) {
	t.Helper()
	to, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	at := to.LocalAddr().(*net.UDPAddr)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for limit := time.After(10 * time.Second); !strings.Contains("\n"+c.stdout.String(), fmt.Sprintf("\n%d\n", at.Port)); {
		if _, err := to.WriteToUDP([]byte("seen?"), at); err != nil {
			t.Fatal(err)
		}
		select {
		case <-c.stdout.changed:
		case <-again.C:
		case <-limit:
			t.Fatalf("tshark sees nothing in 10 s:\n%s", c.stderr)
		}
	}
}

// stop ends the capture behind everything that was sent before.
func (c *capture) stop(t *testing.T) {
	t.Helper()
	c.seen(t)
	if err := cmp.Or(c.tshark.Process.Signal(os.Interrupt), c.tshark.Wait()); err != nil {
		t.Fatalf("tshark: %v\n%s", err, c.stderr)
	}
}

// find lists the packets of the ports that the filter is for.
func (c *capture) find(t *testing.T, ports []string, filter string) []string {
	t.Helper()
	args := []string{
		"-r", c.file, "-n", "-o", "sctp.checksum:CRC-32c",
		"-Y", "sctp && ip.addr == " + captureHost + " && udp.port in {" + strings.Join(ports, ", ") + "} && " + filter,
	}
	for _, port := range ports {
		args = append(args, "-d", "udp.port=="+port+",sctp")
	}
	read := exec.CommandContext(t.Context(), "tshark", args...)
	var stderr bytes.Buffer
	read.Stderr = &stderr
	out, err := read.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", read.Args, err, stderr.String())
	}
	return slices.DeleteFunc(strings.Split(string(out), "\n"), func(line string) bool { return line == "" })
}
