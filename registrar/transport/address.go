package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// lookupTimeout bounds the name lookup of ParseAddress; a resolver that is
// slower than this would hold up the start of the program.
const lookupTimeout = 5 * time.Second

// LookupFunc resolves a DNS name, as net.Resolver.LookupNetIP with network
// "ip" does.
type LookupFunc func(ctx context.Context, host string) ([]netip.Addr, error)

// ParseAddress reads HOST:PORT[@UDPPORT]. HOST is empty (the wildcard), an
// IPv4 address, an IPv6 address in brackets, or a DNS name, which the system's
// resolver looks up.
func ParseAddress(s string) (Address, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	return ResolveAddress(ctx, s, func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	})
}

// ResolveAddress is ParseAddress with a resolver of the caller's choice.
func ResolveAddress(ctx context.Context, s string, lookup LookupFunc) (Address, error) {
	fail := func(format string, args ...any) (Address, error) {
		return Address{}, fmt.Errorf("transport: address %q: %w", s, fmt.Errorf(format, args...))
	}
	hostPort, udpPort, encapsulated := strings.Cut(s, "@")
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return fail("want HOST:PORT[@UDPPORT]: %w", reason(err))
	}
	var a Address
	if a.Port, err = parsePort(port); err != nil {
		return fail("port %w", err)
	}
	if encapsulated {
		if a.UDPPort, err = parsePort(udpPort); err != nil {
			return fail("UDP port %w", err)
		}
		if a.UDPPort == 0 {
			return fail("UDP port must be 1..65535; leave @0 out for the default")
		}
	}
	if host == "" {
		return a, nil
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		a.Addrs = NormalizeAddrs([]netip.Addr{ip})
		return a, nil
	}
	found, err := lookup(ctx, host)
	if err != nil {
		return fail("cannot resolve host %q: %w", host, reason(err))
	}
	if a.Addrs = NormalizeAddrs(found); len(a.Addrs) == 0 {
		return fail("host %q has no address", host)
	}
	return a, nil
}

// reason drops the parts of a net error that repeat the address.
func reason(err error) error {
	if address, ok := errors.AsType[*net.AddrError](err); ok {
		return errors.New(address.Err)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New(dns.Err)
	}
	return err
}

func parsePort(s string) (uint16, error) {
	p, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("must be a number 0..65535, have %q", s)
	}
	return uint16(p), nil
}

// String is the shortest text ParseAddress reads back when there is at most
// one address; several are written as HOST,HOST:PORT for messages to people.
func (a Address) String() string {
	hosts := make([]string, len(a.Addrs))
	for i, ip := range a.Addrs {
		hosts[i] = ip.String()
		if ip.Is6() {
			hosts[i] = "[" + hosts[i] + "]"
		}
	}
	s := strings.Join(hosts, ",") + ":" + strconv.Itoa(int(a.Port))
	if a.UDPPort != 0 {
		s += "@" + strconv.Itoa(int(a.UDPPort))
	}
	return s
}

// NormalizeAddrs returns addrs unmapped, sorted and without duplicates.
func NormalizeAddrs(addrs []netip.Addr) []netip.Addr {
	out := make([]netip.Addr, 0, len(addrs))
	for _, ip := range addrs {
		if ip.IsValid() {
			out = append(out, ip.Unmap())
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return slices.Compact(out)
}
