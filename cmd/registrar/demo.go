package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/udp"
	"rserpool/registrar/wire"
	"rserpool/web"
)

const (
	// demoRegistrars is the size of the demo's scope: enough for peers that differ.
	demoRegistrars = 3
	// The registrars look after each other and their elements more often than
	// they would elsewhere: whoever watches does not want to wait.
	demoHeartbeat = 5 * time.Second
	demoKeepAlive = 5 * time.Second
)

// demoElements are the pools of the demo and what each of their elements
// registers with.
var demoElements = []struct {
	pool     string
	policies []string
}{
	{"EchoPool", []string{"wrr:1", "wrr:1", "wrr:2", "wrr:3", "wrr:5"}},
	{"CalcAppPool", []string{"lu:10%", "lu:25%", "lu:40%", "lu:60%"}},
	{"PingPongPool", []string{"rr", "rr", "rr"}},
}

// loopback is a free port of this machine alone.
var loopback = transport.Address{Addrs: []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}}

func newDemoCmd() *cobra.Command {
	http := httpOptions{limits: web.DefaultLimits()}
	var seed uint64
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a small scope on this machine, to watch in the dashboard",
		Long: "Runs three registrars, a dozen pool elements and a user of each pool on free ports\n" +
			"of the loopback. The elements join, change their load, leave and crash at random,\n" +
			"and the users' sessions fail over; the dashboard is that of the first registrar.",
		Example: "  registrar demo\n  registrar demo --http 127.0.0.1:8081 --seed 7",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runDemo(cmd, http, seed) },
	}
	f := cmd.Flags()
	f.StringVar(&http.address, "http", ":8080", "`ADDRESS` of the dashboard")
	f.Uint64Var(&seed, "seed", 1, "same seed, same plan of joining and leaving")
	return cmd
}

func runDemo(cmd *cobra.Command, http httpOptions, seed uint64) error {
	if err := lessLog(cmd); err != nil {
		return err
	}
	log := newLogger(cmd)
	board, err := http.open(log)
	if err != nil {
		return err
	}
	defer board.close()
	nodes, err := demoScope(cmd.Context(), board, log)
	if err == nil {
		err = board.serve(nodes[0])
	}
	if err == nil {
		err = announceDemo(cmd, nodes, board)
	}
	if err == nil {
		ctx, cancel := context.WithCancel(cmd.Context())
		var crowd sync.WaitGroup
		if err = demoCrowd(ctx, &crowd, nodes, seed, log); err == nil {
			err = wait(ctx, nodes[0], board, nil, nil, nil)
		}
		cancel()
		crowd.Wait()
	}
	return errors.Join(err, shutDown(node.DefaultDrainTimeout, board, nodes...))
}

// lessLog logs warnings only where nothing else was asked for: the events are
// in the dashboard, and the link to it has to stay in sight.
func lessLog(cmd *cobra.Command) error {
	f := cmd.Flags()
	if f.Changed("log-level") || f.Changed("verbose") {
		return nil
	}
	return f.Set("quiet", "true")
}

// demoScope starts the registrars; those after the first find the others by it.
func demoScope(ctx context.Context, board *dashboard, log *slog.Logger) ([]*node.Node, error) {
	var nodes []*node.Node
	for i := range demoRegistrars {
		c := node.Config{
			Registrar: registrar.DefaultConfig(), Transport: udp.New(),
			ASAP: []transport.Address{loopback}, ENRP: []transport.Address{loopback},
		}
		c.Registrar.PeerHeartbeatCycle, c.Registrar.KeepAliveInterval = demoHeartbeat, demoKeepAlive
		var err error
		if c.Registrar.ID, err = serverID(""); err != nil {
			return nodes, err
		}
		c.Log = log.With(slog.String("registrar", c.Registrar.ID.String()))
		if i == 0 {
			board.attach(&c)
		} else {
			c.Peers = []transport.Address{addressAt(nodes[0].ENRPAddrs()[0])}
		}
		n, err := node.Start(context.WithoutCancel(ctx), c)
		if err != nil {
			return nodes, startError(err)
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// demoCrowd starts every element and user of the demo; they end with ctx. Each has
// its own plan, and another registrar first.
func demoCrowd(ctx context.Context, crowd *sync.WaitGroup, nodes []*node.Node, seed uint64, log *slog.Logger) error {
	count := 0
	next := func() (registrars []transport.Address, plan *rand.Rand) {
		for i := range nodes {
			registrars = append(registrars, addressAt(nodes[(count+i)%len(nodes)].ASAPAddrs()[0]))
		}
		plan = rand.New(rand.NewPCG(seed, uint64(count)))
		count++
		return registrars, plan
	}
	for _, pool := range demoElements {
		for _, policy := range pool.policies {
			registrars, plan := next()
			e, err := newDemoElement(pool.pool, policy, plan)
			if err != nil {
				return err
			}
			e.registrars, e.log = registrars, log
			crowd.Go(func() { e.run(ctx) })
		}
	}
	for _, pool := range demoElements {
		registrars, plan := next()
		u := &demoUser{pool: wire.PoolHandle(pool.pool), registrars: registrars, rand: plan, log: log}
		crowd.Go(func() { u.run(ctx) })
	}
	return nil
}

func announceDemo(cmd *cobra.Command, nodes []*node.Node, board *dashboard) error {
	all := make([]places, len(nodes))
	for i, n := range nodes {
		all[i] = places{Registrar: n.ID().String(), ASAP: texts(n.ASAPAddrs()), ENRP: texts(n.ENRPAddrs())}
	}
	all[0].HTTP, all[0].Dashboard = board.addr(), board.link()
	if wantsData(cmd) {
		return printData(cmd, all)
	}
	rows := make([][]string, len(all))
	for i, p := range all {
		rows[i] = []string{"registrar", p.Registrar, "asap " + p.ASAP[0], "enrp " + p.ENRP[0]}
	}
	if err := printRows(cmd.OutOrStdout(), rows...); err != nil {
		return err
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), "dashboard ", all[0].Dashboard)
	return err
}

func addressAt(a netip.AddrPort) transport.Address {
	return transport.Address{Addrs: []netip.Addr{a.Addr()}, Port: a.Port()}
}
