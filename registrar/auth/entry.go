package auth

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"rserpool/registrar"
	"rserpool/registrar/wire"
)

const (
	// maxName is what every implementation of pre-shared keys takes for an identity
	// (RFC 4279 section 5.3).
	maxName = 128
	// maxHandle is the longest handle that a registrar takes, see registrar.Limits.
	maxHandle = 1024

	// anyPool stands for all pools, and rawHandle before a handle in base64url.
	anyPool   = "*"
	rawHandle = "b64."
)

// roles are the words of the table.
var roles = map[string]registrar.Role{
	"registrar": registrar.RoleRegistrar, "pe": registrar.RoleElement, "pu": registrar.RoleUser,
}

// entry is one identity as the file has it.
type entry struct {
	Name     string   `toml:"name"`
	Role     string   `toml:"role"`
	ID       number   `toml:"id,omitzero"`
	Pools    []string `toml:"pools,omitempty"`
	Elements []number `toml:"elements,omitempty"`
	Key      string   `toml:"key,omitempty"`
	KeyFile  string   `toml:"key_file,omitempty"`
}

// called names the entry, where it has a name to show.
func (e entry) called() string {
	if e.Name == "" {
		return ""
	}
	return " (" + strconv.Quote(e.Name) + ")"
}

// holder checks the entry. beside gives the path of a file that it names.
func (e entry) holder(beside func(string) string) (holder, error) {
	c, err := e.credential()
	if err != nil {
		return holder{}, err
	}
	var k Key
	switch {
	case e.Key != "" && e.KeyFile != "":
		err = errors.New("both key and key_file; want one of them")
	case e.Key != "":
		if k, err = ParseKey(e.Key); err != nil {
			err = fmt.Errorf("key: %w", err)
		}
	case e.KeyFile != "":
		if k, err = loadKey(beside(e.KeyFile)); err != nil {
			err = fmt.Errorf("key_file: %w", err)
		}
	}
	return holder{credential: c, key: k}, err
}

// credential checks all but the key.
func (e entry) credential() (registrar.Credential, error) {
	c := registrar.Credential{Role: roles[e.Role], Name: e.Name, Server: wire.ServerID(e.ID)}
	if err := CheckName(e.Name); err != nil {
		return c, fmt.Errorf("name: %w", err)
	}
	switch {
	case c.Role == registrar.RoleUnsecured:
		return c, fmt.Errorf("role: want %s, have %q", fields["role"].want, e.Role)
	case c.Role == registrar.RoleRegistrar && c.Server == 0:
		return c, errors.New(`want id = "0x…", the only server ID that this registrar speaks as`)
	case c.Role != registrar.RoleRegistrar && c.Server != 0:
		return c, fmt.Errorf("id is for registrars; want none with role %q", e.Role)
	case c.Role == registrar.RoleElement && len(e.Pools) == 0:
		return c, errors.New(`want pools = ["…"], where the element may register; ["*"] is everywhere`)
	case c.Role != registrar.RoleElement && len(e.Pools)+len(e.Elements) > 0:
		return c, fmt.Errorf("pools and elements are for pool elements; want none with role %q", e.Role)
	}
	for _, text := range e.Pools {
		if text == anyPool {
			c.AnyPool = true
			continue
		}
		h, err := parseHandle(text)
		if err != nil {
			return c, fmt.Errorf("pools: %w", err)
		}
		c.Pools = append(c.Pools, h)
	}
	for _, id := range e.Elements {
		c.Elements = append(c.Elements, wire.PEIdentifier(id))
	}
	return c, nil
}

// newEntry is how a credential is written.
func newEntry(c registrar.Credential, k Key) entry {
	e := entry{Name: c.Name, ID: number(c.Server), Key: k.Hex()}
	for word, role := range roles {
		if role == c.Role {
			e.Role = word
		}
	}
	if c.AnyPool {
		e.Pools = append(e.Pools, anyPool)
	}
	for _, h := range c.Pools {
		e.Pools = append(e.Pools, formatHandle(h))
	}
	for _, id := range c.Elements {
		e.Elements = append(e.Elements, number(id))
	}
	return e
}

// CheckName refuses what cannot be the name of an identity: it goes through
// handshakes, logs and command lines.
func CheckName(name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("want 1 to %d characters, have %d", maxName, len(name))
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("want letters, digits and signs of ASCII without spaces, have %q", name)
	}
	return nil
}

// parseHandle reads a pool handle: a text as it is, any bytes behind b64.
func parseHandle(text string) (wire.PoolHandle, error) {
	h := []byte(text)
	if encoded, raw := strings.CutPrefix(text, rawHandle); raw {
		var err error
		if h, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "=")); err != nil {
			return "", fmt.Errorf("%q: want base64url behind %s", text, rawHandle)
		}
	}
	if len(h) == 0 || len(h) > maxHandle {
		return "", fmt.Errorf("want handles of 1 to %d bytes, have one of %d", maxHandle, len(h))
	}
	return wire.PoolHandle(h), nil
}

// formatHandle is the inverse of parseHandle.
func formatHandle(h wire.PoolHandle) string {
	plain := string(h) != anyPool && strconv.Quote(string(h)) == `"`+string(h)+`"`
	if plain && !strings.HasPrefix(string(h), rawHandle) {
		return string(h)
	}
	return rawHandle + base64.RawURLEncoding.EncodeToString([]byte(h))
}

// ParseRole reads a role as the table has it: registrar, pe or pu.
func ParseRole(word string) (registrar.Role, error) {
	r, ok := roles[word]
	if !ok {
		return r, fmt.Errorf("want %s, have %q", fields["role"].want, word)
	}
	return r, nil
}
