package auth

import (
	"errors"
	"fmt"

	"rserpool/registrar"
	"rserpool/registrar/transport/identity"
)

// Own is what a pool element or pool user has to prove who it is, and to tell
// registrars from others.
type Own struct {
	// Identity is its name in the registrars' table; none for a certificate, which
	// carries it.
	Identity string
	// KeyFile has a pre-shared key in its first line, or a certificate chain with its
	// private key in PEM. A pool user that proves nothing has none.
	KeyFile string
	// CA is a PEM file with the authorities that certificates of registrars lead to,
	// and Names are those one of which a registrar must have; without any, it is the
	// address that was dialled.
	CA    string
	Names []string
	// UsersFile is a table, as registrars have one, with the keys of those pool users
	// that may use what is served here over DTLS. It need not have anybody else.
	UsersFile string
}

// Load reads the files.
func (o Own) Load() (identity.Credentials, error) {
	c := identity.Credentials{Names: o.Names}
	var err error
	if o.CA != "" {
		if c.Roots, err = LoadRoots(o.CA); err != nil {
			return identity.Credentials{}, err
		}
	}
	if o.KeyFile == "" {
		if o.Identity != "" {
			return identity.Credentials{}, fmt.Errorf("identity %q: want the file with its key, too", o.Identity)
		}
		return c, nil
	}
	b, err := readSecret(o.KeyFile)
	if err != nil {
		return identity.Credentials{}, err
	}
	if isPEM(b) {
		return o.withCertificate(c, b)
	}
	if o.Identity == "" {
		return identity.Credentials{}, fmt.Errorf("%s: want the identity that this key proves, its name in the registrars' table, too", o.KeyFile)
	}
	if err := CheckName(o.Identity); err != nil {
		return identity.Credentials{}, fmt.Errorf("identity: %w", err)
	}
	key, err := loadKey(o.KeyFile)
	if err != nil {
		return identity.Credentials{}, err
	}
	c.Identity, c.Key = o.Identity, key
	if o.UsersFile != "" {
		users, err := Load(o.UsersFile)
		if err != nil {
			return identity.Credentials{}, err
		}
		c.KeyOf = users.keyOfUser(key)
	}
	return c, nil
}

// keyOfUser is the key of a pool user in the table. All others can only be
// registrars, who call an element with its own key.
func (t *Table) keyOfUser(own Key) func(name string) ([]byte, bool) {
	return func(name string) ([]byte, bool) {
		if c, known := t.Credential(name); known && c.Role == registrar.RoleUser {
			return t.Key(name)
		}
		return own, true
	}
}

func (o Own) withCertificate(c identity.Credentials, pem []byte) (identity.Credentials, error) {
	if o.UsersFile != "" {
		return identity.Credentials{}, fmt.Errorf("%s has the keys of pool users, this end has a certificate; leave it out: users with certificates need no table here", o.UsersFile)
	}
	var err error
	if c.Certificate, err = parseCertificate(o.KeyFile, pem, pem); err != nil {
		return identity.Credentials{}, err
	}
	c.Identity = identity.Name(c.Certificate.Leaf)
	if o.Identity != "" && o.Identity != c.Identity {
		return identity.Credentials{}, fmt.Errorf("%s: want a certificate of identity %q, it is of %q; leave the identity out, or make a certificate with registrar auth new-cert",
			o.KeyFile, o.Identity, c.Identity)
	}
	if o.CA == "" {
		return identity.Credentials{}, errors.New("want the file with the authorities of registrars' certificates, too: who has a certificate is answered with one")
	}
	return c, nil
}
