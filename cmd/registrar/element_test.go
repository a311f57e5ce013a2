package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// wantUsageError plays a command line that is to be refused with want in the log.
func wantUsageError(t *testing.T, line, want string) {
	t.Helper()
	code, _, log := play(t, strings.Fields(line)...)
	if code != exitUsage || !strings.Contains(log, want) {
		t.Errorf("code %d, log %q, want 2 and %q", code, log, want)
	}
}

// play runs a command to its end and gives what there is to check.
func play(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, log bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &log)
	return code, out.String(), log.String()
}

// startRegistrar runs a registrar on loopback and gives its ASAP address.
func startRegistrar(t *testing.T) string {
	t.Helper()
	return launch(t, onLoopback()...).stdout.await(t, "asap")
}

// userAddress is the address at the end of a line "0x... in POOL at HOME, tcp ADDR".
func userAddress(t *testing.T, line string) string {
	t.Helper()
	_, at, found := strings.Cut(line, ", tcp ")
	if _, err := netip.ParseAddrPort(at); !found || err != nil {
		t.Fatalf("line %q: want the user transport at its end: %v", line, err)
	}
	return at
}

// Elements register, serve, are resolved in turn, and are gone after the end.
func TestElementAndResolve(t *testing.T) {
	asap := startRegistrar(t)
	e := launch(t, "element", "echo", "--pool", "EchoPool", "--policy", "wrr:5", "--id", "0x5ee4a0c1", "--registrar", asap)
	line := e.stdout.await(t, "registered 0x5ee4a0c1 in EchoPool at "+asap)
	conn, err := net.Dial("tcp", userAddress(t, line))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "hello")
	answer := make([]byte, 5)
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "hello" {
		t.Errorf("echo of hello: %q, %v", answer, err)
	}

	code, out, _ := play(t, "resolve", "EchoPool", "--registrar", asap)
	if code != exitOK || !strings.Contains(out, "0x5ee4a0c1") || !strings.Contains(out, "wrr:5") {
		t.Errorf("resolve: code %d, output\n%s", code, out)
	}
	code, out, _ = play(t, "resolve", "b64.RWNob1Bvb2w=", "-o", "json", "--registrar", asap)
	var found resolutionJSON
	if err := json.Unmarshal([]byte(out), &found); code != exitOK || err != nil {
		t.Fatalf("resolve -o json: code %d, %v, output\n%s", code, err, out)
	}
	if found.Pool != "EchoPool" || found.Policy.Name != "weighted_round_robin" || len(found.Elements) != 1 ||
		found.Elements[0].UserTransport.Protocol != "tcp" {
		t.Errorf("resolve -o json: %+v", found)
	}

	code, _, log := play(t, "element", "echo", "--pool", "EchoPool", "--policy", "rr", "--registrar", asap)
	if code != exitRefused || !strings.Contains(log, "the pool uses wrr") {
		t.Errorf("another policy: code %d, log\n%s", code, log)
	}
	if code := e.stop(); code != exitOK {
		t.Errorf("interrupted: code %d, log\n%s", code, e.stderr)
	}
	if code, _, log := play(t, "resolve", "EchoPool", "--registrar", asap); code != exitNotFound || !strings.Contains(log, "no such pool") {
		t.Errorf("resolve after the end: code %d, log\n%s", code, log)
	}
}

func TestElements(t *testing.T) {
	asap := startRegistrar(t)
	e := launch(t, "element", "daytime", "--pool", "Clocks", "--count", "3", "--registrar", asap, "-o", "json")
	e.stdout.until(t, "3 registrations", func(text string) bool { return strings.Count(text, `"event":"registered"`) == 3 })
	for line := range strings.Lines(e.stdout.String()) {
		var ev elementJSON
		if err := json.Unmarshal([]byte(line), &ev); err != nil {
			t.Fatalf("%v in line %q", err, line)
		}
		conn, err := net.Dial("tcp", netip.AddrPortFrom(ev.UserTransport.Addresses[0], ev.UserTransport.Port).String())
		if err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(conn)
		if _, bad := time.Parse(time.RFC1123, strings.TrimSpace(string(said))); bad != nil || err != nil {
			t.Errorf("daytime said %q, %v", said, err)
		}
		conn.Close()
	}
	code, out, _ := play(t, "resolve", "Clocks", "--items", "1", "--repeat", "6", "--distribution", "-o", "json", "--registrar", asap)
	var d struct {
		Resolutions int
		First       []firstJSON
	}
	if err := json.Unmarshal([]byte(out), &d); err != nil || code != exitOK || d.Resolutions != 6 || len(d.First) != 3 || d.First[0].Count != 2 {
		t.Errorf("distribution: code %d, %v, output\n%s", code, err, out)
	}
	if code := e.stop(); code != exitOK {
		t.Errorf("interrupted: code %d, log\n%s", code, e.stderr)
	}
	if n := strings.Count(e.stdout.String(), `"event":"deregistered"`); n != 3 {
		t.Errorf("%d deregistrations, want 3:\n%s", n, e.stdout)
	}
}

// An element that fails comes back under its identifier.
func TestElementFails(t *testing.T) {
	asap := startRegistrar(t)
	e := launch(t, "element", "discard", "--pool", "Shaky", "--uptime", "1ms", "--downtime", "1ms", "--id", "7", "--registrar", asap)
	e.stdout.until(t, "3 registrations", func(text string) bool {
		return strings.Count(text, "registered 0x00000007 in Shaky") >= 3
	})
	if code := e.stop(); code != exitOK {
		t.Errorf("interrupted: code %d, log\n%s", code, e.stderr)
	}
}

// A registrar that still looks for a mentor refuses elements; they wait for it.
func TestElementWaitsForStart(t *testing.T) {
	nobody, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close()
	asap := launch(t, onLoopback("--peer", nobody.LocalAddr().String(), "--max-time-no-response", "500ms")...).stdout.await(t, "asap")
	e := launch(t, "element", "echo", "--pool", "EchoPool", "--registrar", asap)
	e.stdout.await(t, "registered 0x")
	if !strings.Contains(e.stderr.String(), "element.waits") {
		t.Errorf("log\n%s\nwant it to say why it waits", e.stderr)
	}
}

// With nobody at the address, the commands end soon and say where they looked.
func TestNoRegistrarThere(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"element", "echo", "--pool", "EchoPool"}, {"user", "EchoPool"}, {"resolve", "EchoPool"}} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			code, _, log := play(t, append(args, "--registrar", "127.0.0.1:9")...)
			if code != exitUnreachable || !strings.Contains(log, "127.0.0.1:9") {
				t.Errorf("code %d, log\n%s", code, log)
			}
		})
	}
}

func TestElementUsage(t *testing.T) {
	for _, test := range []struct{ flags, want string }{
		{"echo", `"pool" not set`},
		{"chess --pool P", "echo, discard, daytime, pingpong or exec"},
		{"echo --pool P --policy best", "--policy"},
		{"echo --pool b64.! --policy rr", "base64url"},
		{"echo --pool P --count 2 --id 7", "--id"},
		{"echo --pool P --id 0", "--id"},
		{"echo --pool P --id x", "--id"},
		{"echo --pool P --count 0", "--count"},
		{"echo --pool P --count 2 --listen 127.0.0.1:7", "--listen"},
		{"echo --pool P --listen localhost", "--listen"},
		{"echo --pool P --lifetime 1500ms", "--lifetime"},
		{"echo --pool P --lifetime 30s --reregister 30s", "--reregister"},
		{"echo --pool P --load 30%", "knows no load"},
		{"echo --pool P --policy wrand-dpf:5 --load 30%", "wrand-dpf knows no load"},
		{"echo --pool P --policy rplu:10% --load much", "want a share"},
		{"echo --pool P --policy lu:10% --load much", "--load"},
		{"echo --pool P --policy lu:10% --load auto --protocol udp", "no sessions over UDP"},
		{"exec --pool P --policy lu:10% --load auto -- true", "cannot be counted"},
		{"exec --pool P", "behind --"},
		{"exec --pool P true", "behind --"},
		{"exec --pool P --", "behind --"},
		{"echo --pool P -- true", "arg"},
		{"echo --pool P --protocol dccp", "--protocol"},
		{"echo --pool P --cookie-key-file /nowhere", "--cookie-key-file"},
		{"echo --pool P --asap-announce 192.0.2.1:3863", "--asap-announce"},
		{"echo --pool P --transport tcp", "--transport"},
		{"echo --pool P --uptime 5s", "downtime"},
		{"echo --pool P --registrar nowhere", "--registrar"},
		{"echo --pool P --transport carrier-pigeon", "--transport"},
		{"echo --pool P --listen 192.0.2.1:0 extra", "arg"},
	} {
		t.Run(test.flags, func(t *testing.T) { wantUsageError(t, "element "+test.flags, test.want) })
	}
	if code, _, log := play(t, "resolve", "P", "--repeat", "0"); code != exitUsage || !strings.Contains(log, "--repeat") {
		t.Errorf("resolve --repeat 0: code %d, log %q", code, log)
	}
}

func TestASAPError(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		code int
	}{
		{"nothing", nil, exitOK},
		{"no registrar", &endpoint.NoServerError{}, exitUnreachable},
		{"unknown pool", &endpoint.RefusedError{Causes: []wire.Cause{{Code: wire.CauseUnknownPoolHandle}}}, exitNotFound},
		{"refused", &endpoint.RefusedError{Causes: []wire.Cause{{Code: wire.CauseRejectedSecurity}}}, exitRefused},
		{"foreign address", &endpoint.AddressError{}, exitUsage},
		{"silence", endpoint.ErrTimeout, exitTimeout},
		{"anything else", errors.New("x"), exitFailure},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.err
			if err != nil {
				err = fmt.Errorf("client: %w", err)
			}
			if code := exitCode(asapError("cannot", err)); code != test.code {
				t.Errorf("code %d, want %d", code, test.code)
			}
		})
	}
}

func TestPoolHandle(t *testing.T) {
	for _, test := range []struct {
		text   string
		handle wire.PoolHandle
		shown  string
	}{
		{"EchoPool", "EchoPool", "EchoPool"},
		{"b64.AAE", "\x00\x01", "b64.AAE"},
		{"b64.RWNobw==", "Echo", "Echo"},
		{"b64.YjY0Lng", "b64.x", "b64.YjY0Lng"},
		{"grün", "grün", "grün"},
	} {
		handle, err := poolHandleArg(test.text)
		if err != nil || handle != test.handle || handleText(handle) != test.shown {
			t.Errorf("%q: handle %q shown as %q, %v; want %q as %q", test.text, handle, handleText(handle), err, test.handle, test.shown)
		}
	}
	for _, text := range []string{"", "b64.", "b64.?"} {
		if handle, err := poolHandleArg(text); exitCode(err) != exitUsage {
			t.Errorf("%q: handle %q, %v, want a usage error", text, handle, err)
		}
	}
}
