package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/tcp"
	"rserpool/registrar/transport/udp"
)

// asapFlags are the flags of commands that talk ASAP to registrars.
type asapFlags struct {
	registrars []string
	announce   string
	transport  *choice
}

// add adds the flags; transports are the words of --transport, its default first.
func (f *asapFlags) add(flags *pflag.FlagSet, transports ...string) {
	flags.StringArrayVar(&f.registrars, "registrar", []string{"127.0.0.1:3863"},
		"`ADDRESS` of a registrar, HOST:PORT[@UDPPORT]; repeat it for a list to choose from")
	flags.StringVar(&f.announce, "asap-announce", "off", "multicast `GROUP:PORT` from which registrars are learned, so that --registrar is not needed; auto is "+list(asapGroups)+"; off is none")
	f.transport = newChoice(transports...)
	usage := "how registrars are reached: SCTP in udp (RFC 6951), or auto, which is the same"
	if slices.Contains(transports, "tcp") {
		usage += "; or tcp, where they serve it"
	}
	flags.Var(f.transport, "transport", usage)
}

// addresses resolves the list of registrars. With announcements, the list is only
// what was given.
func (f *asapFlags) addresses(announced, given bool) ([]transport.Address, error) {
	if announced && !given {
		return nil, nil
	}
	list := make([]transport.Address, len(f.registrars))
	for i, text := range f.registrars {
		a, err := transport.ParseAddress(text)
		if err == nil && (len(a.Addrs) == 0 || a.Port == 0) {
			err = fmt.Errorf("%q: want a host and a port", text)
		}
		if err != nil {
			return nil, fail(exitUsage, fmt.Errorf("--registrar: %w", err))
		}
		list[i] = a
	}
	return list, nil
}

// open makes the client for the flags and what config has beside them.
func (f *asapFlags) open(cmd *cobra.Command, config client.Config) (*client.Client, []transport.Address, error) {
	config.Log = newLogger(cmd)
	var err error
	if config.Announcements, err = groups("asap-announce", f.announce, asapGroups); err != nil {
		return nil, nil, fail(exitUsage, err)
	}
	if config.Registrars, err = f.addresses(config.Announcements != nil, cmd.Flags().Changed("registrar")); err != nil {
		return nil, nil, err
	}
	switch f.transport.value {
	case "tcp":
		config.Transport = tcp.New()
	case "auto":
		config.Log.Debug("transport chosen", slog.String("transport", "udp"), slog.String("reason", "the only one there is for SCTP"))
		fallthrough
	default:
		config.Transport = udp.New()
	}
	config.Local.Addrs = loopbackOf(config.Registrars)
	c, err := client.Open(config)
	return c, config.Registrars, err
}

// closeClient ends a client in good order, also after an interrupt.
func closeClient(cmd *cobra.Command, c *client.Client) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(cmd.Context()), leaveTimeout)
	defer cancel()
	return c.Close(ctx)
}

// loopbackOf gives the loopback addresses to bind when all registrars are on
// this host, else none: the wildcard.
func loopbackOf(list []transport.Address) []netip.Addr {
	var out []netip.Addr
	for _, a := range list {
		for _, ip := range a.Addrs {
			if !ip.IsLoopback() {
				return nil
			}
			out = append(out, ip)
		}
	}
	return transport.NormalizeAddrs(out)
}

// asapError gives an error of package client its exit code and drops the words
// that only a programmer needs.
func asapError(what string, err error) error {
	var refused *endpoint.RefusedError
	var unreached *endpoint.NoServerError
	var address *endpoint.AddressError
	var exhausted *endpoint.NoElementError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unreached):
		return fail(exitUnreachable, fmt.Errorf("%s: %w; is one running there? --registrar names others", what, unreached))
	case errors.Is(err, endpoint.ErrUnknownPool):
		return fail(exitNotFound, fmt.Errorf("%s: %w", what, endpoint.ErrUnknownPool))
	case errors.As(err, &refused):
		return fail(exitRefused, fmt.Errorf("%s: %w", what, refused))
	case errors.As(err, &exhausted):
		return fmt.Errorf("%s: %w", what, exhausted)
	case errors.As(err, &address):
		return fail(exitUsage, fmt.Errorf("%s: %w", what, address))
	case errors.Is(err, endpoint.ErrTimeout):
		return fail(exitTimeout, fmt.Errorf("%s: %w", what, endpoint.ErrTimeout))
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}
