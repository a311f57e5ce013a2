package main

import (
	"encoding/json"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestServeASAPOverTCP(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().String()
	free.Close()
	tests := []struct {
		name string
		args []string
		want string // how the line begins
	}{
		{"as --asap", []string{"--asap", port}, port},
		{"as --asap, any port", []string{"--asap", "127.0.0.1:0"}, "127.0.0.1:"},
		{"as --asap, whatever its UDP port", []string{"--asap", "127.0.0.1:0@" + strings.TrimPrefix(port, "127.0.0.1:")}, "127.0.0.1:"},
		{"elsewhere", []string{"--asap", "127.0.0.1:0", "--asap-tcp", "127.0.0.2:0"}, "127.0.0.2:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := launch(t, append([]string{"serve", "--enrp", "127.0.0.1:0"}, tt.args...)...)
			at := s.stdout.await(t, "asap-tcp")
			if !strings.HasPrefix(at, tt.want) {
				t.Errorf("line asap-tcp is %q, want it to begin with %q", at, tt.want)
			}
			unknown := "\x06\x00\x00\x14\x00\x09\x00\x08nope\x00\x0c\x00\x08\x00\x09\x00\x04"
			if got := exchangeTCP(t, at, "\x05\x00\x00\x0c\x00\x09\x00\x08nope", len(unknown)); got != unknown {
				t.Errorf("the answer is %x, want %x", got, unknown)
			}
			if code := s.stop(); code != exitOK {
				t.Errorf("exit code %d after a stop, want 0; stderr:\n%s", code, s.stderr)
			}
		})
	}
}

// exchangeTCP sends text over TCP and reads so many bytes.
func exchangeTCP(t *testing.T, at, text string, answer int) string {
	t.Helper()
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, answer)
	if n, err := io.ReadFull(conn, b); err != nil {
		t.Fatalf("%d bytes of %d: %v", n, answer, err)
	}
	return string(b)
}

func TestServeASAPOverTCPOff(t *testing.T) {
	for _, args := range [][]string{onLoopback("-o", "json", "--asap-tcp", "off"), onLoopback("-o", "json")} {
		s := launch(t, args...)
		s.stdout.await(t, "}")
		var p map[string]any
		if err := json.Unmarshal([]byte(s.stdout.String()), &p); err != nil {
			t.Fatal(err)
		}
		if _, on := p["asap_tcp"]; on == slices.Contains(args, "off") {
			t.Errorf("%v prints %v", args, p)
		}
		s.stop()
	}
}

func TestServeASAPOverTCPErrors(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	tests := []struct {
		address string
		code    int
		want    string
	}{
		{"127.0.0.1:1@2", exitUsage, "--asap-tcp 127.0.0.1:1@2: TCP has no UDP port"},
		{"on", exitUsage, `--asap-tcp: transport: address "on"`},
		{busy.Addr().String(), exitFailure, "--asap-tcp " + busy.Addr().String() + ": the port is in use"},
	}
	for _, tt := range tests {
		got := command(t, onLoopback("--asap-tcp", tt.address)...)
		if got.code != tt.code || !strings.Contains(got.stderr, tt.want) || got.stdout != "" {
			t.Errorf("%s: %+v, want code %d and %q", tt.address, got, tt.code, tt.want)
		}
	}
}
