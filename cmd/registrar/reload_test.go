package main

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// served is a registrar in a process of its own, with a configuration that can be
// written anew.
type served struct {
	t      *testing.T
	config string
	p      *exec.Cmd
	out    *output
}

func serveFile(t *testing.T, text string) served {
	t.Helper()
	s := served{t: t, config: filepath.Join(t.TempDir(), "registrar.toml")}
	s.write(text)
	s.p, s.out = commandProcess(t, onLoopback("--config", s.config)...)
	s.out.awaitText(t, "registrar.serving")
	return s
}

func (s served) write(text string) {
	s.t.Helper()
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// reload makes the registrar read text, and waits until it says said.
func (s served) reload(text, said string) {
	s.t.Helper()
	s.write(text)
	if err := s.p.Process.Signal(syscall.SIGHUP); err != nil {
		s.t.Fatal(err)
	}
	s.out.awaitText(s.t, said)
}

// as gives the answer to a request with a token.
func as(t *testing.T, token, url string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// SIGHUP: what can change does, what is wrong changes nothing, and systemd hears of
// both.
func TestReload(t *testing.T) {
	other := launch(t, onLoopback()...)
	peer := other.stdout.await(t, "enrp ")
	socket := notifySocket(t)
	inDir(t)
	const first, second = "the first operator token", "the second operator token"
	if err := os.WriteFile("token", []byte(first+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs("token")
	if err != nil {
		t.Fatal(err)
	}
	dashboard := fmt.Sprintf("http = '127.0.0.1:0'\nhttp-private = true\nhttp-token-file = '%s'\n", here)
	s := serveFile(t, dashboard)
	ready, _ := told(t, socket, "READY=1\n")
	base := strings.TrimSuffix(s.out.await(t, "dashboard "), "/")

	if err := os.WriteFile("token", []byte(second+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.reload(dashboard+"peer = '"+peer+"'\nprotect = 'EchoPool'\nkeepalive-interval = '3s'\n", "config.pending")
	if m, _ := told(t, socket, "RELOADING=1\n"); !regexp.MustCompile(`^RELOADING=1\nMONOTONIC_USEC=[1-9][0-9]*$`).MatchString(m) {
		t.Errorf("told %q, want the time", m)
	}
	if again, before := told(t, socket, "READY=1\n"); again != ready {
		t.Errorf("told %q, before that %q, want %q", again, before, ready)
	}
	for _, want := range []string{
		"config.reloaded", "http-token-file: another token", "peer " + peer + " is new", `pool \"EchoPool\" is protected`,
		"takes effect at the next start", "settings=[keepalive-interval]", "peer.discovered",
	} {
		s.out.awaitText(t, want)
	}
	for token, want := range map[string]int{first: http.StatusUnauthorized, second: http.StatusOK} {
		if got := as(t, token, base+"/api/v1/status"); got != want {
			t.Errorf("with %s: status %d, want %d", token, got, want)
		}
	}

	s.reload("log-level = 'debug'\npeer = 'nowhere'\n"+dashboard, "config.rejected")
	told(t, socket, "RELOADING=1\n")
	if again, _ := told(t, socket, "READY=1\n"); !strings.Contains(again, "were not taken") {
		t.Errorf("told %q after a bad configuration", again)
	}
	s.out.awaitText(t, s.config+": line 2: --peer")
	as(t, second, base+"/api/v1/feed") // no WebSocket: a detail for the log
	if got := as(t, second, base+"/api/v1/status"); got != http.StatusOK || strings.Contains(s.out.String(), "level=DEBUG") {
		t.Errorf("a bad configuration has changed something: status %d, log\n%s", got, s.out)
	}
	s.reload("log-level = 'debug'\n"+dashboard, "log-level debug")
	s.out.awaitText(t, "peer "+peer+" is no longer configured")
	told(t, socket, "READY=1\n")
	as(t, second, base+"/api/v1/feed")
	s.out.awaitText(t, "level=DEBUG")
}

// SEC-04: an element that is not in the table of identities any more is cut off, and
// soon not registered any more.
func TestReloadIdentities(t *testing.T) {
	scope := securedScope(t, 1)
	element := scope.identity("pe:echo1", "--role", "pe", "--pool", "EchoPool")
	table, err := filepath.Abs("scope.toml")
	if err != nil {
		t.Fatal(err)
	}
	config := "transport = 'dtls'\nid = '0x000000a1'\nauth-file = '" + table + "'\n"
	s := serveFile(t, config)
	asap := s.out.await(t, "asap ")
	e := elementProcess(t, append(element, "echo", "--pool", "EchoPool", "--registrar", asap)...)
	s.out.awaitText(t, "element.registered")

	all, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	registrars, _, found := strings.Cut(string(all), "[[identity]]\nname = \"pe:")
	if !found {
		t.Fatalf("no element in\n%s", all)
	}
	if err := os.WriteFile(table, []byte(registrars), 0o600); err != nil {
		t.Fatal(err)
	}
	s.reload(config, "association.revoked")
	s.out.awaitText(t, "auth-file: other identities")
	s.out.awaitText(t, "pe:echo1")
	s.out.awaitText(t, "element.removed")   // it cannot answer a keep-alive
	for _, p := range []*exec.Cmd{e, s.p} { // neither would find the other to say goodbye
		if err := p.Process.Kill(); err != nil {
			t.Error(err)
		}
	}
}

// Certificates are those of the files for who connects from now on.
func TestReloadCertificates(t *testing.T) {
	inDir(t)
	for _, name := range []string{"one", "two"} {
		made(t, "auth", "new-cert", "registrar:"+name, "--role", "registrar", "--id", "0xa", "--ip", "127.0.0.1", "--ca", "ca", "--out", name+".pem", "-q")
	}
	renew := func(name string) {
		t.Helper()
		b, err := os.ReadFile(name + ".pem")
		if err == nil {
			err = os.WriteFile("own.pem", b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	renew("one")
	own, err := filepath.Abs("own.pem")
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("http = '127.0.0.1:0'\nhttp-tls-cert = '%s'\nasap-tls = '127.0.0.1:0'\ntls-cert = '%[1]s'\n", own)
	s := serveFile(t, config)
	shown := func() (names []string) {
		t.Helper()
		for _, port := range []string{"http ", "asap-tls "} {
			conn, err := tls.Dial("tcp", s.out.await(t, port), &tls.Config{InsecureSkipVerify: true})
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, conn.ConnectionState().PeerCertificates[0].URIs[0].String())
			conn.Close()
		}
		return names
	}
	before := shown()
	renew("two")
	s.reload(config, "tls-cert: another certificate, http-tls-cert: another certificate")
	if after := shown(); fmt.Sprint(before, after) != "[registrar:one registrar:one] [registrar:two registrar:two]" {
		t.Errorf("certificates %v, then %v", before, after)
	}
}
