package node_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"net/http/httptest"
	"testing"

	"rserpool/registrar/asap"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/identity"
	"rserpool/registrar/transport/tcp"
	"rserpool/registrar/transport/udp"
	"rserpool/registrar/wire"
)

// tlsEnds are a server and a client that trusts it; the certificate is that of
// package httptest, for 127.0.0.1.
func tlsEnds(t *testing.T) (server, client tcp.Transport) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return tcp.Secure(identity.Credentials{Certificate: &s.TLS.Certificates[0]}), tcp.Secure(identity.Credentials{Roots: roots})
}

// SEC-01, SEC-02, SEC-30: a user without a certificate is answered over TLS as over
// SCTP; no element registers there.
func TestASAPOverTLS(t *testing.T) {
	server, client := tlsEnds(t)
	a := bilingual(t, func(c *node.Config) { c.ASAPTLS, c.TLS = []transport.Address{at(loopback, 0)}, server })
	pe := over(t, udp.New(), a.ASAPAddrs()[0])
	pe.send(registration("EchoPool", 0x77, loopback))
	if m, ok := pe.receive().(asap.RegistrationResponse); !ok || m.Reject {
		t.Fatalf("registration over SCTP: %+v, want acceptance", m)
	}
	bySCTP, byTLS := over(t, udp.New(), a.ASAPAddrs()[0]), over(t, client, a.ASAPTLSAddrs()[0])
	if got, want := byTLS.resolution("EchoPool"), bySCTP.resolution("EchoPool"); !bytes.Equal(got, want) {
		t.Errorf("over TLS %x, over SCTP %x", got, want)
	}
	byTLS.send(registration("Mine", 1, loopback))
	if m, ok := byTLS.receive().(asap.RegistrationResponse); !ok || !m.Reject || m.Causes[0].Code != wire.CauseRejectedSecurity {
		t.Errorf("registration over TLS: %+v, want a refusal with cause 0xa", m)
	}
}

// SEC-12, SEC-30: a secured registrar answers over TLS, and over TCP only if told so.
func TestSecuredUsers(t *testing.T) {
	server, client := tlsEnds(t)
	for _, plain := range []bool{false, true} {
		a := bilingual(t, func(c *node.Config) {
			c.ASAPTLS, c.TLS = []transport.Address{at(loopback, 0)}, server
			c.Registrar.Secured, c.Registrar.PlainUsers, c.Identify = true, plain, identify
		})
		for _, user := range []struct {
			script
			refused bool
		}{
			{over(t, client, a.ASAPTLSAddrs()[0]), false},
			{over(t, tcp.New(), a.ASAPStreamAddrs()[0]), !plain},
		} {
			m, err := asap.Parse(user.resolution("EchoPool"))
			if err != nil {
				t.Fatal(err)
			}
			want := wire.CauseUnknownPoolHandle
			if user.refused {
				want = wire.CauseRejectedSecurity
			}
			if answer, ok := m.Message.(asap.HandleResolutionResponse); !ok || len(answer.Causes) != 1 || answer.Causes[0].Code != want {
				t.Errorf("plain users %t: %+v, want cause %v", plain, m.Message, want)
			}
		}
	}
}

func TestTLSPortInUse(t *testing.T) {
	server, _ := tlsEnds(t)
	a := bilingual(t, func(c *node.Config) { c.ASAPTLS, c.TLS = []transport.Address{at(loopback, 0)}, server })
	c := onLoopback(idB)
	c.ASAPTLS, c.TLS = []transport.Address{at(loopback, a.ASAPTLSAddrs()[0].Port())}, server
	_, err := node.Start(t.Context(), c)
	if listen := new(node.ListenError); !errors.As(err, &listen) || listen.Port != node.PortASAPTLS {
		t.Errorf("Start: %v, want a ListenError about asap-tls", err)
	}
}
