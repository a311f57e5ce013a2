package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// exportTimeout is for a handlespace of a million elements.
const exportTimeout = 2 * time.Minute

func newExportCmd() *cobra.Command {
	o := &apiFlags{}
	cmd := &cobra.Command{
		Use:   "export [FILE]",
		Short: "Save a registrar's handlespace as JSON",
		Long: "Writes all pools, elements and peers that a registrar knows to FILE, or to the\n" +
			"standard output. FILE is replaced only when all of it has arrived.",
		Example: "  registrar export handlespace.json\n  registrar export --server http://192.0.2.1:8080 | jq .pools",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), exportTimeout)
			defer cancel()
			b, err := o.ask(ctx, http.MethodGet, "api/v1/handlespace", nil)
			if err != nil {
				return err
			}
			if len(args) == 0 || args[0] == "-" {
				_, err = cmd.OutOrStdout().Write(b)
				return err
			}
			return replaceFile(args[0], b)
		},
	}
	o.add(cmd.Flags())
	return cmd
}

// readTokenFile gives the first line of an operator's token file.
func readTokenFile(name string) (string, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	if line = strings.TrimSpace(line); line == "" {
		return "", fmt.Errorf("%s: the first line must be the token, it is empty", name)
	}
	return line, nil
}

// replaceFile writes a file whole or not at all.
func replaceFile(name string, b []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(b)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
