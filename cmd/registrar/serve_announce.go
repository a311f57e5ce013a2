package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"rserpool/registrar/node"
	"rserpool/registrar/transport/announce"
)

// The groups of auto. ASAP's are IANA's (RFC 5352 section 8), that of IPv6 for a
// site, and RSPLIB's. IANA has none for ENRP, so the one is RSPLIB's.
var (
	asapGroups = []netip.AddrPort{
		netip.MustParseAddrPort("224.0.1.185:3863"),
		netip.MustParseAddrPort("239.0.0.50:3863"),
		netip.MustParseAddrPort("[ff05::133]:3863"),
	}
	enrpGroups = []netip.AddrPort{netip.MustParseAddrPort("239.0.0.51:9901")}
)

func addAnnounceFlags(f *pflag.FlagSet, o *serveOptions) {
	f.StringVar(&o.asapAnnounce, "asap-announce", "off", "multicast `GROUP:PORT` that hears of the ASAP port; auto is "+list(asapGroups)+"; off is none")
	f.StringVar(&o.enrpAnnounce, "enrp-announce", "off", "multicast `GROUP:PORT` by which registrars find each other without --peer; auto is "+list(enrpGroups)+"; off is none")
	f.StringArrayVar(&o.announceInterfaces, "announce-interface", nil, "`NAME` of an interface to announce and listen on; repeatable (default: those that have the addresses of --asap and --enrp)")
	f.IntVar(&o.announceTTL, "announce-ttl", announce.DefaultTTL, "hops that an announcement may make")
}

// checkAnnounce refuses what goes with groups where there is none, and a TTL that
// does not exist.
func (o *serveOptions) checkAnnounce(given *pflag.FlagSet) error {
	switch {
	case o.announceTTL < 1 || o.announceTTL > announce.MaxTTL:
		return fmt.Errorf("--announce-ttl %d: want 1 to %d", o.announceTTL, announce.MaxTTL)
	case o.asapAnnounce != "off" || o.enrpAnnounce != "off":
		return nil
	}
	for _, flag := range []string{"announce-interface", "announce-ttl"} {
		if given.Changed(flag) {
			return fmt.Errorf("--%s: it goes with --asap-announce or --enrp-announce", flag)
		}
	}
	return nil
}

func list(groups []netip.AddrPort) string { return strings.Join(texts(groups), ", ") }

// groups reads a flag that names a multicast group.
func groups(flag, text string, auto []netip.AddrPort) ([]netip.AddrPort, error) {
	switch text {
	case "off":
		return nil, nil
	case "auto":
		return auto, nil
	}
	group, err := netip.ParseAddrPort(text)
	if err != nil || !group.Addr().IsMulticast() || group.Port() == 0 {
		return nil, fmt.Errorf("--%s %s: want the address and port of a multicast group such as %v, auto or off", flag, text, auto[0])
	}
	return []netip.AddrPort{group}, nil
}

// announceError names the flag, and the group where it is clear which.
func announceError(err *node.AnnounceError) error {
	flag := fmt.Sprintf("--%s-announce %s", err.Protocol, list(err.Groups))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s: another program has the UDP port for itself; choose another one for the group: %w", flag, err.Err)
	case errors.Is(err, announce.ErrNoInterface):
		return fmt.Errorf("%s: %w; give a group of the other family, or another address to --%s", flag, err.Err, err.Protocol)
	}
	return fmt.Errorf("%s: %w", flag, err.Err)
}
