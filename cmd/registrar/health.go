package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// maxHealth is more than a registrar says of its health.
const maxHealth = 256

func newHealthCmd() *cobra.Command {
	var at string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Say whether a registrar on this host is ready, for health checks",
		Long: "Asks a registrar on this host whether it is ready: initialised, and not on its way\n" +
			"out. It finds the registrar as serve does its address, by --http, REGISTRAR_HTTP or\n" +
			"the file of --config. It needs no token, whatever serve was told of HTTPS, of\n" +
			"--http-private and of --http-base-path.\n\nExit codes: 1 it is not ready, 3 nobody answers.",
		Example: "  registrar health\n  registrar health --http :8081 --timeout 1s",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			host, err := localHost(at)
			if err != nil {
				return fail(exitUsage, err)
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			phase, err := askHealth(ctx, host)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), phase)
			return err
		},
	}
	cmd.Flags().StringVar(&at, "http", ":8080", "`ADDRESS` of dashboard and API, as serve has it")
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Second, "how long the answer may take")
	return cmd
}

// localHost is where a server that listens at an address is reached from here.
func localHost(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "" || port == "0" {
		return "", fmt.Errorf("--http %s: want HOST:PORT or :PORT, where the registrar listens", address)
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() || host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

// askHealth gives the phase of a registrar that is ready. It asks in clear, then over
// TLS, whose certificate is for others: no name of it has to be that of this host, and
// nothing that is secret goes either way.
func askHealth(ctx context.Context, host string) (phase string, err error) {
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for _, scheme := range []string{"http", "https"} {
		var res *http.Response
		if res, err = readyz(ctx, client, scheme, host); err != nil {
			continue
		}
		b, _ := io.ReadAll(io.LimitReader(res.Body, maxHealth))
		res.Body.Close()
		phase = strings.TrimSpace(string(b))
		switch res.StatusCode {
		case http.StatusOK:
			return phase, nil
		case http.StatusServiceUnavailable:
			return "", fmt.Errorf("the registrar at %s is not ready: it is %s", host, oneLine(errors.New(phase)))
		default:
			err = fmt.Errorf("%s answers with %s", host, res.Status) // as HTTPS does in clear
		}
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return "", fail(exitUnreachable, fmt.Errorf("no registrar at --http %s: %w", host, err))
}

func readyz(ctx context.Context, client *http.Client, scheme, host string) (*http.Response, error) {
	at := url.URL{Scheme: scheme, Host: host, Path: "/readyz"}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	return client.Do(r)
}
