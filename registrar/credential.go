package registrar

import (
	"fmt"

	"rserpool/registrar/wire"
)

// Role is what an association has proven its other end to be.
type Role uint8

// The roles.
const (
	// RoleUnsecured: nothing is proven, and who is on the way can read and change
	// what is said.
	RoleUnsecured Role = iota
	// RoleAnonymous: only this end has proven who it is, as TLS has it for pool users
	// (RFC 5352 section 9.2).
	RoleAnonymous
	// RoleRegistrar is another registrar, RoleElement a pool element, and RoleUser a
	// pool user.
	RoleRegistrar
	RoleElement
	RoleUser
)

// String gives the role as notes have it.
func (o Role) String() string {
	switch o {
	case RoleUnsecured:
		return "an unsecured peer"
	case RoleAnonymous:
		return "an anonymous peer"
	case RoleRegistrar:
		return "registrar"
	case RoleElement:
		return "element"
	case RoleUser:
		return "user"
	}
	return fmt.Sprintf("role %d", uint8(o))
}

// Credential is what an association has proven of its other end. The driver has
// it from the transport and a table of identities, never from a message. The zero
// value is a peer without any.
type Credential struct {
	Role Role
	// Name is the identity that was proven, "" for none.
	Name string
	// Server is the only ID that a registrar may speak as.
	Server wire.ServerID
	// Pools are those in which an element may register; AnyPool is all of them.
	Pools   []wire.PoolHandle
	AnyPool bool
	// Elements are the identifiers that an element may have; none named is any that
	// is free or its own.
	Elements []wire.PEIdentifier
}

// longestName is how much of an identity notes have.
const longestName = 64

// String says in a few words who it is.
func (c Credential) String() string {
	text := c.Role.String()
	if c.Name != "" {
		text += fmt.Sprintf(" %.*q", longestName, c.Name)
	}
	if c.Server != 0 {
		text += " with the ID " + c.Server.String()
	}
	return text
}
