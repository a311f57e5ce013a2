package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/feed"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// The bits of how a fuzzed server is set up. Where the token is not known, no input
// has it.
const (
	fuzzUnknownToken = 1 << iota
	fuzzPrivate
	fuzzBase
	fuzzReadOnly
	fuzzSetups
)

// fuzzed is a server that is asked over and over again.
type fuzzed struct {
	setup   int
	handler http.Handler
	hub     *Hub
	fake    *fakeRegistrar
}

func newFuzzed(f *testing.F, setup int) fuzzed {
	hub := newTestHub()
	fillLists(hub)
	f.Cleanup(hub.Close)
	fake := &fakeRegistrar{
		answer:     registrar.Deregistered{Outcome: registrar.Removed, Told: 1, Peers: 1},
		peerAnswer: registrar.Answered{Outcome: registrar.AskDone},
		selected:   registrar.Selected{Known: true, Policy: policy.WeightedRoundRobin(5), Elements: []wire.PoolElement{element(3, self)}},
	}
	cfg := Config{
		Hub: hub, Registrar: fake, Token: token, Private: setup&fuzzPrivate != 0, ReadOnly: setup&fuzzReadOnly != 0,
		Hosts: []string{"registrar.example"}, ASAP: "127.0.0.1:3863", Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return start.Add(time.Minute) },
	}
	if setup&fuzzUnknownToken != 0 {
		cfg.Token = "another one, of which no request knows"
	}
	if setup&fuzzBase != 0 {
		cfg.BasePath = "/base"
	}
	h, err := New(cfg)
	if err != nil {
		f.Fatal(err)
	}
	return fuzzed{setup, h, hub, fake}
}

// endless is a body without end that counts how much of it is read.
type endless struct {
	begin io.Reader
	read  int
}

func (e *endless) Read(p []byte) (int, error) {
	n, err := e.begin.Read(p)
	if errors.Is(err, io.EOF) {
		err = nil
		for i := range p[n:] {
			p[n+i] = ' '
		}
		n = len(p)
	}
	e.read += n
	return n, err // of a body that is broken
}

func (e *endless) Close() error { return nil }

// FuzzRequests: whatever request comes, nothing panics or is answered with an error of
// the server, nothing changes without the token or by a GET, private data stays
// private, errors are problem details, redirects stay here, and of a body without end
// no more is read than there should be. SEC-28
func FuzzRequests(f *testing.F) {
	for _, r := range fuzzRequests("") {
		f.Add([]byte(r), byte(0))
		f.Add([]byte(r), byte(fuzzUnknownToken|fuzzPrivate))
	}
	for _, r := range fuzzRequests("/base") {
		f.Add([]byte(r), byte(fuzzBase|fuzzReadOnly))
	}
	var servers [fuzzSetups]fuzzed
	for i := range servers {
		servers[i] = newFuzzed(f, i)
	}
	f.Fuzz(func(t *testing.T, raw []byte, setup byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return // net/http refuses it
		}
		servers[setup%fuzzSetups].ask(t, r)
	})
}

func (s fuzzed) ask(t *testing.T, r *http.Request) {
	body := &endless{begin: r.Body}
	r.Body, r.RemoteAddr = body, "192.0.2.1:50000"
	if strings.Contains(r.URL.Path, "feed") || strings.Contains(r.URL.Path, "messages") { // which go on until the client goes
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
		defer cancel()
		r = r.WithContext(ctx)
	}
	s.fake.asked, s.fake.ends, s.fake.peersAsked = nil, nil, nil
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)

	what := fmt.Sprintf("%s %q with %v: %d %.300s", r.Method, r.RequestURI, r.Header, w.Code, w.Body)
	safe := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
	for _, asked := range s.fake.peersAsked {
		if strings.HasPrefix(asked, "select ") {
			continue // a resolution changes nothing
		}
		s.fake.asked = append(s.fake.asked, registrar.Deregister{})
	}
	if writes := len(s.fake.asked) + len(s.fake.ends); writes > 0 && (safe || s.setup&(fuzzUnknownToken|fuzzReadOnly) != 0) {
		t.Errorf("%s\nwrites", what)
	}
	if s.setup&fuzzPrivate != 0 && s.setup&fuzzUnknownToken != 0 && w.Code < 300 && !fuzzPublic(strings.TrimPrefix(r.URL.Path, "/base")) {
		t.Errorf("%s\nis private", what)
	}
	hijack := w.Code == http.StatusNotImplemented && r.Header.Get("Upgrade") != "" // a recorder has no connection to take over
	if w.Code >= 500 && !hijack {
		t.Errorf("%s\nis an error of the server", what)
	}
	kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	if kind == "text/html" && w.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("%s\nhas no content security policy", what)
	}
	if w.Code >= 400 && !hijack {
		s.explained(t, what, r, w, kind)
	}
	if to := w.Header().Get("Location"); to != "" && !ownPath(to) {
		t.Errorf("%s\nleads to %q", what, to)
	}
	if body.read > DefaultLimits().BodySize+4096 {
		t.Errorf("%s\nread %d bytes of the body, want at most %d", what, body.read, DefaultLimits().BodySize)
	}
}

// explained: an error is a problem detail, but for the login, which is a page, the
// health check, which is a text, and what the library says of a WebSocket.
func (s fuzzed) explained(t *testing.T, what string, r *http.Request, w *httptest.ResponseRecorder, kind string) {
	path := strings.TrimPrefix(r.URL.Path, "/base")
	if kind == "text/html" && path == "/login" || path == "/readyz" || path == "/api/v1/feed" && kind == "text/plain" || r.Method == http.MethodHead {
		return
	}
	var p struct {
		Status        int
		Title, Detail string
	}
	err := json.Unmarshal(w.Body.Bytes(), &p)
	if kind != "application/problem+json" || err != nil || p.Status != w.Code || p.Title == "" || p.Detail == "" {
		t.Errorf("%s\nis no problem detail of it: %s, %v", what, kind, err)
	}
}

// fuzzPublic are the paths that need no token even where reading does.
func fuzzPublic(path string) bool {
	return path == "/livez" || path == "/readyz" || path == "/login" || strings.HasPrefix(path, "/assets/")
}

// ownPath reports whether a browser stays at this server.
func ownPath(to string) bool {
	u, err := url.Parse(to)
	return err == nil && u.Host == "" && u.Scheme == "" && strings.HasPrefix(to, "/") &&
		!strings.HasPrefix(to, "//") && !strings.HasPrefix(to, `/\`)
}

// fuzzRequests are one of each kind, below a base path.
func fuzzRequests(base string) (list []string) {
	const bearer, host = "Authorization: Bearer " + token + "\r\n", " HTTP/1.1\r\nHost: localhost\r\n"
	for _, path := range []string{
		"/", "/pools", "/pools/b", "/elements?q=state:suspect&sort=-id", "/peers/0x0b0b0b0b/takeovers/1", "/events", "/inspector", "/what-if", "/holds",
		"/livez", "/readyz?verbose", "/metrics", "/version", "/login?next=/pools", "/assets/app.css", "/?token=" + token + "&x=1", "//evil.example/?token=" + token,
		"/api/v1/openapi.json", "/api/v1/status", "/api/v1/pools?q=a&sort=-handle&limit=1&cursor=x", "/api/v1/pools/b64.YS_DpA/elements", "/api/v1/pools/a%2F%C3%A4",
		"/api/v1/pools/b/elements/3", "/api/v1/elements?limit=2", "/api/v1/peers/5", "/api/v1/handlespace", "/api/v1/events?since=1", "/api/v1/holds",
		"/api/v1/messages.pcapng?for=30s", "/nowhere", "/api/v1/feed?after=7.1",
	} {
		list = append(list, "GET "+base+path+host+bearer+"Accept: text/html\r\n\r\n")
	}
	return append(list, []string{
		"DELETE " + base + "/api/v1/pools/b/elements/3?hold=10m&reason=x&confirm=b" + host + bearer + "\r\n",
		"DELETE " + base + "/api/v1/holds/0x00000001" + host + bearer + "\r\n",
		"POST " + base + "/api/v1/pools/b/elements/3/probe" + host + bearer + "Origin: http://localhost\r\n\r\n",
		"POST " + base + "/api/v1/peers/5/probe" + host + bearer + "\r\n", "POST " + base + "/api/v1/peers/5/resync" + host + "Origin: http://evil.example\r\n\r\n",
		"POST " + base + "/api/v1/resolve" + host + "Content-Type: application/json\r\nContent-Length: 22\r\n\r\n" + `{"pool":"b","items":3}`,
		"POST " + base + "/login" + host + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 21\r\n\r\ntoken=no&next=%2Fpeers",
		"POST " + base + "/login" + host + "Transfer-Encoding: chunked\r\n\r\n5\r\ntoken\r\n0\r\n\r\n",
		"GET " + base + "/api/v1/feed" + host + bearer + "Accept: text/event-stream\r\n\r\n",
		"GET " + base + "/api/v1/feed" + host + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		"OPTIONS *" + host + "\r\n", "HEAD " + base + "/" + host + "\r\n", "PUT " + base + "/pools" + host + bearer + "\r\n",
	}...)
}

// frame is one of a WebSocket client, masked with nothing.
func frame(opcode byte, payload []byte) []byte {
	return append([]byte{0x80 | opcode, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
}

// FuzzSocket: whatever a client sends over its WebSocket, the server survives it, and
// keeps nothing of the feed when the client has gone.
func FuzzSocket(f *testing.F) {
	applied, want := feed.Applied{Number: 1}.AppendTo(nil), feed.Want{Messages: feed.SendMessages, After: 1}.AppendTo(nil)
	for _, b := range [][]byte{
		frame(2, applied), frame(2, want), append(frame(2, applied), frame(2, want)...), frame(1, applied), frame(9, []byte("ping")),
		frame(8, []byte{3, 0xe8}), append(frame(2, nil), 0, 0x80, 0, 0, 0, 0), bytes.Repeat(frame(2, applied), credit+1),
		{2, 0xfe, 0x04, 0x01, 0, 0, 0, 0},
		{0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0},
		[]byte("GET / HTTP/1.1\r\n\r\n"),
	} {
		f.Add(b)
	}
	s := newFuzzed(f, 0)
	f.Fuzz(func(t *testing.T, b []byte) {
		client, conn := net.Pipe()
		heard := make(chan struct{})
		go func() {
			defer close(heard)
			_, _ = io.Copy(io.Discard, client)
		}()
		go func() {
			_, _ = client.Write(b) // fails where the server has refused what came before
			client.Close()
		}()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/api/v1/feed", nil)
		for k, v := range map[string]string{
			"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
			"Sec-WebSocket-Protocol": subprotocol,
		} {
			r.Header.Set(k, v)
		}
		w := taken{httptest.NewRecorder(), conn}
		s.handler.ServeHTTP(w, r)
		<-heard
		if n := s.hub.feeds().Clients; w.Code != http.StatusSwitchingProtocols || n > 0 {
			t.Errorf("%d, and %d feeds of a client that has gone", w.Code, n)
		}
	})
}

// taken is the answer to a request whose connection is taken over.
type taken struct {
	*httptest.ResponseRecorder
	conn net.Conn
}

func (h taken) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(bufio.NewReader(h.conn), bufio.NewWriter(h.conn)), nil
}
