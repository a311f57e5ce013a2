package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	// exportTimeout is for a handlespace of a million elements.
	exportTimeout = 2 * time.Minute
	// maxProblem is more than any problem details.
	maxProblem = 64 << 10
)

// apiFlags are the flags of commands that ask a registrar's HTTP API.
type apiFlags struct{ server, tokenFile string }

func (o *apiFlags) add(f *pflag.FlagSet) {
	f.StringVar(&o.server, "server", "http://127.0.0.1:8080", "`URL` of the registrar's dashboard")
	f.StringVar(&o.tokenFile, "token-file", "", "`FILE` whose first line is the operator token")
}

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
			b, err := o.get(ctx, "api/v1/handlespace")
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

// get fetches JSON from the API.
func (o *apiFlags) get(ctx context.Context, path string) ([]byte, error) {
	base, err := url.Parse(o.server)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fail(exitUsage, fmt.Errorf("--server %s: want a URL such as http://127.0.0.1:8080", o.server))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base.JoinPath(path).String(), nil)
	if err != nil {
		return nil, err
	}
	if o.tokenFile != "" {
		token, err := readTokenFile(o.tokenFile)
		if err != nil {
			return nil, fmt.Errorf("--token-file: %w", err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment}}
	res, err := client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fail(exitUnreachable, fmt.Errorf("no registrar at --server %s: %w", o.server, errors.Unwrap(err)))
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, refused(res)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("the answer of %s broke off: %w", o.server, err)
	}
	if !json.Valid(b) {
		return nil, fmt.Errorf("%s did not answer with JSON; is it a registrar's dashboard?", req.URL)
	}
	return b, nil
}

// refused makes an error of an answer that is not OK, in the server's words
// where it has any.
func refused(res *http.Response) error {
	var p struct{ Title, Detail string }
	b, _ := io.ReadAll(io.LimitReader(res.Body, maxProblem))
	if json.Unmarshal(b, &p) != nil || p.Title == "" {
		p.Title, p.Detail = res.Status, "is it a registrar's dashboard?"
	}
	code := exitFailure
	switch res.StatusCode {
	case http.StatusNotFound:
		code = exitNotFound
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict, http.StatusLocked:
		code = exitRefused
	}
	return fail(code, fmt.Errorf("%s: %s: %s", res.Request.URL.Host, p.Title, p.Detail))
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
