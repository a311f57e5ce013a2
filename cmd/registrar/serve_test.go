package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// output collects what a running command writes, and tells when it has written
// a text.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newOutput() *output { return &output{changed: make(chan struct{}, 1)} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.changed <- struct{}{}:
	default:
	}
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await returns the rest of the line that begins with prefix, once it is whole.
func (o *output) await(t *testing.T, prefix string) (rest string) {
	t.Helper()
	o.until(t, prefix, func(text string) bool {
		for line := range strings.Lines(text) {
			if after, ok := strings.CutPrefix(line, prefix); ok && strings.HasSuffix(after, "\n") {
				rest = strings.TrimSpace(after)
				return true
			}
		}
		return false
	})
	return rest
}

// awaitText returns when text has been written.
func (o *output) awaitText(t *testing.T, text string) {
	t.Helper()
	o.until(t, text, func(have string) bool { return strings.Contains(have, text) })
}

func (o *output) until(t *testing.T, what string, done func(text string) bool) {
	t.Helper()
	limit := time.After(time.Minute)
	for !done(o.String()) {
		select {
		case <-o.changed:
		case <-limit:
			t.Fatalf("no %q in a minute; the output is\n%s", what, o)
		}
	}
}

// background is a command that runs until it is stopped.
type background struct {
	stdout, stderr *output
	stop           func() int
}

func launch(t *testing.T, args ...string) background {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	b := background{stdout: newOutput(), stderr: newOutput()}
	code := make(chan int, 1)
	go func() { code <- run(ctx, args, strings.NewReader(""), b.stdout, b.stderr) }()
	b.stop = sync.OnceValue(func() int {
		cancel()
		return <-code
	})
	t.Cleanup(func() { b.stop() })
	return b
}

// onLoopback are the flags that make serve take free ports of the loopback.
func onLoopback(more ...string) []string {
	return append([]string{"serve", "--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0"}, more...)
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func TestServe(t *testing.T) {
	s := launch(t, onLoopback("--http", "127.0.0.1:0", "--id", "0x1a2b3c4d", "--log-format", "json")...)
	link := s.stdout.await(t, "dashboard")
	for prefix, want := range map[string]string{
		"registrar": "0x1a2b3c4d", "asap ": "127.0.0.1:", "asap-tcp ": "127.0.0.1:", "enrp": "127.0.0.1:", "http": "127.0.0.1:",
	} {
		if got := s.stdout.await(t, prefix); !strings.HasPrefix(got, want) {
			t.Errorf("line %s is %q, want it to begin with %q", prefix, got, want)
		}
	}
	base, token, found := strings.Cut(link, "/?token=")
	if !found || len(token) != 43 { // 32 bytes in base64url
		t.Fatalf("the dashboard link is %q, want a token of 43 characters in it", link)
	}
	if answer, _ := get(t, link); answer.StatusCode != http.StatusSeeOther || len(answer.Cookies()) != 1 {
		t.Errorf("GET of the link: %s with %d cookies, want 303 with 1", answer.Status, len(answer.Cookies()))
	}
	if answer, _ := get(t, base+"/readyz"); answer.StatusCode != http.StatusOK {
		t.Errorf("GET /readyz: %s, want 200", answer.Status)
	}
	if _, body := get(t, base+"/api/v1/handlespace"); !strings.Contains(body, "0x1a2b3c4d") {
		t.Errorf("GET /api/v1/handlespace: %s, want the registrar's ID in it", body)
	}
	_, page := get(t, base+"/") // its first steps name both addresses
	for _, prefix := range []string{"asap ", "enrp"} {
		if want := s.stdout.await(t, prefix); !strings.Contains(page, want) {
			t.Errorf("GET /: %s address %s is not in the page", prefix, want)
		}
	}
	if code := s.stop(); code != exitOK {
		t.Errorf("exit code %d after a stop, want 0; stderr:\n%s", code, s.stderr)
	}
	log := s.stderr.String()
	if strings.Contains(log, token) {
		t.Error("the log has the token in it")
	}
	for _, want := range []string{`"transport.chosen"`, `"transport":"udp"`, `"why":"auto`, `"registrar.serving"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %s:\n%s", want, log)
		}
	}
}

func TestServeTokenFile(t *testing.T) {
	const token = "0123456789abcdef"
	s := launch(t, onLoopback("--http", "127.0.0.1:0", "--http-base-path", "/pool/", "--http-private",
		"--http-token-file", file(t, token+"\nnot this\n"))...)
	link := s.stdout.await(t, "dashboard")
	if !strings.HasSuffix(link, "/pool/") {
		t.Fatalf("the dashboard link is %q, want it to end in /pool/ without a token", link)
	}
	if answer, _ := get(t, link+"api/v1/handlespace"); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("GET without a token: %s, want 401", answer.Status)
	}
	if answer, _ := get(t, link+"?token="+token); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("GET with the token of the file: %s, want 303", answer.Status)
	}
	short := command(t, onLoopback("--http", "127.0.0.1:0", "--http-token-file", file(t, "secret"))...)
	if short.code != exitFailure || !strings.Contains(short.stderr, "16 characters") {
		t.Errorf("a token of 6 characters: %+v, want failure", short)
	}
}

func TestBusyPort(t *testing.T) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	tests := []struct{ flag, address string }{
		{"--http", tcp.Addr().String()},
		{"--asap", udp.LocalAddr().String()},
		{"--enrp", udp.LocalAddr().String()},
	}
	for _, tt := range tests {
		t.Run(tt.flag, func(t *testing.T) {
			got := command(t, onServe(tt.flag, tt.address)...)
			want := "registrar: " + tt.flag + " " + tt.address + ": the port is in use"
			if got.code != exitFailure || !strings.Contains(got.stderr, want) {
				t.Errorf("code %d, stderr %q, want 1 and %q", got.code, got.stderr, want)
			}
			if got.stdout != "" {
				t.Errorf("stdout is %q, want nothing", got.stdout)
			}
		})
	}
}

// onServe is serve on free ports but for one flag.
func onServe(flag, value string) []string {
	args := []string{"serve", flag, value}
	for _, other := range []string{"--asap", "--enrp"} {
		if other != flag {
			args = append(args, other, "127.0.0.1:0")
		}
	}
	return args
}

func TestUnreachablePeer(t *testing.T) {
	nobody, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close()
	s := launch(t, onLoopback("--peer", nobody.LocalAddr().String(), "--max-time-no-response", "100ms")...)
	s.stdout.await(t, "enrp")
	if code := s.stop(); code != exitOK {
		t.Errorf("exit code %d after a stop, want 0; stderr:\n%s", code, s.stderr)
	}
}
