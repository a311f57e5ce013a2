package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/policy"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

const (
	// leaveTimeout is how long deregistration may take at the end: a registrar
	// that lives answers within a round trip.
	leaveTimeout = 5 * time.Second
	// loadInterval is how often --load auto looks at the load.
	loadInterval = time.Second
	// startPatience is how long an element takes a lack of resources for a
	// registrar's start-up, which needs 6 s where registrars wait for each other,
	// and retryWait the time between its registrations meanwhile.
	startPatience = 10 * time.Second
	retryWait     = time.Second
)

// fleet is the elements of one process, which share one client.
type fleet struct {
	*elementOptions
	client *client.Client
	listen string
	log    *slog.Logger
	json   bool

	mu  sync.Mutex
	cmd *cobra.Command
	// lost is why an element is out for good, the last one's reason.
	lost error
}

// runElements serves until ctx ends, then deregisters.
func runElements(cmd *cobra.Command, o *elementOptions) error {
	c, list, err := o.open(cmd)
	if err != nil {
		return err
	}
	f := &fleet{
		elementOptions: o, client: c, cmd: cmd, log: newLogger(cmd), json: wantsJSON(cmd),
		listen: listenAddress(o.listen, list),
	}
	running, ctx := errgroup.WithContext(cmd.Context())
	for range o.count {
		running.Go(func() error { return f.run(ctx) })
	}
	err = running.Wait()
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	left := c.Close(leaving)
	switch {
	case cmd.Context().Err() == nil: // the elements ended by themselves
		return errors.Join(err, f.lost)
	case left != nil:
		return fail(exitUnreachable, fmt.Errorf("not deregistered: %w", left))
	default:
		return nil
	}
}

// listenAddress is where to serve: on loopback where all registrars are.
func listenAddress(flag string, registrars []transport.Address) string {
	if flag != "" {
		return flag
	}
	if local := loopbackOf(registrars); len(local) > 0 {
		return netip.AddrPortFrom(local[0], 0).String()
	}
	return ":0"
}

// run is the life of one element; with --uptime, one life after the other.
func (f *fleet) run(ctx context.Context) error {
	id := f.peID
	for {
		next, err := f.live(ctx, id)
		if err != nil || ctx.Err() != nil || next == 0 {
			return err
		}
		id = next // it comes back as what it was
		if !pause(ctx, f.downtime) {
			return nil
		}
	}
}

// live serves and is registered until ctx ends, the registrar refuses it, or
// its time is up; only then there is a next life, under the ID returned.
func (f *fleet) live(ctx context.Context, id wire.PEIdentifier) (wire.PEIdentifier, error) {
	server, err := newServer(ctx, f.service, f.listen)
	if err != nil {
		return 0, fmt.Errorf("cannot serve at %s: %w", f.listen, err)
	}
	defer server.close()
	out := make(chan error, 1)
	registered := false // belongs to the client's goroutine
	reg, err := f.register(ctx, client.Element{
		Pool: f.handle, ID: id, Policy: f.initial, Life: f.life, Reregister: f.reregister,
		User: userTransport(server.listener),
		Notify: func(ev client.Event) {
			registered = registered || ev.Kind == endpoint.Registered
			end := ev.Kind == endpoint.Refused || ev.Kind == endpoint.Failed
			if !end || registered || f.json { // otherwise Register says it
				f.tell(ev)
			}
			if end && registered {
				out <- ev.Err // once: it is the end of the element
			}
		},
	})
	if err != nil {
		if ctx.Err() != nil {
			return 0, nil
		}
		return 0, asapError("cannot register in pool "+handleText(f.handle), err)
	}
	up, cancel := f.lifetimeOf(ctx)
	defer cancel()
	if f.load == loadAuto {
		go f.reportLoad(up, reg, server)
	}
	select {
	case err := <-out:
		f.mu.Lock()
		f.lost = asapError("element "+reg.State().ID.String()+" is out of pool "+handleText(f.handle), err)
		f.mu.Unlock()
		return 0, nil
	case <-up.Done():
	}
	if ctx.Err() != nil {
		return 0, nil // Close of the client deregisters
	}
	f.log.Info("element.fails", slog.String("id", reg.State().ID.String()))
	reg.Abandon()
	return reg.State().ID, nil
}

// register registers an element; a registrar that lacks resources may be at its
// start and is asked again for a while.
func (f *fleet) register(ctx context.Context, e client.Element) (*client.Registration, error) {
	patience, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for told := false; ; told = true {
		reg, err := f.client.Register(ctx, e)
		var refused *endpoint.RefusedError
		if !errors.As(err, &refused) || !refused.Has(wire.CauseLackOfResources) {
			return reg, err
		}
		if !told {
			f.log.Info("element.waits", slog.String("pool", handleText(f.handle)), slog.Any("reason", refused))
		}
		select {
		case <-time.After(retryWait):
		case <-patience.Done():
			return nil, err
		}
	}
}

// userTransport is where a listener serves; one on the wildcard leaves the
// address to the client.
func userTransport(l net.Listener) wire.Transport {
	at := l.Addr().(*net.TCPAddr).AddrPort()
	t := wire.Transport{Type: wire.TypeTCPTransport, Port: at.Port()}
	if ip := at.Addr().Unmap(); !ip.IsUnspecified() {
		t.Addresses = []netip.Addr{ip}
	}
	return t
}

// lifetimeOf ends when an element fails: never, or after a random time.
func (f *fleet) lifetimeOf(ctx context.Context) (context.Context, context.CancelFunc) {
	if f.uptime == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, random(f.uptime))
}

// random draws from an exponential distribution, as times between failures are.
func random(mean time.Duration) time.Duration {
	return time.Duration(rand.ExpFloat64() * float64(mean))
}

// pause reports whether the time passed before ctx ended.
func pause(ctx context.Context, mean time.Duration) bool {
	t := time.NewTimer(random(mean))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// reportLoad keeps the policy's load at what the server measures.
func (f *fleet) reportLoad(ctx context.Context, reg *client.Registration, s *server) {
	tick := time.NewTicker(loadInterval)
	defer tick.Stop()
	p := f.initial
	for {
		if now, _ := policy.WithLoad(p, s.load()); now != p {
			p = now
			if reg.SetPolicy(p) != nil {
				return
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// elementJSON is a line of -o json.
type elementJSON struct {
	Time          string        `json:"time"`
	Event         string        `json:"event"`
	Pool          string        `json:"pool"`
	ID            string        `json:"id"`
	Registrar     string        `json:"registrar,omitempty"`
	HomeRegistrar string        `json:"home_registrar,omitempty"`
	UserTransport transportJSON `json:"user_transport"`
	Causes        []string      `json:"causes,omitempty"`
	Error         string        `json:"error,omitempty"`
}

// tell prints what happened to an element: the registration and, with -o json,
// everything on stdout, the rest in the log.
func (f *fleet) tell(ev client.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.json {
		f.tellJSON(ev)
		return
	}
	if ev.Kind == endpoint.Registered {
		fmt.Fprintf(f.cmd.OutOrStdout(), "registered %s in %s at %s, %s\n",
			ev.ID, handleText(ev.Pool), homeText(ev.Home), transportText(ev.User))
	}
	level, attrs := slog.LevelInfo, []any{slog.String("pool", handleText(ev.Pool)), slog.String("id", ev.ID.String())}
	attrs = append(attrs, homeAttrs(ev.Home)...)
	if len(ev.Causes) > 0 {
		level, attrs = slog.LevelWarn, append(attrs, slog.String("causes", endpoint.Describe(ev.Causes)))
	}
	if ev.Err != nil {
		level, attrs = slog.LevelWarn, append(attrs, slog.Any("error", ev.Err))
	}
	if ev.Kind == endpoint.Reregistered && len(ev.Causes) == 0 {
		level = slog.LevelDebug
	}
	f.log.Log(context.Background(), level, "element."+ev.Kind.String(), attrs...)
}

func (f *fleet) tellJSON(ev client.Event) {
	line := elementJSON{
		Time: time.Now().UTC().Format(timeFormat), Event: ev.Kind.String(), Pool: handleText(ev.Pool), ID: ev.ID.String(),
		UserTransport: newTransportJSON(ev.User), Causes: causeWords(ev.Causes),
	}
	if ev.Home.Address.Port != 0 {
		line.Registrar = ev.Home.Address.String()
	}
	if ev.Home.Server != 0 {
		line.HomeRegistrar = ev.Home.Server.String()
	}
	if ev.Err != nil {
		line.Error = ev.Err.Error()
	}
	if err := json.NewEncoder(f.cmd.OutOrStdout()).Encode(line); err != nil {
		f.log.Warn("cannot write to the output", slog.Any("error", err))
	}
}

// timeFormat is RFC 3339 with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"
