package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

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

// A registrar that still looks for a mentor refuses elements; they wait for it.
func TestElementWaitsForStart(t *testing.T) {
	t.Parallel()
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
