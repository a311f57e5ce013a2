package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"rserpool/registrar"
	"rserpool/registrar/auth"
)

func newNewKeyCmd() *cobra.Command {
	o := &identityFlags{}
	cmd := &cobra.Command{
		Use:   "new-key NAME",
		Short: "Make a pre-shared key and write it into the table of identities",
		Long: "Draws a key of 32 bytes for an identity and appends that to the table. For a pool\n" +
			"element or user the key is also written to a file of its own, which goes to its\n" +
			"host; a registrar finds its key in the table.",
		Example: "  registrar auth new-key registrar:0x0000000a --role registrar --id 0x0000000a --auth-file scope.toml\n" +
			"  registrar auth new-key pe:echo1 --role pe --pool EchoPool --auth-file scope.toml",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runNewKey(cmd, o, args[0]) },
	}
	o.add(cmd)
	if err := cmd.MarkFlagRequired("auth-file"); err != nil {
		panic(err) // there is no such flag
	}
	return cmd
}

// newKeyJSON is what was made. The key is not in it.
type newKeyJSON struct {
	identityJSON
	KeyFile string `json:"key_file,omitempty"`
}

func runNewKey(cmd *cobra.Command, o *identityFlags, name string) error {
	c, err := o.credential(name)
	if err != nil {
		return err
	}
	key, keyFile := auth.NewKey(), ""
	switch {
	case c.Role != registrar.RoleRegistrar:
		keyFile = o.secretFile(name, ".key")
		if err := auth.CreateSecret(keyFile, []byte(key.Hex()+"\n")); err != nil {
			return fmt.Errorf("cannot write the key: %w; choose another file with --out", err)
		}
	case o.out != "":
		return fail(exitUsage, errors.New("--out is not for registrars: they find their key in the table"))
	}
	if err := auth.Add(o.authFile, c, key, ""); err != nil {
		if keyFile != "" {
			_ = os.Remove(keyFile)
		}
		return fmt.Errorf("--auth-file: %w", err)
	}
	if wantsData(cmd) {
		return printData(cmd, newKeyJSON{o.describe(c), keyFile})
	}
	rows := [][]string{{"identity", name}, {"table", o.authFile}}
	if keyFile != "" {
		rows = append(rows, []string{"key", keyFile})
	}
	if err := printRows(cmd.OutOrStdout(), rows...); err != nil {
		return err
	}
	tellNext(cmd, o.keySteps(c, keyFile)...)
	return nil
}

func (o *identityFlags) keySteps(c registrar.Credential, keyFile string) []string {
	if c.Role == registrar.RoleRegistrar {
		return []string{
			fmt.Sprintf("copy %s to every registrar of the scope, for none but them to read", o.authFile),
			fmt.Sprintf("registrar serve --id %v --transport dtls --auth-file %s", c.Server, o.authFile),
		}
	}
	return []string{
		fmt.Sprintf("copy %s to every registrar of the scope and start them anew", o.authFile),
		fmt.Sprintf("move %s to the host of %s, and there: %s --transport dtls --identity %[2]s --key-file %[1]s",
			keyFile, c.Name, o.command(c)),
	}
}

// command is how an element or user is started.
func (o *identityFlags) command(c registrar.Credential) string {
	pool := "POOL"
	if len(c.Pools) > 0 {
		pool = handleText(c.Pools[0])
	}
	if c.Role == registrar.RoleUser {
		return "registrar user " + pool
	}
	return "registrar element echo --pool " + pool
}
