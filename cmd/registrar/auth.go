package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"rserpool/registrar"
	"rserpool/registrar/auth"
	"rserpool/registrar/wire"
)

func newAuthCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "auth",
		Short: "Make keys and certificates for an operation scope",
		Long: "Makes what registrars, pool elements and pool users prove who they are with, and\n" +
			"writes down what each may do in the table of identities, a TOML file that all\n" +
			"registrars of a scope have (serve --auth-file).",
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newNewKeyCmd(), newNewCertCmd())
	return cmd
}

// identityFlags say who somebody is and what they may do.
type identityFlags struct {
	role            *choice
	id              string
	pools, elements []string
	authFile, out   string
}

func (o *identityFlags) add(cmd *cobra.Command) {
	o.role = newChoice("registrar", "pe", "pu")
	f := cmd.Flags()
	f.Var(o.role, "role", "what it is: registrar, pe (pool element) or pu (pool user)")
	f.StringVar(&o.id, "id", "", "the only server `ID` that a registrar may speak as")
	f.StringArrayVar(&o.pools, "pool", nil, "`POOL` in which an element may register; repeatable; * is any")
	f.StringArrayVar(&o.elements, "element", nil, "`ID` that an element may have; repeatable; none is any")
	f.StringVar(&o.authFile, "auth-file", "", "`FILE` with the table of identities; made if it is not there")
	f.StringVar(&o.out, "out", "", "`FILE` for the secret (default: made of NAME)")
	if err := cmd.MarkFlagRequired("role"); err != nil {
		panic(err) // there is no such flag
	}
}

// credential is what name and flags say. Its errors are usage errors.
func (o *identityFlags) credential(name string) (c registrar.Credential, err error) {
	defer func() { err = fail(exitUsage, err) }()
	c.Name = name
	if err := auth.CheckName(name); err != nil {
		return c, fmt.Errorf("NAME: %w", err)
	}
	if c.Role, err = auth.ParseRole(o.role.value); err != nil {
		return c, fmt.Errorf("--role: %w", err)
	}
	isRegistrar, isElement := c.Role == registrar.RoleRegistrar, c.Role == registrar.RoleElement
	switch {
	case isRegistrar && o.id == "":
		return c, errors.New("--role registrar: want --id, the server ID that it is started with")
	case !isRegistrar && o.id != "":
		return c, fmt.Errorf("--id is for registrars, not for --role %s; --element limits the identifiers of an element", o.role.value)
	case isElement && len(o.pools) == 0:
		return c, errors.New("--role pe: want --pool, where it may register; --pool '*' is anywhere")
	case !isElement && len(o.pools)+len(o.elements) > 0:
		return c, fmt.Errorf("--pool and --element are for pool elements, not for --role %s", o.role.value)
	}
	if isRegistrar {
		if c.Server, err = serverID(o.id); err != nil {
			return c, err
		}
	}
	for _, text := range o.pools {
		if text == "*" {
			c.AnyPool = true
			continue
		}
		h, err := poolHandleArg(text)
		if err != nil {
			return c, fmt.Errorf("--pool: %w", err)
		}
		c.Pools = append(c.Pools, h)
	}
	for _, text := range o.elements {
		id, err := wire.ParseID(text)
		if err == nil && id == 0 {
			err = errors.New("0 is nobody's identifier")
		}
		if err != nil {
			return c, fmt.Errorf("--element: %w", err)
		}
		c.Elements = append(c.Elements, wire.PEIdentifier(id))
	}
	return c, nil
}

// secretFile is --out, or a file named after the identity.
func (o *identityFlags) secretFile(name, ending string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_':
			return r
		}
		return '-' // as a colon, which not every file system bears
	}, name)
	return cmp.Or(o.out, strings.TrimLeft(plain, ".-")+ending)
}

// identityJSON is the identity in the words of the table.
type identityJSON struct {
	Name     string   `json:"name"`
	Role     string   `json:"role"`
	ID       string   `json:"id,omitempty"`
	Pools    []string `json:"pools,omitempty"`
	Elements []string `json:"elements,omitempty"`
	AuthFile string   `json:"auth_file,omitempty"`
}

func (o *identityFlags) describe(c registrar.Credential) identityJSON {
	j := identityJSON{Name: c.Name, Role: o.role.value, AuthFile: o.authFile}
	if c.Server != 0 {
		j.ID = c.Server.String()
	}
	if c.AnyPool {
		j.Pools = append(j.Pools, "*")
	}
	for _, h := range c.Pools {
		j.Pools = append(j.Pools, handleText(h))
	}
	for _, id := range c.Elements {
		j.Elements = append(j.Elements, id.String())
	}
	return j
}

// tellNext says on stderr what to do with what was made.
func tellNext(cmd *cobra.Command, steps ...string) {
	if cmd.Flags().Lookup("quiet").Value.String() == "true" {
		return
	}
	for _, s := range steps {
		fmt.Fprintln(cmd.ErrOrStderr(), "next: "+s)
	}
}
