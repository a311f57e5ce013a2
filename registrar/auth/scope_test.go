package auth

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/dtls"
	"rserpool/registrar/transport/identity"
	"rserpool/registrar/transport/tcp"
	"rserpool/registrar/wire"
)

// pki is a scope of two registrars, an element and a user, made as the command
// line makes it: with keys or with certificates.
type pki struct {
	dir   string
	table *Table
}

var loopback = netip.MustParseAddr("127.0.0.1")

var members = []registrar.Credential{
	{Role: registrar.RoleRegistrar, Name: "registrar:a", Server: 10},
	{Role: registrar.RoleRegistrar, Name: "registrar:b", Server: 11},
	{Role: registrar.RoleElement, Name: "pe:1", AnyPool: true},
	{Role: registrar.RoleUser, Name: "pu:1"},
}

func newPKI(t *testing.T, keys bool) *pki {
	t.Helper()
	p := &pki{dir: t.TempDir()}
	table := filepath.Join(p.dir, "scope.toml")
	for _, c := range members {
		var err error
		if keys {
			k := NewKey()
			err = errors.Join(CreateSecret(p.secret(c.Name), []byte(k.Hex())), Add(table, c, k, ""))
		} else {
			var ca *Authority
			var secret []byte
			if ca, err = OpenAuthority(p.dir, time.Now()); err == nil {
				secret, _, err = ca.Issue(Leaf{Name: c.Name, IPs: []netip.Addr{loopback}, Life: time.Hour}, time.Now())
				err = errors.Join(err, CreateSecret(p.secret(c.Name), secret), Add(table, c, nil, ca.File))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if p.table, err = Load(table); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *pki) secret(name string) string {
	return filepath.Join(p.dir, strings.ReplaceAll(name, ":", "-"))
}

// registrar gives what a registrar has.
func (p *pki) registrar(t *testing.T, id wire.ServerID) identity.Credentials {
	t.Helper()
	own, _ := p.table.Own(id)
	cert, err := LoadCertificate(p.secret(own.Name), "")
	if err != nil && p.table.Roots() != nil {
		t.Fatal(err)
	}
	c, err := p.table.RegistrarCredentials(id, cert)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// own gives what an element or user has.
func (p *pki) own(t *testing.T, name string) identity.Credentials {
	t.Helper()
	o := Own{Identity: name, KeyFile: p.secret(name)}
	if p.table.Roots() != nil {
		o.CA = filepath.Join(p.dir, "ca.pem")
	}
	c, err := o.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func listen(t *testing.T, tr transport.Transport) transport.Listener {
	t.Helper()
	l, err := tr.Listen(transport.Config{Local: transport.Address{Addrs: []netip.Addr{loopback}}, HandshakeTimeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// meet lets one call the other, and gives who each has proven to be.
func meet(t *testing.T, caller, called transport.Listener) (isCaller, isCalled transport.Peer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	at := called.Addrs()[0]
	a, err := caller.Dial(ctx, transport.Address{Addrs: []netip.Addr{at.Addr()}, Port: at.Port()})
	if err != nil {
		t.Fatal(err)
	}
	b, err := called.Accept(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return b.Peer(), a.Peer()
}

// SEC-04, SEC-05: in a scope of keys, and in one of certificates, each proves to
// each who it is, whoever calls; both ways of a registrar and an element are used,
// since it calls its elements to see whether they live.
func TestScope(t *testing.T) {
	for how, keys := range map[string]bool{"keys": true, "certificates": false} {
		t.Run(how, func(t *testing.T) {
			p := newPKI(t, keys)
			ends := map[string]transport.Listener{
				"registrar:a": listen(t, dtls.New(p.registrar(t, 10))), "registrar:b": listen(t, dtls.New(p.registrar(t, 11))),
				"pe:1": listen(t, dtls.New(p.own(t, "pe:1"))), "pu:1": listen(t, dtls.New(p.own(t, "pu:1"))),
			}
			for _, way := range [][2]string{
				{"registrar:a", "registrar:b"}, {"pe:1", "registrar:a"}, {"registrar:b", "pe:1"}, {"pu:1", "registrar:b"},
			} {
				caller, called := meet(t, ends[way[0]], ends[way[1]])
				for i, p := range []transport.Peer{caller, called} {
					if !p.Secured || p.Identity != way[i] {
						t.Errorf("%s calls %s, who meets %q, secured %t", way[0], way[1], p.Identity, p.Secured)
					}
				}
			}
		})
	}
}

// SEC-01, SEC-30: users reach a registrar over TLS, with a certificate and without.
func TestUsersOverTLS(t *testing.T) {
	p := newPKI(t, false)
	cert, err := LoadCertificate(p.secret("registrar:a"), "")
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t, tcp.Secure(p.table.UserCredentials(cert)))
	anonymous, err := Own{CA: filepath.Join(p.dir, "ca.pem"), Names: []string{"registrar:a"}}.Load()
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]identity.Credentials{"": anonymous, "pu:1": p.own(t, "pu:1")} {
		caller, called := meet(t, listen(t, tcp.Secure(c)), l)
		if caller.Identity != want || called.Identity != "registrar:a" || !caller.Secured || !called.Secured {
			t.Errorf("user %q is %+v to %+v", want, caller, called)
		}
	}
}
