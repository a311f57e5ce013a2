package auth

import (
	"crypto/x509"
	"fmt"
	"io"

	"rserpool/registrar"
	"rserpool/registrar/wire"
)

// Table is the identities of an operation scope. It does not change; Follow puts
// another one in its place.
type Table struct {
	// file is where it is from, for errors.
	file    string
	holders map[string]holder
	// registrars are the names of those with role registrar.
	registrars map[wire.ServerID]string
	// keyed: there is a pre-shared key at least.
	keyed bool
	// roots are the authorities of ca_file, nil without one.
	roots *x509.CertPool
	// generation counts the tables before it, see Follow.
	generation uint64
}

// holder is one entry of a table. The key is nil where only a certificate proves
// the name.
type holder struct {
	credential registrar.Credential
	key        Key
	// since is the generation from which on the entry is what it is.
	since uint64
}

// Credential is what the holder of a name may do; ok is false for a name that the
// table does not have. The slices in it are shared: do not change them.
func (t *Table) Credential(name string) (c registrar.Credential, ok bool) {
	i, ok := t.holders[name]
	return i.credential, ok
}

// Key is the pre-shared key that proves a name; ok is false where there is none.
func (t *Table) Key(name string) (k Key, ok bool) {
	k = t.holders[name].key
	return k, k != nil
}

// Own is the credential of the registrar with this ID.
func (t *Table) Own(id wire.ServerID) (c registrar.Credential, ok bool) {
	name, ok := t.registrars[id]
	if !ok {
		return c, false
	}
	return t.Credential(name)
}

// Len is the number of identities.
func (t *Table) Len() int { return len(t.holders) }

// Roots are the authorities that certificates of the scope must lead to, nil where
// the table names none.
func (t *Table) Roots() *x509.CertPool { return t.roots }

// Format tells of the table without what is in it: keys are.
func (t *Table) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, fmt.Sprintf("%s: %d identities", t.file, len(t.holders)))
}
