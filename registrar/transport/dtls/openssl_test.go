package dtls

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rserpool/registrar/transport"
)

// transcript collects what a program says, for a test that waits for a part of it.
type transcript struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(b)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// openssl starts a program of OpenSSL that lives until the test ends.
func openssl(t *testing.T, arguments ...string) *transcript {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is missing: apt-get install openssl")
		}
		t.Skip("openssl is missing: apt-get install openssl")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, arguments...)
	said := &transcript{}
	cmd.Stdout, cmd.Stderr = said, said
	in, err := cmd.StdinPipe() // it ends when its input does
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cancel()
		_ = cmd.Wait() // killed, most often
		if t.Failed() {
			t.Logf("openssl %v:\n%s", arguments, said)
		}
	})
	return said
}

// files writes credentials for OpenSSL.
func files(t *testing.T, c credentials, a authority) (cert, key, ca string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.Certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	return write("cert", "CERTIFICATE", c.Certificate.Certificate[0]), write("key", "PRIVATE KEY", der), write("ca", "CERTIFICATE", a.cert.Raw)
}

// Another implementation of DTLS agrees with the handshake of a listener: cookie,
// suites, extended master secret, identities and certificates.
func TestOpenSSLCalls(t *testing.T) {
	scope := newAuthority(t)
	caller := scope.member(t, "registrar:1")
	cert, key, ca := files(t, caller, scope)
	for _, c := range []struct {
		name   string
		called credentials
		flags  []string
		suite  string
	}{
		{"key", keyed("b"), []string{"-psk", hex.EncodeToString(keyOf("a")), "-psk_identity", "a", "-cipher", "PSK"}, "ECDHE-PSK-CHACHA20-POLY1305"},
		{
			"certificate", scope.member(t, "registrar:2"),
			[]string{"-cert", cert, "-key", key, "-CAfile", ca, "-verify_return_error"},
			"ECDHE-ECDSA-AES256-GCM-SHA384",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			heard := make(refusals, 10)
			m := listen(t, c.called, heard.of(quick()))
			said := openssl(t, append([]string{"s_client", "-dtls1_2", "-connect", m.sockets[0].Bound().String()}, c.flags...)...)
			eventually(t, "the handshake is over", func() bool {
				return strings.Contains(said.String(), "Extended master secret: yes")
			})
			if !strings.Contains(said.String(), "Cipher is "+c.suite) {
				t.Errorf("want the suite %s", c.suite)
			}
			if len(heard) > 0 {
				t.Errorf("refused: %v", <-heard)
			}
		})
	}
}

// A dial gets through the handshake with another implementation, which then knows
// nothing of SCTP.
func TestOpenSSLIsCalled(t *testing.T) {
	scope := newAuthority(t)
	cert, key, ca := files(t, scope.member(t, "registrar:2"), scope)
	for _, c := range []struct {
		name   string
		caller credentials
		flags  []string
	}{
		{"key", keyed("a"), []string{"-nocert", "-psk", hex.EncodeToString(keyOf("a")), "-psk_hint", "b", "-cipher", "PSK"}},
		{"certificate", scope.member(t, "registrar:1"), []string{"-cert", cert, "-key", key, "-CAfile", ca, "-Verify", "3", "-verify_return_error"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			spare := freePort(t)
			var port int
			fmt.Sscanf(spare.LocalAddr().String(), "127.0.0.1:%d", &port)
			spare.Close()
			said := openssl(t, append([]string{"s_server", "-dtls1_2", "-listen", "-accept", fmt.Sprint("127.0.0.1:", port)}, c.flags...)...)
			eventually(t, "the server listens", func() bool { return strings.Contains(said.String(), "ACCEPT") })
			ctx, cancel := context.WithCancel(testContext(t))
			failed := make(chan error, 1)
			config := quick()
			config.HandshakeTimeout = patience
			m := listen(t, c.caller, config)
			go func() {
				_, err := m.Dial(ctx, transport.Address{Addrs: m.config.Local.Addrs, Port: uint16(port)})
				failed <- err
			}()
			eventually(t, "the handshake is over", func() bool {
				return strings.Contains(said.String(), "CIPHER is ") || len(failed) > 0
			})
			cancel()
			select {
			case err := <-failed:
				all(t, "Dial", err, context.Canceled)
			case <-time.After(patience):
				t.Error("the dial goes on")
			}
		})
	}
}
