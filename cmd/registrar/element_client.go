package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/udp"
	"rserpool/registrar/wire"
)

// asapFlags are the flags of commands that talk ASAP to registrars.
type asapFlags struct {
	registrars []string
	transport  *choice
}

func (f *asapFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.registrars, "registrar", []string{"127.0.0.1:3863"},
		"`ADDRESS` of a registrar, HOST:PORT[@UDPPORT]; repeat it for a list to choose from")
	f.transport = newChoice("auto", "udp")
	flags.Var(f.transport, "transport", "what carries SCTP: udp (in user space, RFC 6951), or auto")
}

// addresses resolves the list of registrars.
func (f *asapFlags) addresses() ([]transport.Address, error) {
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

// open makes the client for the flags.
func (f *asapFlags) open(cmd *cobra.Command) (*client.Client, []transport.Address, error) {
	log := newLogger(cmd)
	if f.transport.value == "auto" {
		log.Debug("transport chosen", slog.String("transport", "udp"), slog.String("reason", "the only one there is"))
	}
	list, err := f.addresses()
	if err != nil {
		return nil, nil, err
	}
	c, err := client.Open(client.Config{
		Registrars: list,
		Transport:  udp.New(),
		Local:      transport.Address{Addrs: loopbackOf(list)},
		Log:        log,
	})
	return c, list, err
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
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unreached):
		return fail(exitUnreachable, fmt.Errorf("%s: %w; is one running there? --registrar names others", what, unreached))
	case errors.As(err, &refused) && refused.Has(wire.CauseUnknownPoolHandle):
		return fail(exitNotFound, fmt.Errorf("%s: the registrar knows no such pool", what))
	case errors.As(err, &refused):
		return fail(exitRefused, fmt.Errorf("%s: %w", what, refused))
	case errors.As(err, &address):
		return fail(exitUsage, fmt.Errorf("%s: %w", what, address))
	case errors.Is(err, endpoint.ErrTimeout):
		return fail(exitTimeout, fmt.Errorf("%s: %w", what, endpoint.ErrTimeout))
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}

// rawHandlePrefix marks a pool handle given as base64url, for bytes that no
// keyboard has.
const rawHandlePrefix = "b64."

// poolHandleArg reads a pool handle from the command line.
func poolHandleArg(text string) (wire.PoolHandle, error) {
	encoded, raw := strings.CutPrefix(text, rawHandlePrefix)
	if !raw {
		if text == "" {
			return "", fail(exitUsage, errors.New("pool handle must not be empty"))
		}
		return wire.PoolHandle(text), nil
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil || len(b) == 0 {
		return "", fail(exitUsage, fmt.Errorf("pool handle %q: want base64url behind %q", text, rawHandlePrefix))
	}
	return wire.PoolHandle(b), nil
}

// handleText shows a pool handle as poolHandleArg reads it.
func handleText(h wire.PoolHandle) string {
	plain := strconv.Quote(string(h)) == `"`+string(h)+`"`
	if plain && !strings.HasPrefix(string(h), rawHandlePrefix) {
		return string(h)
	}
	return rawHandlePrefix + base64.RawURLEncoding.EncodeToString([]byte(h))
}

// protocols are the words for transports.
var protocols = map[wire.ParameterType]string{
	wire.TypeSCTPTransport: "sctp", wire.TypeTCPTransport: "tcp", wire.TypeUDPTransport: "udp",
	wire.TypeUDPLiteTransport: "udplite", wire.TypeDCCPTransport: "dccp", wire.TypeOpaqueTransport: "opaque",
}

// transportText shows a transport as "tcp 192.0.2.1:7".
func transportText(t wire.Transport) string {
	words := []string{protocols[t.Type]}
	for _, ip := range t.Addresses {
		words = append(words, netip.AddrPortFrom(ip, t.Port).String())
	}
	if t.Use == wire.DataAndControl {
		words = append(words, "+control")
	}
	return strings.Join(words, " ")
}

// transportJSON is a transport in the words of the export.
type transportJSON struct {
	Protocol  string       `json:"protocol"`
	Port      uint16       `json:"port,omitempty"`
	Use       string       `json:"use,omitempty"`
	Addresses []netip.Addr `json:"addresses,omitempty"`
}

func newTransportJSON(t wire.Transport) transportJSON {
	j := transportJSON{Protocol: protocols[t.Type], Port: t.Port, Addresses: slices.Clone(t.Addresses)}
	if t.Type == wire.TypeSCTPTransport {
		j.Use = map[wire.TransportUse]string{wire.DataOnly: "data", wire.DataAndControl: "data_and_control"}[t.Use]
	}
	return j
}

// causeWords lists error causes in words.
func causeWords(causes []wire.Cause) []string {
	words := make([]string, len(causes))
	for i, c := range causes {
		words[i] = endpoint.Describe([]wire.Cause{c})
	}
	return words
}

// homeText shows a home registrar: its ID where known, else its address.
func homeText(h client.Home) string {
	if h.Server != 0 {
		return h.Server.String()
	}
	return h.Address.String()
}

// homeAttrs are the same for logs.
func homeAttrs(h client.Home) []any {
	attrs := []any{slog.String("registrar", h.Address.String())}
	if h.Server != 0 {
		attrs = append(attrs, slog.String("home", h.Server.String()))
	}
	return attrs
}
