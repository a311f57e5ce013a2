package node

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/transport"
)

func TestCredential(t *testing.T) {
	table := map[string]registrar.Credential{
		"registrar:7": {Role: registrar.RoleRegistrar, Server: 7},
		"key of x":    {Role: registrar.RoleElement, Name: "x", AnyPool: true},
	}
	c := Config{Identify: func(p transport.Peer) (registrar.Credential, bool) {
		known, ok := table[p.Identity]
		return known, ok
	}}
	for _, tt := range []struct {
		name string
		c    Config
		peer transport.Peer
		want registrar.Credential
	}{
		{"unsecured", c, transport.Peer{Identity: "key of x"}, registrar.Credential{}},
		{"known", c, transport.Peer{Secured: true, Identity: "key of x"}, table["key of x"]},
		{"known, without a name", c, transport.Peer{Secured: true, Identity: "registrar:7"}, registrar.Credential{Role: registrar.RoleRegistrar, Name: "registrar:7", Server: 7}},
		{"without identity", c, transport.Peer{Secured: true}, registrar.Credential{Role: registrar.RoleAnonymous}},
		{"unknown", c, transport.Peer{Secured: true, Identity: "who"}, registrar.Credential{Role: registrar.RoleAnonymous, Name: "who"}},
		{"without a table", Config{}, transport.Peer{Secured: true, Identity: "key of x"}, registrar.Credential{Role: registrar.RoleAnonymous, Name: "key of x"}},
	} {
		if diff := cmp.Diff(tt.want, tt.c.credential(tt.peer)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
