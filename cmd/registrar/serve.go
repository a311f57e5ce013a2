package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rserpool/registrar"
	"rserpool/registrar/feed"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/udp"
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
	drain              time.Duration
	registrar          registrar.Config
	http               httpOptions
}

func newServeCmd() *cobra.Command {
	o := &serveOptions{registrar: registrar.DefaultConfig(), transport: newChoice("auto", "udp"), dialect: newChoice("rfc", "rsplib")}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a registrar",
		Example: "  registrar serve --http :8080\n" +
			"  registrar serve --peer 192.0.2.2:9901 --peer 192.0.2.3:9901",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.asap, "asap", []string{":3863"}, "`ADDRESS` for pool elements and users, HOST:PORT[@UDPPORT]; repeat it for more addresses with the same port")
	f.StringVar(&o.asapTCP, "asap-tcp", "", "`ADDRESS` for pool users that have no SCTP, HOST:PORT; off is none (default: the hosts and port of --asap)")
	f.StringArrayVar(&o.enrp, "enrp", []string{":9901"}, "`ADDRESS` for other registrars, HOST:PORT[@UDPPORT]; repeat it for more addresses with the same port")
	f.StringArrayVar(&o.peers, "peer", nil, "`ADDRESS` of another registrar's ENRP port, HOST:PORT[@UDPPORT]; repeatable")
	addAnnounceFlags(f, o)
	f.Var(o.transport, "transport", "what carries SCTP: udp (in user space, RFC 6951), or auto")
	f.Var(o.dialect, "dialect", "how the registrars of the scope speak: rfc, or rsplib where RSPLIB lives in it; timers and limits not given are those of the dialect")
	f.StringVar(&o.id, "id", "", "server `ID` such as 0x1a2b3c4d (default: random)")
	f.DurationVar(&o.drain, "drain-timeout", node.DefaultDrainTimeout, "how long the end may take")
	for _, t := range o.timers() {
		f.DurationVar(t.value, t.flag, *t.value, t.usage)
	}
	for _, c := range o.counts() {
		f.IntVar(c.value, c.flag, *c.value, c.usage)
	}
	o.http.addFlags(f)
	return cmd
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
	}
}

func (o *serveOptions) counts() []number[int] {
	r := &o.registrar
	return []number[int]{
		{"max-bad-pe-report", "an element that was reported unreachable more often than this is removed", &r.MaxBadPEReport, 0},
		{"max-resolve-items", "elements in the answer to a handle resolution; 0 is as many as fit", &r.MaxResolveItems, 0},
		{"adoption-rate", "elements of a registrar taken over that are asked in a second", &r.AdoptionRate, 1},
		{"max-elements", "pool elements in all", &r.Limits.Elements, 1},
		{"max-pools", "pools in all", &r.Limits.Pools, 1},
		{"max-subscriptions", "subscriptions to pools over one association", &r.Limits.Subscriptions, 1},
		{"max-associations", "associations that others open", &r.Limits.Associations, 1},
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
	c.AnnounceInterfaces, c.AnnounceTTL = o.announceInterfaces, o.announceTTL
	var errs [8]error
	errs[0] = errors.Join(o.check(), o.checkAnnounce(given))
	c.Registrar.ID, errs[1] = serverID(o.id)
	c.ASAP, errs[2] = addresses("asap", o.asap)
	c.ENRP, errs[3] = addresses("enrp", o.enrp)
	c.Peers, errs[4] = addresses("peer", o.peers)
	c.AnnounceASAP, errs[5] = groups("asap-announce", o.asapAnnounce, asapGroups)
	c.AnnounceENRP, errs[6] = groups("enrp-announce", o.enrpAnnounce, enrpGroups)
	c.ASAPStream, errs[7] = streamAddresses(o.asapTCP, c.ASAP)
	for i, p := range c.Peers {
		if errs[4] == nil && (len(p.Addrs) == 0 || p.Port == 0) {
			errs[4] = fmt.Errorf("--peer %s: want the host and port of another registrar, such as 192.0.2.2:9901", o.peers[i])
		}
	}
	if err := errors.Join(errs[:]...); err != nil {
		return c, fail(exitUsage, err)
	}
	c.Transport = udp.New()
	return c, nil
}

// tellTransport says in the log what carries SCTP, and why where that was left
// open.
func (o *serveOptions) tellTransport(log *slog.Logger, t transport.Transport) {
	why := "asked for"
	if o.transport.value == "auto" {
		why = "auto: this build has no other"
	}
	log.Info("transport.chosen", slog.String("transport", t.Name()), slog.String("why", why))
}

// serverID reads --id; without one it draws an ID at random (RFC 5353 section
// 3.2.1).
func serverID(text string) (wire.ServerID, error) {
	if text == "" {
		return wire.ServerID(1 + rand.Uint32N(1<<32-1)), nil
	}
	id, err := wire.ParseID(text)
	if err == nil && id == 0 {
		err = errors.New("0 is nobody's ID")
	}
	if err != nil {
		return 0, fmt.Errorf("--id: %w", err)
	}
	return wire.ServerID(id), nil
}

func addresses(flag string, texts []string) ([]transport.Address, error) {
	list := make([]transport.Address, len(texts))
	var errs []error
	for i, text := range texts {
		var err error
		if list[i], err = transport.ParseAddress(text); err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", flag, err))
		}
	}
	return list, errors.Join(errs...)
}

// streamAddresses reads --asap-tcp; without it, it gives the hosts and port of
// --asap.
func streamAddresses(text string, asap []transport.Address) ([]transport.Address, error) {
	switch text {
	case "off":
		return nil, nil
	case "":
		list := slices.Clone(asap)
		for i := range list {
			list[i].UDPPort = 0
		}
		return list, nil
	}
	list, err := addresses(node.PortASAPStream, []string{text})
	if err == nil && list[0].UDPPort != 0 {
		err = fmt.Errorf("--asap-tcp %s: TCP has no UDP port; leave out the part from @ on", text)
	}
	return list, err
}

func (o *serveOptions) run(cmd *cobra.Command) error {
	log := newLogger(cmd)
	o.speak(cmd.Flags())
	cfg, err := o.config(cmd.Flags(), log)
	if err != nil {
		return err
	}
	board, err := o.http.open(log)
	if err != nil {
		return err
	}
	defer board.close()
	board.attach(&cfg)
	n, err := node.Start(context.WithoutCancel(cmd.Context()), cfg)
	if err != nil {
		return startError(err)
	}
	o.tellTransport(log, cfg.Transport)
	err = board.serve(n)
	if err == nil {
		err = tellPlaces(cmd, n, board)
	}
	if err == nil {
		err = wait(cmd.Context(), n, board)
	}
	return errors.Join(err, shutDown(o.drain, board, n))
}

// startError names the flag where a port could not be opened.
func startError(err error) error {
	if group, ok := errors.AsType[*node.AnnounceError](err); ok {
		return announceError(group)
	}
	var listen *node.ListenError
	if !errors.As(err, &listen) {
		return err
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		other := "another port"
		if listen.Port == node.PortASAPStream {
			other = "another port, or off"
		}
		return fmt.Errorf("--%s %v: the port is in use, perhaps by another registrar; stop that or choose %s", listen.Port, listen.Address, other)
	}
	return fmt.Errorf("--%s: %w", listen.Port, listen.Err)
}

// places is where a registrar can be reached.
type places struct {
	Registrar string   `json:"registrar"`
	ASAP      []string `json:"asap"`
	ASAPTCP   []string `json:"asap_tcp,omitempty"`
	ENRP      []string `json:"enrp"`
	HTTP      string   `json:"http,omitempty"`
	Dashboard string   `json:"dashboard,omitempty"`
}

// tellPlaces prints where the registrar can be reached.
func tellPlaces(cmd *cobra.Command, n *node.Node, board *dashboard) error {
	p := places{Registrar: n.ID().String(), ASAP: texts(n.ASAPAddrs()), ASAPTCP: texts(n.ASAPStreamAddrs()), ENRP: texts(n.ENRPAddrs())}
	if board != nil {
		p.HTTP, p.Dashboard = board.addr(), board.link()
	}
	if wantsJSON(cmd) {
		return printJSON(cmd, p)
	}
	rows := [][]string{{"registrar", p.Registrar}, {"asap", strings.Join(p.ASAP, " ")}}
	if len(p.ASAPTCP) > 0 {
		rows = append(rows, []string{"asap-tcp", strings.Join(p.ASAPTCP, " ")})
	}
	rows = append(rows, []string{"enrp", strings.Join(p.ENRP, " ")})
	if board != nil {
		rows = append(rows, []string{"http", p.HTTP}, []string{"dashboard", p.Dashboard})
	}
	return printTable(cmd, rows...)
}

func texts(list []netip.AddrPort) []string {
	texts := make([]string, len(list))
	for i, a := range list {
		texts[i] = a.String()
	}
	return texts
}

// wait returns when ctx ends, or with the error that ended something else.
func wait(ctx context.Context, n *node.Node, board *dashboard) error {
	select {
	case <-ctx.Done():
		return nil
	case <-n.Done():
		return n.Err()
	case err := <-board.failed():
		return fmt.Errorf("--http: %w", err)
	}
}

// shutDown ends all in good order. The pages go last: they show how it went.
func shutDown(limit time.Duration, board *dashboard, nodes ...*node.Node) error {
	// The nodes keep to their own limit; this one is for what they do not know of.
	ctx, cancel := context.WithTimeout(context.Background(), 2*limit)
	defer cancel()
	errs := make([]error, len(nodes))
	var ends sync.WaitGroup
	for i, n := range nodes {
		ends.Go(func() {
			if err := n.Stop(ctx); err != nil {
				errs[i] = fail(exitFailure, fmt.Errorf("registrar %v did not end in time: %w", n.ID(), err))
			}
		})
	}
	ends.Wait()
	return errors.Join(append(errs, board.stop(ctx))...)
}

// hello is what a registrar's feed starts with.
func hello(cfg registrar.Config, transport string) feed.Hello {
	now := time.Now()
	return feed.Hello{
		Schema: feed.Schema, Registrar: cfg.ID, Epoch: uint64(now.UnixNano()),
		Started: feed.At(now), Now: feed.At(now), Version: version, Dialect: cfg.Dialect.String(), Transport: transport,
	}
}
