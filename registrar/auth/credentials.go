package auth

import (
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rserpool/registrar"
	"rserpool/registrar/transport/identity"
	"rserpool/registrar/wire"
)

// RegistrarCredentials are what the registrar with this ID proves to others and
// demands of them. certificate is nil without one, or as LoadCertificate gives it.
// It must carry the registrar's name in the table and lead to ca_file; otherwise,
// where a key proves the name, it is left out, and may still serve pool users, see
// UserCredentials.
//
// All registrars of a scope have the table, so each knows the key of every peer:
// a caller proves its name with its own key, whatever its role. Who is called says
// who it is beforehand: an element or user knows no key but its own, and so that
// one is used; a registrar is called with the caller's.
func (t *Table) RegistrarCredentials(id wire.ServerID, certificate *tls.Certificate) (identity.Credentials, error) {
	own, ok := t.Own(id)
	if !ok {
		return identity.Credentials{}, t.noRegistrar(id)
	}
	key, keyed := t.Key(own.Name)
	if err := t.proves(certificate, own.Name); err != nil {
		if !keyed {
			return identity.Credentials{}, fmt.Errorf("%s: identity %q: %w", t.file, own.Name, err)
		}
		certificate = nil
	}
	c := identity.Credentials{
		Identity: own.Name, Key: key, Certificate: certificate, Roots: t.roots, Knows: t.knows, Generation: t.generation,
	}
	if t.keyed { // else keys are not even offered
		c.KeyOf = t.keyOf
		c.KeyFor = func(hint string) ([]byte, bool) { return t.keyFor(own.Name, hint) }
	}
	return c, nil
}

// proves says why a certificate does not prove a name to others of the scope.
func (t *Table) proves(certificate *tls.Certificate, name string) error {
	switch {
	case certificate == nil:
		return errNoKey
	case identity.Name(certificate.Leaf) != name:
		return fmt.Errorf("the certificate carries another name, %q; make one with registrar auth new-cert %s",
			identity.Name(certificate.Leaf), name)
	case t.roots == nil:
		return errors.New("want ca_file in the table, the authorities that certificates of the scope lead to")
	}
	return nil
}

// UserCredentials are what a registrar proves to pool users over TLS: its
// certificate, whatever names that has. Users need none; one that they have must
// be of the scope.
func (t *Table) UserCredentials(certificate *tls.Certificate) identity.Credentials {
	return identity.Credentials{Certificate: certificate, Roots: t.roots, Knows: t.knows, Generation: t.generation}
}

func (t *Table) keyOf(name string) ([]byte, bool) { return t.Key(name) }

// keyFor is the key to call a peer with that hints to be so. Who gives no hint can
// only be a registrar; who is not in the table could not be dealt with anyway.
func (t *Table) keyFor(own, hint string) ([]byte, bool) {
	c, known := t.Credential(hint)
	switch {
	case hint == "", c.Role == registrar.RoleRegistrar:
		return t.Key(own)
	case !known:
		return nil, false
	}
	return t.Key(hint)
}

func (t *Table) knows(name string) bool {
	_, known := t.holders[name]
	return known
}

func (t *Table) noRegistrar(id wire.ServerID) error {
	next := fmt.Sprintf("add it with registrar auth new-key registrar:%v --role registrar --id %[1]v --auth-file %s", id, t.file)
	if len(t.registrars) > 0 {
		var ids []string
		for _, other := range slices.Sorted(maps.Keys(t.registrars)) {
			ids = append(ids, other.String())
		}
		next += ", or start with the --id of one that is there: " + strings.Join(ids, ", ")
	}
	return fmt.Errorf("%s: no identity with role registrar and id %v; %s", t.file, id, next)
}
