package auth

import (
	"bytes"
	"maps"
	"reflect"

	"rserpool/registrar"
	"rserpool/registrar/transport"
)

// Follow makes t the table that takes the place of old while associations go on.
// What was proven under old counts on for a name whose entry is the same; who has
// another one, or another key, has to prove it anew, and so has everybody where the
// authorities are others. Call it before t is used.
func (t *Table) Follow(old *Table) {
	t.generation = old.generation + 1
	for name, h := range t.holders {
		h.since = t.generation
		if was, ok := old.holders[name]; ok && h.same(was) && t.roots.Equal(old.roots) {
			h.since = was.since
		}
		t.holders[name] = h
	}
}

// CredentialOf is what the other end of an association may do. ok is false for a
// name that the table does not have, and for one that was proven before its entry
// has changed, see Follow.
func (t *Table) CredentialOf(p transport.Peer) (c registrar.Credential, ok bool) {
	h, ok := t.holders[p.Identity]
	if !ok || p.Generation < h.since {
		return registrar.Credential{}, false
	}
	return h.credential, true
}

// Same reports whether two tables say the same, with the same keys and authorities.
func (t *Table) Same(o *Table) bool {
	return t.roots.Equal(o.roots) && maps.EqualFunc(t.holders, o.holders, holder.same)
}

func (h holder) same(o holder) bool {
	return reflect.DeepEqual(h.credential, o.credential) && bytes.Equal(h.key, o.key)
}
