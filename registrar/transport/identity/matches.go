package identity

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// ErrMismatch says that a certificate is of somebody else than was called. Errors
// that wrap it name both.
var ErrMismatch = errors.New("certificate of another name")

// maxNames bounds how many names of a stranger's certificate an error repeats.
const maxNames = 8

// Matches returns nil when cert names one of refs, the reference identities of
// RFC 6125: an IP address, with or without brackets; a URI, which is what has a
// colon; or a DNS name, which may be international. Each is compared with the
// subject alternative names of its own type only, and never with the common
// name of the subject. Otherwise the error matches ErrMismatch.
func Matches(cert *x509.Certificate, refs ...string) error {
	for _, ref := range refs {
		if matches(cert, ref) {
			return nil
		}
	}
	return fmt.Errorf("%w: called %s, it is of %s", ErrMismatch, list(refs), list(names(cert)))
}

func matches(cert *x509.Certificate, ref string) bool {
	if ip, err := netip.ParseAddr(strings.Trim(ref, "[]")); err == nil {
		return matchesIP(cert.IPAddresses, ip)
	}
	if strings.Contains(ref, ":") {
		return matchesURI(cert.URIs, ref)
	}
	return matchesDNS(cert.DNSNames, ref)
}

// matchesIP compares the 4 or 16 bytes, so that no spelling matters. The zone of
// a link-local address belongs to this host and is in no certificate.
func matchesIP(have []net.IP, ip netip.Addr) bool {
	want := ip.Unmap().WithZone("").AsSlice()
	return slices.ContainsFunc(have, func(ip net.IP) bool { return slices.Equal(ip, want) })
}

func matchesURI(have []*url.URL, ref string) bool {
	want, err := url.Parse(ref)
	return err == nil && slices.ContainsFunc(have, func(u *url.URL) bool { return u.String() == want.String() })
}

// matchesDNS compares in the ASCII form of RFC 5891, without case. Certificates
// have that form already.
func matchesDNS(have []string, ref string) bool {
	want, err := idna.Lookup.ToASCII(strings.TrimSuffix(ref, "."))
	if err != nil || want == "" {
		return false
	}
	return slices.ContainsFunc(have, func(pattern string) bool {
		return covers(strings.ToLower(strings.TrimSuffix(pattern, ".")), want)
	})
}

// covers reports whether pattern is name, or has a * for its complete left-most
// label. An asterisk anywhere else is no wildcard, and no name has one.
func covers(pattern, name string) bool {
	suffix, wild := strings.CutPrefix(pattern, "*.")
	if !wild {
		return pattern == name
	}
	_, parent, ok := strings.Cut(name, ".")
	return ok && parent == suffix
}

// names lists the subject alternative names of cert for an error.
func names(cert *x509.Certificate) []string {
	all := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		all = append(all, ip.String())
	}
	for _, u := range cert.URIs {
		all = append(all, u.String())
	}
	return all
}

func list(names []string) string {
	if len(names) == 0 {
		return "no name"
	}
	more := ""
	if len(names) > maxNames {
		names, more = names[:maxNames], " and others"
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(quoted, ", ") + more
}
