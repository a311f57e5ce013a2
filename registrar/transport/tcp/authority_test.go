package tcp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"net/url"
	"testing"
	"time"
)

// authority makes certificates for tests.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	roots       *x509.CertPool
}

// leaf is what a certificate says; all that is not here is as it should be.
type leaf struct {
	uris, dns, ips []string
	usage          x509.ExtKeyUsage // any of TLS if it is 0
	life           time.Duration    // an hour if it is 0
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{key: newKey(t), roots: x509.NewCertPool()}
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "an authority"},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}
	a.certificate = sign(t, template, template, a.key, a.key)
	a.roots.AddCert(a.certificate)
	return a
}

func (a *authority) issue(t *testing.T, l leaf) *tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		NotBefore: time.Now().Add(-23 * time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: l.dns,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if l.life != 0 {
		template.NotAfter = time.Now().Add(l.life)
	}
	if l.usage != 0 {
		template.ExtKeyUsage = []x509.ExtKeyUsage{l.usage}
	}
	for _, text := range l.uris {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		template.URIs = append(template.URIs, u)
	}
	for _, ip := range l.ips {
		template.IPAddresses = append(template.IPAddresses, net.ParseIP(ip))
	}
	key := newKey(t)
	c := sign(t, template, a.certificate, key, a.key)
	return &tls.Certificate{Certificate: [][]byte{c.Raw}, PrivateKey: key, Leaf: c}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, template, parent *x509.Certificate, own, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, own.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
