package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rserpool/registrar"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// serveOptions are the flags of serve.
type serveOptions struct {
	asap, enrp, peers  []string
	asapTCP            string
	asapAnnounce       string
	enrpAnnounce       string
	announceInterfaces []string
	announceTTL        int
	transport          *choice
	dialect            *choice
	id                 string
	protect            []string
	pprof              string
	drain              time.Duration
	registrar          registrar.Config
	// halfOpen and messages are the node's.
	halfOpen, messages int
	http               httpOptions
	secureOptions
}

func newServeCmd() *cobra.Command {
	cmd, _ := newServe()
	return cmd
}

// newServe gives the command, and where its flags go.
func newServe() (*cobra.Command, *serveOptions) {
	o := &serveOptions{registrar: registrar.DefaultConfig(), halfOpen: transport.DefaultMaxHalfOpen, transport: newChoice(overAuto, overKernel, overUDP, overKernelUDP, overDTLS, overDTLSUDP), dialect: newDialect()}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a registrar",
		Long: "Runs a registrar until SIGTERM or SIGINT; a second one ends it at once.\n\n" +
			"SIGHUP makes it read the file of --config, and all files that its settings name,\n" +
			"anew. Of the settings, peer, protect, log-level, auth-file, tls-cert, tls-key,\n" +
			"http-token-file, http-tls-cert and http-tls-key change while it runs; the log names\n" +
			"others that are new, which take effect at the next start. Where anything is wrong,\n" +
			"nothing changes, and the log says where.",
		Example: "  registrar serve --http :8080\n" +
			"  registrar serve --peer 192.0.2.2:9901 --peer 192.0.2.3:9901",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return placed(cmd.Flags(), o.run(cmd)) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.asap, "asap", []string{":3863"}, "`ADDRESS` for pool elements and users, HOST:PORT[@UDPPORT]; repeat it for more addresses with the same port")
	f.StringVar(&o.asapTCP, "asap-tcp", "", "`ADDRESS` for pool users that have no SCTP, HOST:PORT; off is none (default: the hosts and port of --asap)")
	f.StringArrayVar(&o.enrp, "enrp", []string{":9901"}, "`ADDRESS` for other registrars, HOST:PORT[@UDPPORT]; repeat it for more addresses with the same port")
	f.StringArrayVar(&o.peers, "peer", nil, "`ADDRESS` of another registrar's ENRP port, HOST:PORT[@UDPPORT]; repeatable")
	addAnnounceFlags(f, o)
	f.Var(o.transport, "transport", "what carries SCTP: kernel; udp (in user space, RFC 6951); kernel+udp for both; dtls (RFC 8261) for a secured scope; "+
		"dtls+udp with plain pool users at addresses with a UDP port; auto is the kernel if it can, else udp")
	f.Var(o.dialect, "dialect", "how the registrars of the scope speak: rfc, or rsplib where RSPLIB lives in it; timers and limits not given are those of the dialect")
	f.StringVar(&o.id, "id", "", "server `ID` such as 0x1a2b3c4d (default: random)")
	f.StringArrayVar(&o.protect, "protect", nil, "`POOL` whose elements are deregistered only if the operator confirms it by the pool handle; repeatable")
	f.StringVar(&o.pprof, "pprof", "", "`ADDRESS` for go tool pprof, such as 127.0.0.1:6060; keep it on the loopback, since whoever reaches it can look into the process (default: off)")
	f.DurationVar(&o.drain, "drain-timeout", node.DefaultDrainTimeout, "how long the end may take")
	for _, t := range o.timers() {
		f.DurationVar(t.value, t.flag, *t.value, t.usage)
	}
	for _, c := range o.counts() {
		f.IntVar(c.value, c.flag, *c.value, c.usage)
	}
	o.addSecureFlags(f)
	o.http.addFlags(f)
	return cmd, o
}

// number is a flag with its least value.
type number[T time.Duration | int] struct {
	flag, usage string
	value       *T
	least       T
}

func (o *serveOptions) timers() []number[time.Duration] {
	r := &o.registrar
	return []number[time.Duration]{
		{"peer-heartbeat-cycle", "time between two presences to other registrars", &r.PeerHeartbeatCycle, 1},
		{"max-time-last-heard", "silence of a registrar before it is asked whether it lives", &r.MaxTimeLastHeard, 1},
		{"mentor-discovery", "time to wait for another registrar on the multicast group before starting alone", &r.MentorDiscovery, 1},
		{"max-time-no-response", "time a registrar may take to answer", &r.MaxTimeNoResponse, 1},
		{"keepalive-interval", "mean time between two keep-alives to a pool element; 0 is off", &r.KeepAliveInterval, 0},
		{"subscription-interval", "least time between two updates of a pool for the users that subscribed to it", &r.SubscriptionInterval, 1},
		{"keepalive-timeout", "time a pool element may take to answer", &r.KeepAliveTimeout, 1},
		{"guard-time", "time for which silent elements are kept at most when that many are silent that the network of this registrar may be down", &r.GuardTime, 1},
	}
}

func (o *serveOptions) counts() []number[int] {
	r := &o.registrar
	return []number[int]{
		{"max-bad-pe-report", "an element that was reported unreachable more often than this is removed; one user alone does that to one element at a time", &r.MaxBadPEReport, 0},
		{"max-resolve-items", "elements in the answer to a handle resolution; 0 is as many as fit", &r.MaxResolveItems, 0},
		{"guard-share", "percent of the elements owned here whose silence is taken for an outage of this registrar's network, in which none is removed for it; 0 is off", &r.GuardShare, 0},
		{"guard-elements", "elements whose silence is taken for that at least", &r.GuardElements, 1},
		{"adoption-rate", "elements of a registrar taken over that are asked in a second", &r.AdoptionRate, 1},
		{"max-elements", "pool elements in all", &r.Limits.Elements, 1},
		{"max-pools", "pools in all", &r.Limits.Pools, 1},
		{"max-elements-per-pool", "pool elements in one pool, by registrations here", &r.Limits.ElementsPerPool, 1},
		{"max-elements-per-association", "pool elements that register over one association", &r.Limits.ElementsPerAssociation, 1},
		{"max-registrations-per-second", "new pool elements over one association in a second; 0 is as many as come", &r.Limits.Registrations, 0},
		{"max-handle-length", "bytes of a pool handle", &r.Limits.HandleLength, 1},
		{"max-subscriptions", "subscriptions to pools over one association", &r.Limits.Subscriptions, 1},
		{"max-reports-per-second", "reports of unreachable elements over one association in a second", &r.Limits.Reports, 1},
		{"max-associations", "associations that others open", &r.Limits.Associations, 1},
		{"max-half-open", "associations in the handshake at each port", &o.halfOpen, 1},
		{"max-peers", "other registrars", &r.Limits.Peers, 1},
		{"max-messages-per-second", "messages of another registrar that are read in a second; what is more waits; 0 is as many as come", &o.messages, 0},
		{"max-table-downloads", "registrars that download the handle table at once", &r.Limits.Downloads, 1},
		{"max-holds", "holds made here, and as many of other registrars", &r.Limits.Holds, 1},
	}
}

// speak takes the dialect's timers and limits where none were given.
func (o *serveOptions) speak(given *pflag.FlagSet) {
	if o.dialect.value != registrar.RSPLIB.String() {
		return
	}
	d := serveOptions{registrar: registrar.RSPLIB.Config()}
	for i, t := range d.timers() {
		if given.Changed(t.flag) {
			*t.value = *o.timers()[i].value
		}
	}
	for i, c := range d.counts() {
		if given.Changed(c.flag) {
			*c.value = *o.counts()[i].value
		}
	}
	o.registrar = d.registrar
}

// check refuses numbers that make no sense.
func (o *serveOptions) check() error {
	var errs []error
	for _, t := range append(o.timers(), number[time.Duration]{flag: "drain-timeout", value: &o.drain, least: 1}) {
		if *t.value < t.least {
			errs = append(errs, fmt.Errorf("--%s %v: want a time above 0, such as 30s", t.flag, *t.value))
		}
	}
	for _, c := range o.counts() {
		if *c.value < c.least {
			errs = append(errs, fmt.Errorf("--%s %d: want %d or more", c.flag, *c.value, c.least))
		}
	}
	return errors.Join(errs...)
}

// config reads the flags; what it refuses is a usage error.
func (o *serveOptions) config(given *pflag.FlagSet, log *slog.Logger) (node.Config, error) {
	c := node.Config{Registrar: o.registrar, DrainTimeout: o.drain, Log: log}
	c.MaxHalfOpen, c.MaxMessages = o.halfOpen, o.messages
	c.AnnounceInterfaces, c.AnnounceTTL = o.announceInterfaces, o.announceTTL
	var errs [8]error
	errs[0] = errors.Join(o.check(), o.checkAnnounce(given))
	for _, handle := range o.protect {
		c.Registrar.Protected = append(c.Registrar.Protected, wire.PoolHandle(handle))
	}
	c.Registrar.ID, errs[1] = serverID(o.id)
	c.ASAP, errs[2] = addresses("asap", o.asap)
	c.ENRP, errs[3] = addresses("enrp", o.enrp)
	c.Peers, errs[4] = addresses("peer", o.peers)
	c.AnnounceASAP, errs[5] = groups("asap-announce", o.asapAnnounce, asapGroups)
	c.AnnounceENRP, errs[6] = groups("enrp-announce", o.enrpAnnounce, enrpGroups)
	c.ASAPStream, errs[7] = o.streamAddresses(c.ASAP)
	for i, p := range c.Peers {
		if errs[4] == nil && !callable(p) {
			errs[4] = fmt.Errorf("--peer %s: want the host and port of another registrar, such as 192.0.2.2:9901", o.peers[i])
		}
	}
	return c, fail(exitUsage, errors.Join(errs[:]...))
}

// secured: others have to prove who they are.
func (o *serveOptions) secured() bool {
	return o.transport.value == overDTLS || o.transport.value == overDTLSUDP
}
