package main

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// scope is a secured operation scope in a directory of its own.
type scope struct {
	t    *testing.T
	asap []string
	enrp []string
	http []string
	logs []*output
}

// securedScope makes the keys of registrars 0xa1, 0xa2 and so on.
func securedScope(t *testing.T, registrars int) *scope {
	t.Helper()
	inDir(t)
	s := &scope{t: t}
	for i := range registrars {
		id := fmt.Sprintf("0x%08x", 0xa1+i)
		made(t, "auth", "new-key", "registrar:"+id, "--role", "registrar", "--id", id, "--auth-file", "scope.toml", "-q")
	}
	return s
}

// identity makes the key of an element or user, and gives the flags that prove it.
func (s *scope) identity(name string, flags ...string) []string {
	s.t.Helper()
	made(s.t, append([]string{"auth", "new-key", name, "--auth-file", "scope.toml", "--out", name + ".key", "-q"}, flags...)...)
	return []string{"--transport", "dtls", "--identity", name, "--key-file", name + ".key"}
}

// start starts the registrars once the table is complete.
func (s *scope) start(registrars int, more ...string) {
	s.t.Helper()
	for i := range registrars {
		args := append([]string{
			"--transport", "dtls", "--auth-file", "scope.toml", "--id", fmt.Sprintf("0x%08x", 0xa1+i), "--http", "127.0.0.1:0",
		}, more...)
		for _, peer := range s.enrp {
			args = append(args, "--peer", peer)
		}
		b := launch(s.t, onLoopback(args...)...)
		s.asap = append(s.asap, b.stdout.await(s.t, "asap "))
		s.enrp = append(s.enrp, b.stdout.await(s.t, "enrp "))
		s.http = append(s.http, b.stdout.await(s.t, "http "))
		s.logs = append(s.logs, b.stderr)
		b.stderr.awaitText(s.t, "registrar.serving")
	}
}

// held is a part of the export.
type held struct {
	Digest string
	Pools  []struct{ Elements []struct{ ID string } }
	Peers  []struct {
		ID     string
		State  string
		InSync bool `json:"in_sync"`
	}
}

// export asks registrar i until what it says satisfies until.
func (s *scope) export(i int, until func(held) bool) held {
	s.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		var h held
		_, body := get(s.t, "http://"+s.http[i]+"/api/v1/handlespace")
		if err := json.Unmarshal([]byte(body), &h); err != nil {
			s.t.Fatal(err)
		}
		if until(h) {
			return h
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("registrar %d has %+v after 20 s; its log:\n%s", i, h, s.logs[i])
		}
	}
}

// elements counts those of all pools.
func (h held) elements() (n int) {
	for _, p := range h.Pools {
		n += len(p.Elements)
	}
	return n
}

// SEC-04, SEC-05, SEC-10, SEC-11, SEC-13, SEC-29: three registrars and ten elements
// with pre-shared keys, and those that are not of the scope.
func TestSecuredScope(t *testing.T) {
	const registrars, elements = 3, 10
	s := securedScope(t, registrars)
	var own [elements][]string
	for i := range elements {
		own[i] = s.identity(fmt.Sprintf("pe-%d", i), "--role", "pe", "--pool", "EchoPool")
	}
	user := s.identity("pu-1", "--role", "pu")
	s.start(registrars)
	for i := range elements {
		asap := s.asap[i%registrars]
		e := launch(t, append([]string{"element", "echo", "--pool", "EchoPool", "--id", fmt.Sprint(0x100 + i), "--registrar", asap}, own[i]...)...)
		e.stdout.await(t, fmt.Sprintf("registered 0x%08x in EchoPool", 0x100+i))
	}
	var digest string
	for i := range registrars {
		h := s.export(i, func(h held) bool { return h.elements() == elements && len(h.Peers) == registrars-1 })
		if digest == "" {
			digest = h.Digest
		}
		if h.Digest != digest {
			t.Errorf("registrar %d has digest %s, the first one %s", i, h.Digest, digest)
		}
	}

	// Of another's ID, at its home and elsewhere, and of another pool.
	for _, asap := range s.asap {
		got := command(t, append([]string{"element", "echo", "--pool", "EchoPool", "--id", "0x100", "--registrar", asap}, own[1]...)...)
		if got.code != exitRefused || !strings.Contains(got.stderr, "0x000a") {
			t.Errorf("another's identifier at %s: %+v, want a refusal with cause 0x000a", asap, got)
		}
	}
	got := command(t, append([]string{"element", "echo", "--pool", "Other", "--registrar", s.asap[0]}, own[0]...)...)
	if got.code != exitRefused || !strings.Contains(got.stderr, "0x000a") {
		t.Errorf("another pool: %+v, want a refusal with cause 0x000a", got)
	}
	// A plain registrar, whose PRESENCE is to nobody; a wrong key; an unknown name.
	plain := launch(t, onLoopback("--peer", s.enrp[0], "--max-time-no-response", "100ms", "--transport", "udp")...)
	plain.stderr.awaitText(t, "registrar.serving")
	wrong := append([]string{"resolve", "EchoPool", "--registrar", s.asap[0]}, user...)
	wrong[len(wrong)-1] = own[0][len(own[0])-1]
	for _, args := range [][]string{
		wrong,
		append([]string{"resolve", "EchoPool", "--registrar", s.asap[0]}, "--transport", "dtls", "--identity", "nobody", "--key-file", "pu-1.key"),
	} {
		if got := command(t, args...); got.code != exitUnreachable || !strings.Contains(got.stderr, "wrong pre-shared key") {
			t.Errorf("%v: %+v, want nobody reached, and why", args, got)
		}
	}
	s.logs[0].awaitText(t, `wrong pre-shared key of \"pu-1\"`)
	s.logs[0].awaitText(t, `unknown identity \"nobody\"`)

	got = command(t, append([]string{"resolve", "EchoPool", "--items", "10", "--registrar", s.asap[2], "-o", "json"}, user...)...)
	if n := strings.Count(got.stdout, `"id"`); got.code != exitOK || n != elements {
		t.Errorf("a user is told of %d elements, want %d: %+v", n, elements, got)
	}
	for i := range registrars {
		h := s.export(i, func(held) bool { return true })
		if h.Digest != digest || len(h.Peers) != registrars-1 {
			t.Errorf("registrar %d has changed by what was refused: %+v", i, h)
		}
	}
}

// SEC-24: a session over SCTP is as secured as the way to the registrar, its cookies
// too.
func TestSecuredSession(t *testing.T) {
	s := securedScope(t, 1)
	own := s.identity("pe-1", "--role", "pe", "--pool", "P")
	user := s.identity("pu-1", "--role", "pu")
	other := s.identity("pe-2", "--role", "pe", "--pool", "P")
	s.start(1)
	e := launch(t, append([]string{"element", "pingpong", "--pool", "P", "--registrar", s.asap[0], "--auth-file", "scope.toml"}, own...)...)
	e.stdout.await(t, "registered ")
	got := command(t, append([]string{"user", "P", "--send", "ping {n}", "--count", "3", "--interval", "0s", "--registrar", s.asap[0]}, user...)...)
	if got.code != exitOK || !strings.Contains(got.stdout, "pong 3 from") {
		t.Errorf("a session over DTLS: %+v", got)
	}
	stranger := append([]string{"user", "P", "--send", "ping 1", "--count", "1", "--registrar", s.asap[0]}, other...)
	if got := command(t, stranger...); got.code == exitOK {
		t.Errorf("another element is no user of this one: %+v", got)
	}
}

// SEC-10, SEC-12: plain users, as far as they are allowed, at a UDP port of their
// own; no plain element.
func TestPlainUsers(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		t.Run(fmt.Sprint(allowed), func(t *testing.T) {
			s := securedScope(t, 1)
			own := s.identity("pe-1", "--role", "pe", "--pool", "EchoPool")
			port := freeUDPPort(t)
			more := []string{"--transport", "dtls+udp", "--asap", "127.0.0.1:0@" + port}
			if allowed {
				more = append(more, "--allow-plain-users")
			}
			s.start(1, more...)
			e := launch(t, append([]string{"element", "echo", "--pool", "EchoPool", "--registrar", s.asap[0]}, own...)...)
			e.stdout.await(t, "registered ")
			plain := []string{"--transport", "udp", "--registrar", s.asap[0] + "@" + port}
			got := command(t, append([]string{"resolve", "EchoPool"}, plain...)...)
			if want := map[bool]int{true: exitOK, false: exitRefused}[allowed]; got.code != want {
				t.Errorf("a plain user: %+v, want code %d", got, want)
			}
			got = command(t, append([]string{"element", "echo", "--pool", "EchoPool"}, plain...)...)
			if got.code != exitRefused || !strings.Contains(got.stderr, "0x000a") {
				t.Errorf("a plain element: %+v, want a refusal with cause 0x000a", got)
			}
		})
	}
}

func freeUDPPort(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, port, _ := net.SplitHostPort(conn.LocalAddr().String())
	return port
}

// SEC-01, SEC-06, SEC-07: users over TLS know the registrar by its certificate, and
// leave one of another name.
func TestTLSUsers(t *testing.T) {
	inDir(t)
	made(t, "auth", "new-cert", "registrar:0xa1", "--role", "registrar", "--id", "0xa1", "--ip", "127.0.0.1", "--dns", "*.example.com", "--ca", "ca", "--out", "a1.pem", "-q")
	made(t, "auth", "new-cert", "other.example.org", "--role", "registrar", "--id", "0xa2", "--ca", "other", "--out", "other.pem", "-q")
	s := launch(t, onLoopback("--asap-tls", "127.0.0.1:0", "--tls-cert", "a1.pem")...)
	plain, secure := s.stdout.await(t, "asap "), s.stdout.await(t, "asap-tls ")
	launch(t, "element", "echo", "--pool", "EchoPool", "--registrar", plain).stdout.await(t, "registered ")
	for _, tt := range []struct {
		name, args string
		code       int
		want       string
	}{
		{"by address", "--tls-ca ca/ca.pem", exitOK, ""},
		{"by name", "--tls-ca ca/ca.pem --tls-name A.example.com", exitOK, ""},
		{"by URI", "--tls-ca ca/ca.pem --tls-name registrar:0xa1", exitOK, ""},
		{"another name", "--tls-ca ca/ca.pem --tls-name a.b.example.com", exitUnreachable, "a.b.example.com"},
		{"another authority", "--tls-ca other/ca.pem", exitUnreachable, "unknown authority"},
		{"a certificate that nobody asks for", "--tls-ca ca/ca.pem --key-file other.pem", exitOK, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := command(t, append([]string{"resolve", "EchoPool", "--transport", "tls", "--registrar", secure}, strings.Fields(tt.args)...)...)
			if got.code != tt.code || !strings.Contains(got.stderr, tt.want) {
				t.Errorf("%+v, want code %d and %q", got, tt.code, tt.want)
			}
		})
	}
}

// SEC-05, SEC-08: a scope with certificates only.
func TestCertificateScope(t *testing.T) {
	inDir(t)
	for _, id := range []string{"0x000000a1", "0x000000a2"} {
		made(t, "auth", "new-cert", "registrar:"+id, "--role", "registrar", "--id", id, "--ip", "127.0.0.1", "--ca", "ca", "--auth-file", "scope.toml", "--out", id+".pem", "-q")
	}
	made(t, "auth", "new-cert", "pe:echo1", "--role", "pe", "--pool", "EchoPool", "--ca", "ca", "--auth-file", "scope.toml", "--out", "pe.pem", "-q")
	made(t, "auth", "new-cert", "pe:rogue", "--role", "pe", "--pool", "EchoPool", "--ca", "ca", "--out", "rogue.pem", "-q")
	serve := func(id string, more ...string) background {
		return launch(t, onLoopback(append([]string{"--transport", "dtls", "--auth-file", "scope.toml", "--tls-cert", id + ".pem", "--id", id}, more...)...)...)
	}
	first := serve("0x000000a1")
	asap, enrp := first.stdout.await(t, "asap "), first.stdout.await(t, "enrp ")
	second := serve("0x000000a2", "--peer", enrp)
	second.stderr.awaitText(t, "mentor.completed")
	element := []string{"element", "echo", "--pool", "EchoPool", "--registrar", asap, "--transport", "dtls", "--tls-ca", "ca/ca.pem", "--key-file"}
	launch(t, append(element, "pe.pem")...).stdout.await(t, "registered ")
	second.stderr.awaitText(t, "element.registered")
	if got := command(t, append(element, "rogue.pem")...); got.code != exitUnreachable {
		t.Errorf("a certificate that is not in the table: %+v, want nobody reached", got)
	}
	first.stderr.awaitText(t, "pe:rogue")
}

func TestHostNames(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"192.0.2.1:3863", ""},
		{"192.0.2.1:3863 [2001:db8::1]:3863@9899", ""},
		{"registrar.example.com:3864", "registrar.example.com"},
		{"a.example.com:3864@1 192.0.2.1:3864 :3864 nonsense", "a.example.com 192.0.2.1"},
	} {
		if got := strings.Join(hostNames(strings.Fields(tt.in)), " "); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestSecureUsage(t *testing.T) {
	inDir(t)
	made(t, "auth", "new-key", "registrar:1", "--role", "registrar", "--id", "1", "--auth-file", "scope.toml", "-q")
	for _, tt := range []struct {
		line string
		code int
		want string
	}{
		{"serve --transport dtls", exitUsage, "want --auth-file"},
		{"serve --transport dtls --auth-file scope.toml", exitUsage, "want --id"},
		{"serve --transport dtls --auth-file scope.toml --id 2", exitFailure, "no identity with role registrar and id 0x00000002"},
		{"serve --transport dtls --auth-file nowhere --id 1", exitFailure, "nowhere"},
		{"serve --auth-file scope.toml", exitUsage, "it goes with --transport dtls"},
		{"serve --allow-plain-users", exitUsage, "it goes with --transport dtls"},
		{"serve --asap-tls :0", exitUsage, "want --tls-cert"},
		{"serve --tls-cert x.pem", exitUsage, "goes with --asap-tls or --transport dtls"},
		{"serve --tls-key x.pem --transport dtls --auth-file scope.toml --id 1", exitUsage, "goes with --tls-cert"},
		{"serve --tls-cert nowhere.pem --asap-tls :0", exitFailure, "nowhere.pem"},
		{"serve --transport dtls+udp --auth-file scope.toml --id 1", exitUsage, "--asap :3863@9899"},
		{"resolve P --transport dtls", exitUsage, "want --key-file"},
		{"resolve P --transport dtls --key-file nowhere --identity x", exitFailure, "nowhere"},
		{"element echo --pool P --auth-file scope.toml", exitUsage, "it goes with --transport dtls"},
		{"resolve P --transport udp --identity x", exitUsage, "--transport udp is not"},
		{"resolve P --transport tcp --tls-ca x", exitUsage, "--transport tcp is not"},
	} {
		t.Run(tt.line, func(t *testing.T) {
			got := command(t, strings.Fields(tt.line)...)
			if got.code != tt.code || !strings.Contains(got.stderr, tt.want) {
				t.Errorf("%+v, want code %d and %q", got, tt.code, tt.want)
			}
		})
	}
}
