package main

import (
	"net"
	"strings"
	"testing"
	"time"
)

// Services over UDP, one datagram for each (RFC 862, 867).
func TestElementUDP(t *testing.T) {
	t.Parallel()
	asap := startRegistrar(t)
	for _, test := range []struct{ service, ask, want string }{
		{"echo", "hello", "hello"},
		{"daytime", "", " UTC\r\n"},
		{"pingpong", "ping 5\n", "pong 5 from 0x00000007, 1 in this session\n"},
	} {
		t.Run(test.service, func(t *testing.T) {
			e := launch(t, "element", test.service, "--protocol", "udp", "--pool", "Datagrams-"+test.service, "--id", "7", "--registrar", asap)
			_, at, _ := strings.Cut(e.stdout.await(t, "registered 0x00000007"), ", udp ")
			if got := exchange(t, at, test.ask); !strings.HasSuffix(got, test.want) {
				t.Errorf("%q was answered %q, want %q", test.ask, got, test.want)
			}
			if code := e.stop(); code != exitOK {
				t.Errorf("interrupted: code %d, log\n%s", code, e.stderr)
			}
		})
	}
}

// exchange sends a datagram and gives its answer.
func exchange(t *testing.T, at, ask string) string {
	t.Helper()
	conn, err := net.Dial("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(ask)); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, maxDatagram)
	n, err := conn.Read(answer)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer[:n])
}

// What is not a ping is not answered, so that two servers never talk for ever.
func TestPong(t *testing.T) {
	for _, request := range []string{"", "pong 1\n", "ping", "ping " + strings.Repeat("1", maxPing)} {
		if answer := pong([]byte(request), 7); answer != nil {
			t.Errorf("%q was answered %q, want nothing", request, answer)
		}
	}
}
