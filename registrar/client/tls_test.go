package client_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/auth"
	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/identity"
	"rserpool/registrar/transport/tcp"
	"rserpool/registrar/wire"
)

// certified makes an authority, and a certificate for this name by it.
func certified(t *testing.T, name string) (ca string, c *tls.Certificate) {
	t.Helper()
	dir := t.TempDir()
	a, err := auth.OpenAuthority(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := a.Issue(auth.Leaf{Name: name, Life: time.Hour}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "own.pem")
	if err := auth.CreateSecret(file, secret); err != nil {
		t.Fatal(err)
	}
	if c, err = auth.LoadCertificate(file, ""); err != nil {
		t.Fatal(err)
	}
	return a.File, c
}

// knowsNoPool is a registrar that knows no pool. It counts those it has answered.
func knowsNoPool(t *testing.T, c *tls.Certificate, asked chan<- struct{}) netip.AddrPort {
	t.Helper()
	l, err := tcp.Secure(identity.Credentials{Certificate: c}).Listen(transport.Config{Local: at(loopback, 0)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			a, err := l.Accept(context.Background())
			if err != nil {
				return
			}
			go func() {
				for {
					m, err := a.Recv(context.Background())
					if err != nil {
						return
					}
					asked <- struct{}{}
					d, err := asap.Parse(m.Data)
					if err != nil {
						return
					}
					r, ok := d.Message.(asap.HandleResolution)
					if !ok {
						continue
					}
					b, err := asap.Append(nil, asap.HandleResolutionResponse{Handle: r.Handle, Causes: []wire.Cause{{Code: wire.CauseUnknownPoolHandle}}})
					if err == nil {
						_ = a.Send(context.Background(), transport.Message{PPID: transport.PPIDASAP, Data: b})
					}
				}
			}()
		}
	}()
	return l.Addrs()[0]
}

// diary is a log that is read while others write.
type diary struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (d *diary) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(b)
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

// SEC-06 SEC-21: a user tells nothing to a registrar of another name or another
// authority, and asks the next one; where there is none, the error says why.
func TestUserOverTLS(t *testing.T) {
	asked, robbed := make(chan struct{}, 16), make(chan struct{}, 16)
	ca, genuine := certified(t, "registrar-a.example.com")
	_, rogue := certified(t, "registrar-a.example.com")
	good, bad := knowsNoPool(t, genuine, asked), knowsNoPool(t, rogue, robbed)
	var log diary
	resolve := func(name string, registrars ...netip.AddrPort) error {
		own, err := auth.Own{CA: ca, Names: []string{name}}.Load()
		if err != nil {
			t.Fatal(err)
		}
		c := dialUp(t, client.Config{Transport: tcp.Secure(own), Log: slog.New(slog.NewTextHandler(&log, nil))}, registrars...)
		e := client.Element{Pool: "Mine", User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7}}
		if _, err := c.Register(t.Context(), e); !errors.Is(err, endpoint.ErrStream) {
			t.Errorf("registered over TLS: %v", err)
		}
		_, err = c.Resolve(t.Context(), "EchoPool", 1)
		return err
	}
	if err := resolve("registrar-a.example.com", bad, good); !errors.Is(err, endpoint.ErrUnknownPool) {
		t.Errorf("with a genuine registrar: %v, want its answer", err)
	}
	if len(asked) != 1 {
		t.Errorf("the genuine registrar was asked %d times, want once", len(asked))
	}
	for _, tc := range []struct {
		called string
		at     netip.AddrPort
		want   string
	}{
		{"registrar-a.example.com", bad, "unknown authority"},
		{"registrar-b.example.com", good, `called "registrar-b.example.com", it is of "registrar-a.example.com"`},
	} {
		none, ok := errors.AsType[*endpoint.NoServerError](resolve(tc.called, tc.at))
		if !ok || len(none.Failures) != 1 || !strings.Contains(none.Failures[0].Reason, tc.want) {
			t.Errorf("%v, want no server and %q", none, tc.want)
		}
	}
	if text := log.String(); !strings.Contains(text, "level=WARN") || !strings.Contains(text, "unknown authority") {
		t.Errorf("the log is %q, want a warning of the one that is not trusted", text)
	}
	if len(robbed)+len(asked) != 1 {
		t.Errorf("%d messages went to who is not trusted", len(robbed)+len(asked)-1)
	}
}
