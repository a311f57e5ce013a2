package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// maxCommonName is the upper bound of a common name (RFC 5280 appendix A.1). It
// says nothing here that the alternative names do not say.
const maxCommonName = 64

// Leaf is what a certificate is to say.
type Leaf struct {
	// Name is the identity: a URI or a DNS name.
	Name string
	// DNS and IPs are further names, at which pool users reach a registrar.
	DNS []string
	IPs []netip.Addr
	// Life is how long it lasts, at most as long as the authority.
	Life time.Duration
}

// Check refuses names that a certificate cannot carry.
func (l Leaf) Check() error {
	_, err := l.template(time.Time{})
	return err
}

// Issue makes a certificate with a key of its own, for both ends of a connection,
// and returns it as PEM: the chain, then the private key.
func (a *Authority) Issue(l Leaf, now time.Time) (secret []byte, expires time.Time, err error) {
	template, err := l.template(now)
	if err != nil {
		return nil, expires, err
	}
	if template.NotAfter.After(a.certificate.NotAfter) {
		template.NotAfter = a.certificate.NotAfter
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, expires, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return nil, expires, err
	}
	secret, err = encodeKey(key)
	if err != nil {
		return nil, expires, err
	}
	return append(encodeChain(append([][]byte{der}, a.chain...)...), secret...), template.NotAfter, nil
}

func (l Leaf) template(now time.Time) (*x509.Certificate, error) {
	t := &x509.Certificate{
		NotBefore:             now.Add(-clockSkew),
		NotAfter:              now.Add(l.Life),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	if err := CheckName(l.Name); err != nil {
		return nil, fmt.Errorf("name: %w", err)
	}
	if len(l.Name) <= maxCommonName {
		t.Subject = pkix.Name{CommonName: l.Name}
	}
	if uri, ok := asURI(l.Name); ok {
		t.URIs = []*url.URL{uri}
	} else if ascii, err := dnsName(l.Name); err != nil || ascii != l.Name {
		return nil, fmt.Errorf("name %q: want a URI such as pe:echo1, or a DNS name in lower case", l.Name)
	} else {
		t.DNSNames = []string{ascii}
	}
	for _, text := range l.DNS {
		ascii, err := dnsName(text)
		if err != nil {
			return nil, fmt.Errorf("DNS name %q: want one such as registrar.example.com or *.example.com: %w", text, err)
		}
		t.DNSNames = append(t.DNSNames, ascii)
	}
	for _, ip := range l.IPs {
		t.IPAddresses = append(t.IPAddresses, net.IP(ip.Unmap().AsSlice()))
	}
	return t, nil
}

// asURI reads a name that is a URI and comes out of a certificate as it went in.
func asURI(name string) (*url.URL, bool) {
	uri, err := url.Parse(name)
	return uri, err == nil && uri.Scheme != "" && uri.String() == name
}

// hostNames maps case and scripts to the form of a certificate.
var hostNames = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// dnsName gives a DNS name in the form of a certificate: ASCII, lower case. The
// left-most label may be a wildcard (RFC 5352 section 9.2).
func dnsName(text string) (string, error) {
	rest, wildcard := strings.CutPrefix(text, "*.")
	ascii, err := hostNames.ToASCII(rest)
	if err != nil {
		return "", err
	}
	if wildcard {
		return "*." + ascii, nil
	}
	return ascii, nil
}
