package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/pflag"
)

const (
	// maxProblem is more than any problem details.
	maxProblem = 64 << 10
	// askTimeout is how long a question to the API may take.
	askTimeout = 30 * time.Second
)

// apiFlags are the flags of commands that ask a registrar's HTTP API.
type apiFlags struct{ server, tokenFile string }

func (o *apiFlags) add(f *pflag.FlagSet) {
	f.StringVar(&o.server, "server", "http://127.0.0.1:8080", "`URL` of the registrar's dashboard")
	f.StringVar(&o.tokenFile, "token-file", "", "`FILE` whose first line is the operator token")
}

// get asks for a value.
func (o *apiFlags) get(ctx context.Context, path string, query url.Values, into any) error {
	return o.call(ctx, http.MethodGet, path, query, into)
}

// call asks for a value, or a change, with no body.
func (o *apiFlags) call(ctx context.Context, method, path string, query url.Values, into any) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	b, err := o.ask(ctx, method, path, query)
	if err != nil {
		return err
	}
	return o.read(b, into)
}

func (o *apiFlags) read(b []byte, into any) error {
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s answers with something unknown: %w; is it of the same version?", o.server, err)
	}
	return nil
}

// ask sends a request and gives the JSON that answers it. The path is escaped.
func (o *apiFlags) ask(ctx context.Context, method, path string, query url.Values) ([]byte, error) {
	res, err := o.send(ctx, method, path, query, nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fail(exitTimeout, fmt.Errorf("--server %s: its answer was not here in time", o.server))
	}
	if err != nil {
		return nil, fmt.Errorf("the answer of %s broke off: %w", o.server, err)
	}
	if !json.Valid(b) {
		return nil, fmt.Errorf("%s did not answer with JSON; is it a registrar's dashboard?", res.Request.URL)
	}
	return b, nil
}

// send sends a request; an answer that is not OK is an error.
func (o *apiFlags) send(ctx context.Context, method, path string, query url.Values, header http.Header) (*http.Response, error) {
	base, err := url.Parse(o.server)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fail(exitUsage, fmt.Errorf("--server %s: want a URL such as http://127.0.0.1:8080", o.server))
	}
	at := base.JoinPath(path)
	at.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, at.String(), nil)
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, header)
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
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, fail(exitTimeout, fmt.Errorf("--server %s: no answer in time; is it overloaded? status --wait ready says when it serves", o.server))
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fail(exitUnreachable, fmt.Errorf("no registrar at --server %s: %w", o.server, errors.Unwrap(err)))
	}
	if res.StatusCode != http.StatusOK {
		defer res.Body.Close()
		return nil, refused(res)
	}
	return res, nil
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
	case http.StatusBadRequest:
		code = exitUsage
	case http.StatusNotFound:
		code = exitNotFound
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict, http.StatusLocked:
		code = exitRefused
	}
	return fail(code, fmt.Errorf("%s: %s: %s", res.Request.URL.Host, p.Title, p.Detail))
}
