package tcp

import (
	"testing"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/identity"
)

// A certificate that was replaced is what those see who come now; who is there stays.
func TestReplaceCertificate(t *testing.T) {
	old, fresh := newAuthority(t), newAuthority(t)
	by := func(a *authority, generation uint64) identity.Credentials {
		return identity.Credentials{Certificate: a.issue(t, leaf{ips: []string{"127.0.0.1"}}), Generation: generation}
	}
	store := identity.NewStore(by(old, 0))
	l := openWith(t, SecureFrom(store), transport.Config{})
	user := openWith(t, Secure(identity.Credentials{Roots: old.roots}), transport.Config{})
	later := openWith(t, Secure(identity.Credentials{Roots: fresh.roots}), transport.Config{})
	meet := func(l2 *listener) (a, b transport.Association) {
		t.Helper()
		a, err := l2.Dial(bounded(t), at(l))
		if err != nil {
			t.Fatal(err)
		}
		if b, err = l.Accept(bounded(t)); err != nil {
			t.Fatal(err)
		}
		return a, b
	}
	a, b := meet(user)
	store.Replace(by(fresh, 1))
	_, c := meet(later)
	if b.Peer().Generation != 0 || c.Peer().Generation != 1 {
		t.Errorf("generations %d and %d, want 0 and 1", b.Peer().Generation, c.Peer().Generation)
	}
	exchange(t, a, b)
	if _, err := user.Dial(bounded(t), at(l)); err == nil {
		t.Error("the old certificate is shown still")
	}
}
