package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rserpool/registrar/auth"
	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/dtls"
	"rserpool/registrar/transport/kernel"
	"rserpool/registrar/transport/tcp"
)

// asapFlags are the flags of commands that talk ASAP to registrars.
type asapFlags struct {
	registrars []string
	announce   string
	transport  *choice
	own        auth.Own
	heartbeat  time.Duration
}

// The words of --transport for those that only ask.
const (
	overTCP = "tcp"
	overTLS = "tls"
)

// The registrar on this host.
const (
	localRegistrar    = "127.0.0.1:3863"
	localRegistrarTLS = "127.0.0.1:3864"
)

// add adds the flags. streams: registrars may be reached over TCP, too.
func (f *asapFlags) add(flags *pflag.FlagSet, streams bool) {
	flags.StringArrayVar(&f.registrars, "registrar", []string{localRegistrar},
		"`ADDRESS` of a registrar, HOST:PORT[@UDPPORT]; repeat it for a list to choose from")
	flags.StringVar(&f.announce, "asap-announce", "off", "multicast `GROUP:PORT` from which registrars are learned, so that --registrar is not needed; auto is "+list(asapGroups)+"; off is none")
	words := []string{overAuto, overKernel, overUDP, overKernelUDP, overDTLS}
	usage := "how registrars are reached: by SCTP of the kernel, in udp (RFC 6951), kernel+udp for either, dtls for a secured scope (RFC 8261); auto is kernel+udp if the kernel can, else udp"
	if streams {
		words = append(words, overTCP, overTLS)
		usage += "; or tcp or tls, where they serve it"
	}
	f.transport = newChoice(words...)
	flags.Var(f.transport, "transport", usage)
	flags.StringVar(&f.own.Identity, "identity", "", "`NAME` of this end in the registrars' table, for --transport dtls with a key")
	flags.StringVar(&f.own.KeyFile, "key-file", "", "`FILE` that proves it: a key in the first line, or a certificate with its private key in PEM")
	flags.StringVar(&f.own.CA, "tls-ca", "", "`FILE` in PEM with the authorities that certificates of registrars lead to")
	flags.StringArrayVar(&f.own.Names, "tls-name", nil, "`NAME` that a registrar's certificate must have, a DNS name, an IP address or a URI; repeatable (default: the host of --registrar)")
}

// addHeartbeat adds the flag of those that talk to each other.
func (f *asapFlags) addHeartbeat(flags *pflag.FlagSet) {
	flags.DurationVar(&f.heartbeat, "heartbeat", client.DefaultHeartbeat,
		"time between probes of an idle SCTP association between a user and an element; three that are not answered end it. More where networks are slow or a path fails over")
}

// carrier is what --transport names.
func (f *asapFlags) carrier(log *slog.Logger) (transport.Transport, error) {
	word := f.transport.value
	secure := word == overDTLS || word == overTLS
	if word != overDTLS && f.own.UsersFile != "" {
		return nil, fail(exitUsage, errors.New("--auth-file: it goes with --transport dtls"))
	}
	if !secure && (f.own.Identity != "" || f.own.KeyFile != "" || f.own.CA != "" || len(f.own.Names) > 0) {
		return nil, fail(exitUsage, fmt.Errorf("--identity, --key-file, --tls-ca and --tls-name go with a --transport that is secured, --transport %s is not", word))
	}
	if word == overDTLS && f.own.KeyFile == "" {
		return nil, fail(exitUsage, errors.New("--transport dtls: want --key-file, and --identity if it is a pre-shared key; registrar auth new-key makes both"))
	}
	by := sctp{word: word, user: true}
	if secure {
		own := f.own
		if len(own.Names) == 0 {
			own.Names = hostNames(f.registrars)
		}
		credentials, err := own.Load()
		if err != nil {
			return nil, err
		}
		if word == overTLS {
			return tcp.Secure(credentials), nil
		}
		by.secure = dtls.New(credentials)
	}
	if word == overTCP {
		return tcp.New(), nil
	}
	if by.needsKernel() {
		by.kernel = kernel.Available()
	}
	t, why, err := by.choose()
	if err == nil {
		log.Debug("transport.chosen", slog.String("transport", t.Name()), slog.String("why", why))
	}
	return t, err
}

// hostNames are the hosts of addresses if one of them has a name: certificates are
// checked for that then, not for what it resolves to.
func hostNames(addresses []string) (hosts []string) {
	named := false
	for _, a := range addresses {
		a, _, _ = strings.Cut(a, "@")
		host, _, err := net.SplitHostPort(a)
		if err != nil || host == "" {
			continue
		}
		_, err = netip.ParseAddr(host)
		named = named || err != nil
		hosts = append(hosts, host)
	}
	if !named {
		return nil
	}
	return hosts
}

// addresses resolves the list of registrars. With announcements, the list is only
// what was given.
func (f *asapFlags) addresses(announced, given bool) ([]transport.Address, error) {
	if announced && !given {
		return nil, nil
	}
	if !given && f.transport.value == overTLS {
		f.registrars = []string{localRegistrarTLS}
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
	config, err := f.config(cmd, config)
	if err != nil {
		return nil, nil, err
	}
	c, err := client.Open(config)
	return c, config.Registrars, err
}

// config puts into a configuration what the flags say.
func (f *asapFlags) config(cmd *cobra.Command, config client.Config) (_ client.Config, err error) {
	if cmd.Flags().Changed("heartbeat") && f.heartbeat <= 0 {
		return config, fail(exitUsage, fmt.Errorf("--heartbeat: want a time above 0, have %v", f.heartbeat))
	}
	config.Log, config.Heartbeat = newLogger(cmd), f.heartbeat
	if config.Announcements, err = groups("asap-announce", f.announce, asapGroups); err != nil {
		return config, fail(exitUsage, err)
	}
	if config.Registrars, err = f.addresses(config.Announcements != nil, cmd.Flags().Changed("registrar")); err != nil {
		return config, err
	}
	if config.Transport, err = f.carrier(config.Log); err != nil {
		return config, err
	}
	config.Local.Addrs = loopbackOf(config.Registrars)
	return config, nil
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
