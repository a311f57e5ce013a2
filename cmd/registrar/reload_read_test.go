package main

import (
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const firstToken = "token = of the first file"

// startedWith is the reloader of a registrar that was started with a configuration
// and flags, without the registrar.
func startedWith(t *testing.T, config string, args ...string) (r *reloader, rewrite func(text string)) {
	t.Helper()
	name := file(t, config)
	root := newRootCmd(io.Discard)
	stale, _, err := root.Find([]string{"serve"})
	if err != nil {
		t.Fatal(err)
	}
	cmd, o := newServe()
	root.RemoveCommand(stale)
	root.AddCommand(cmd)
	if err := cmd.ParseFlags(append(args, "--config", name)); err != nil {
		t.Fatal(err)
	}
	if err := applySettings(cmd); err != nil {
		t.Fatal(err)
	}
	o.speak(cmd.Flags())
	log := slog.New(slog.DiscardHandler)
	cfg, err := o.config(cmd.Flags(), log)
	if err != nil {
		t.Fatal(err)
	}
	id := o.identity(cfg.Registrar)
	p, err := o.read(o.secured(), id, proofs{})
	if err != nil {
		t.Fatal(err)
	}
	r = &reloader{cmd: cmd, options: o, values: valuesOf(cmd.Flags()), id: id, security: p.begin(), log: log, level: new(slog.LevelVar)}
	r.level.Set(logLevel(cmd, cmd.Flags().Lookup("log-level").Value.String()))
	if o.http.address != "" {
		s, err := o.http.read()
		if err != nil {
			t.Fatal(err)
		}
		r.board = &dashboard{options: o.http, httpSecrets: s}
	}
	return r, func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// What is new is taken, or waits for the next start, as the setting is.
func TestReloadPlan(t *testing.T) {
	inDir(t)
	for name, text := range map[string]string{"first": firstToken, "second": "another token than the first", "empty": ""} {
		if err := os.WriteFile(name, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made(t, "auth", "new-key", "registrar:a", "--role", "registrar", "--id", "0xa", "--auth-file", "scope.toml", "-q")
	made(t, "auth", "new-key", "registrar:a", "--role", "registrar", "--id", "0xa", "--auth-file", "other.toml", "-q")
	for _, cert := range []string{"one", "two"} {
		made(t, "auth", "new-cert", "registrar:"+cert, "--role", "registrar", "--id", "0xb", "--ip", "127.0.0.1", "--ca", "ca", "--out", cert+".pem", "-q")
	}
	const (
		withHTTP  = "http = ':0'\nhttp-token-file = 'first'\n"
		withHTTPS = withHTTP + "http-tls-cert = 'one.pem'\n"
		secured   = "transport = 'dtls'\nid = 10\nauth-file = 'scope.toml'\n"
		overTLS   = "asap-tls = ':0'\ntls-cert = 'one.pem'\n"
	)
	for _, tt := range []struct {
		name, before, after string
		args                []string
		what, pending       []string
		peers               int
	}{
		{"nothing", withHTTP, withHTTP, nil, nil, nil, 0},
		{"in another order, with defaults", withHTTP, "asap = [':3863']\n" + withHTTP, nil, nil, nil, 0},
		{"peers", "peer = '192.0.2.2:9901'", "peer = ['192.0.2.2:9901', '192.0.2.3:9901']", nil, nil, nil, 2},
		{"no peers any more", "peer = '192.0.2.2:9901'", "", nil, nil, nil, 0},
		{"peers that a flag says", "peer = '192.0.2.2:9901'", "peer = []", []string{"--peer", "192.0.2.4:9901"}, nil, nil, 1},
		{"log level", "", "log-level = 'debug'", nil, []string{"log-level debug"}, nil, 0},
		{"verbose", "", "verbose = true", nil, []string{"log-level debug"}, nil, 0},
		{"log level that a flag says", "", "log-level = 'debug'", []string{"--log-level", "warn"}, nil, nil, 0},
		{"timers and limits", "", "keepalive-interval = '3s'\nmax-pools = 7", nil, nil, []string{"keepalive-interval", "max-pools"}, 0},
		{"dialect, with its timers", "", "dialect = 'rsplib'", nil, nil, []string{"dialect", "keepalive-interval", "max-resolve-items", "max-time-last-heard", "peer-heartbeat-cycle"}, 0},
		{"another token file", withHTTP, "http = ':0'\nhttp-token-file = 'second'", nil, []string{"http-token-file: another token"}, nil, 0},
		{"a token file, none before", "http = ':0'", withHTTP, nil, []string{"http-token-file: another token"}, nil, 0},
		{"no token file any more", withHTTP, "http = ':0'", nil, nil, []string{"http-token-file"}, 0},
		{"another certificate", withHTTPS, withHTTP + "http-tls-cert = 'two.pem'", nil, []string{"http-tls-cert: another certificate"}, nil, 0},
		{"HTTPS, HTTP before", withHTTP, withHTTPS, nil, nil, []string{"http-tls-cert"}, 0},
		{"HTTP, off before", "", withHTTP, nil, nil, []string{"http", "http-token-file"}, 0},
		{"identities", secured, strings.Replace(secured, "scope", "other", 1), nil, []string{"auth-file: other identities"}, nil, 0},
		{"a secured scope, a plain one before", "", secured, nil, nil, []string{"auth-file", "id", "transport"}, 0},
		{"certificate", overTLS, strings.Replace(overTLS, "one", "two", 1), nil, []string{"tls-cert: another certificate"}, nil, 0},
		{"TLS, none before", "", overTLS, nil, nil, []string{"asap-tls", "tls-cert"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, rewrite := startedWith(t, tt.before, tt.args...)
			rewrite(tt.after)
			p, err := r.read()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([][]string{tt.what, tt.pending}, [][]string{p.what, p.pending}); diff != "" {
				t.Errorf("what is new and what waits (-want +got):\n%s", diff)
			}
			if len(p.peers) != tt.peers {
				t.Errorf("peers %v, want %d", p.peers, tt.peers)
			}
			// What waits is told of each time, what was taken is not.
			r.options, r.values, r.security.proofs = p.options, p.values, p.proofs
			r.level.Set(p.level)
			if r.board != nil {
				r.board.httpSecrets = p.http
			}
			again, err := r.read()
			if err != nil || len(again.what) > 0 || !cmp.Equal(again.pending, tt.pending) {
				t.Errorf("the second time: error %v, new %v, waits %v", err, again.what, again.pending)
			}
		})
	}
}

// A bad setting is named with its file and line, and its key.
func TestReloadErrors(t *testing.T) {
	inDir(t)
	if err := os.WriteFile("short", []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	made(t, "auth", "new-key", "registrar:a", "--role", "registrar", "--id", "0xa", "--auth-file", "scope.toml", "-q")
	if err := os.WriteFile("bad.toml", []byte("\n[[identity]]\nname = \"x\"\nrole = \"king\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const secured = "transport = 'dtls'\nid = 10\nauth-file = 'scope.toml'\n"
	for _, tt := range []struct {
		name, before, after string
		want                []string
	}{
		{"no TOML", "", "peer = ", []string{"line 1"}},
		{"unknown key", "", "\npeeer = 'x'", []string{"line 2", `unknown key "peeer"`}},
		{"bad value of a setting that waits", "", "keepalive-interval = 'soon'", []string{"line 1", "keepalive-interval"}},
		{"value out of range", "", "\n\nmax-pools = 0", []string{": line 3: --max-pools 0"}},
		{"a peer that is none", "", "\npeer = ['192.0.2.2:9901', 'nowhere']", []string{": line 2: --peer"}},
		{"a wildcard for a peer", "", "peer = '0.0.0.0:9901'", []string{": line 1: --peer 0.0.0.0:9901: want the host"}},
		{"a missing token file", "http = ':0'", "http = ':0'\nhttp-token-file = 'nowhere'", []string{": line 2: --http-token-file", "nowhere"}},
		{"a short token", "http = ':0'", "http = ':0'\nhttp-token-file = 'short'", []string{": line 2: --http-token-file", "16 characters"}},
		{"a bad table", secured, strings.Replace(secured, "scope", "bad", 1), []string{": line 3: --auth-file", "bad.toml", "king"}},
		{"a flag that lacks another", "", "http-read-only = true", []string{": line 1: --http-read-only", "--http ADDRESS"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, rewrite := startedWith(t, tt.before)
			rewrite(tt.after)
			_, err := r.read()
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range append(tt.want, r.cmd.Flag("config").Value.String()) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}
