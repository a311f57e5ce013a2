package main

import (
	"net"
	"strings"
	"testing"
)

// Whatever is asked for, a health check needs nothing but the address.
func TestHealth(t *testing.T) {
	inDir(t)
	made(t, "auth", "new-cert", "registrar:0x0000000a", "--role", "registrar", "--id", "0x0a", "--dns", "registrar.example", "--ca", "ca", "--out", "web.pem", "-q")
	for _, tt := range []struct {
		name  string
		flags []string
	}{
		{"as it is", nil},
		{"private", []string{"--http-private"}},
		{"private, with a path", []string{"--http-private", "--http-base-path", "/rserpool"}},
		{"HTTPS", []string{"--http-tls-cert", "web.pem"}},
		{"HTTPS, private, with a path", []string{"--http-tls-cert", "web.pem", "--http-private", "--http-base-path", "/rserpool"}},
		{"read-only", []string{"--http-read-only"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := launch(t, onLoopback(append(tt.flags, "--http", "127.0.0.1:0")...)...)
			at := s.stdout.await(t, "http ")
			s.stderr.awaitText(t, "registrar.serving")
			if got := command(t, "health", "--http", at); got.code != exitOK || got.stdout != "serving\n" {
				t.Errorf("code %d, %q, %s", got.code, got.stdout, got.stderr)
			}
			_, port, _ := net.SplitHostPort(at)
			t.Setenv("REGISTRAR_HTTP", ":"+port)
			if got := command(t, "health"); got.code != exitOK {
				t.Errorf("by the environment: code %d, %s", got.code, got.stderr)
			}
		})
	}
}

func TestHealthFails(t *testing.T) {
	nobody, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close()
	waiting := launch(t, onLoopback("--http", "127.0.0.1:0", "--peer", nobody.LocalAddr().String(), "--max-time-no-response", "1h")...)
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	for _, tt := range []struct {
		name, at string
		code     int
		want     string
	}{
		{"not ready", waiting.stdout.await(t, "http "), exitFailure, "not ready: it is starting"},
		{"no answer", deaf.Addr().String(), exitTimeout, "deadline"},
		{"nobody", gone.Addr().String(), exitUnreachable, "no registrar at --http " + gone.Addr().String()},
		{"no address", "8080", exitUsage, "want HOST:PORT"},
		{"any port", ":0", exitUsage, "want HOST:PORT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := command(t, "health", "--http", tt.at, "--timeout", "500ms")
			if got.code != tt.code || !strings.Contains(got.stderr, tt.want) {
				t.Errorf("code %d, %s; want %d and %q", got.code, got.stderr, tt.code, tt.want)
			}
		})
	}
}
