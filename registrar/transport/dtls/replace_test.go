package dtls

import (
	"errors"
	"testing"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/identity"
)

// Who has replaced its credentials judges those who come by the new ones, whatever
// they prove themselves with; who is there stays.
func TestReplaceCredentials(t *testing.T) {
	scope, other := newAuthority(t), newAuthority(t)
	without := func(name string) credentials { // the scope that has lost name
		c := keyed("b")
		all := c.KeyOf
		c.KeyOf = func(who string) ([]byte, bool) {
			key, known := all(who)
			return key, known && who != name
		}
		return c
	}
	moved := scope.member(t, "registrar:2")
	moved.Roots = other.roots()
	for _, tt := range []struct {
		name               string
		caller, first, now credentials
		want               error
	}{
		{"a key is gone", keyed("a"), keyed("b"), without("a"), ErrUnknownIdentity},
		{"another key is gone", keyed("a"), keyed("b"), without("c"), nil},
		{"another authority", scope.member(t, "registrar:1"), scope.member(t, "registrar:2"), moved, ErrCertificate},
	} {
		t.Run(tt.name, func(t *testing.T) {
			heard := make(refusals, 4)
			store := identity.NewStore(identity.Credentials(tt.first))
			l, err := From(store).Listen(heard.of(quick()))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			called := l.(*mux)
			before, accepted := connect(t, listen(t, tt.caller, quick()), called)
			if g := accepted.Peer().Generation; g != 0 {
				t.Errorf("generation %d before", g)
			}
			tt.now.Generation = 1
			store.Replace(identity.Credentials(tt.now))
			again := listen(t, tt.caller, quick())
			if tt.want == nil {
				if _, accepted := connect(t, again, called); accepted.Peer().Generation != 1 {
					t.Errorf("generation %d after, want 1", accepted.Peer().Generation)
				}
			} else {
				if _, err := again.Dial(testContext(t), addressOf(called)); !errors.Is(err, transport.ErrRefused) {
					t.Errorf("dialled: %v, want it refused", err)
				}
				if why := heard.one(t); !errors.Is(why, tt.want) {
					t.Errorf("refused: %v, want %v", why, tt.want)
				}
			}
			send(t, before, "still here")
			if got := recv(t, accepted); got != "still here" {
				t.Errorf("who was there says %q", got)
			}
		})
	}
}
