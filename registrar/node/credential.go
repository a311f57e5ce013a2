package node

import (
	"cmp"

	"rserpool/registrar"
	"rserpool/registrar/transport"
)

// credential is what an association has proven of its other end. Who is secured but
// not in the table of identities may ask, like everybody who needs no name for it.
func (c Config) credential(p transport.Peer) registrar.Credential {
	if !p.Secured {
		return registrar.Credential{}
	}
	if p.Identity != "" && c.Identify != nil {
		if known, ok := c.Identify(p); ok {
			known.Name = cmp.Or(known.Name, p.Identity)
			return known
		}
	}
	return registrar.Credential{Role: registrar.RoleAnonymous, Name: p.Identity}
}
