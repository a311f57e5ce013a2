package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

const (
	// leaveTimeout is how long deregistration may take at the end: a registrar
	// that lives answers within a round trip. leavePerElement is added where there
	// are many, for a registrar that has other things to do.
	leaveTimeout    = 5 * time.Second
	leavePerElement = time.Millisecond
	// startPatience is how long an element takes a lack of resources for a
	// registrar's start-up, which needs 6 s where registrars wait for each other,
	// and retryWait the time between its registrations meanwhile.
	startPatience = 10 * time.Second
	retryWait     = time.Second
	// otherDescriptors are those that no element needs: the streams, the client's
	// socket, the poller, and some to spare.
	otherDescriptors = 32
)

// fleet is the elements of one process, which share one client.
type fleet struct {
	*elementOptions
	client *client.Client
	cmd    *cobra.Command
	log    *slog.Logger
	json   bool
	news   *news
	// left is closed when all are deregistered, as far as that could be; leftErr is
	// of then.
	left    chan struct{}
	leftErr error

	mu sync.Mutex
	// lost is why elements are out for good, of the one or the other.
	lost error
}

// runElements serves until ctx ends, then deregisters.
func runElements(cmd *cobra.Command, o *elementOptions) error {
	if err := o.enoughDescriptors(); err != nil {
		return err
	}
	c, list, err := o.open(cmd, client.Config{CookieKey: o.key, LifeUnit: o.lifeUnit(), MaxSessions: o.maxSessions})
	if err != nil {
		return err
	}
	if local := loopbackOf(list); o.listen == "" && len(local) > 0 {
		o.at = netip.AddrPortFrom(local[0], 0)
	}
	f := &fleet{
		elementOptions: o, client: c, cmd: cmd, log: newLogger(cmd), json: wantsData(cmd),
		news: newNews(), left: make(chan struct{}),
	}
	go f.tellNews()
	running, ctx := errgroup.WithContext(cmd.Context())
	context.AfterFunc(ctx, func() { f.leave(ctx) })
	for range o.count {
		running.Go(func() error { return f.run(ctx) })
	}
	err = running.Wait() // ends ctx at the latest
	<-f.left
	f.news.end()
	switch {
	case cmd.Context().Err() == nil: // the elements ended by themselves
		return errors.Join(err, f.lost)
	case f.leftErr != nil:
		return fail(exitUnreachable, fmt.Errorf("not deregistered: %w", f.leftErr))
	default:
		return nil
	}
}

// enoughDescriptors says now what many elements would find out one by one.
func (o *elementOptions) enoughDescriptors() error {
	limit, err := descriptorLimit()
	if need := uint64(o.count) + otherDescriptors; err == nil && need > limit {
		return fmt.Errorf("--count %d: that takes %d open files, and this process may have %d; raise the limit with ulimit -n %d",
			o.count, need, limit, need+uint64(o.maxSessions)) //nolint:gosec // above 0
	}
	return err
}

// leave deregisters all elements at once.
func (f *fleet) leave(ctx context.Context) {
	defer close(f.left)
	patience := leaveTimeout + time.Duration(f.count)*leavePerElement
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	f.leftErr = f.client.Close(ctx)
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
		if !sleep(ctx, random(f.downtime)) {
			return nil
		}
	}
}

// live serves and is registered until ctx ends, the registrar refuses it, its
// program ends, or its time is up; only then there is a next life, under the ID
// returned. Whoever serves ends after the deregistration.
func (f *fleet) live(ctx context.Context, id wire.PEIdentifier) (wire.PEIdentifier, error) {
	w, err := f.start(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return 0, nil
		}
		return 0, err
	}
	defer w.close()
	measure, err := f.meterOf(w)
	if err != nil {
		return 0, err
	}
	out := make(chan error, 1)
	reg, err := f.register(ctx, f.element(w, id, out))
	if err != nil {
		if ctx.Err() != nil {
			return 0, nil
		}
		return 0, asapError("cannot register in pool "+handleText(f.handle), err)
	}
	up, cancel := f.lifetimeOf(ctx)
	defer cancel()
	if measure != nil {
		go f.reportLoad(up, reg, measure)
	}
	select {
	case err := <-out:
		f.lose(asapError("element "+reg.State().ID.String()+" is out of pool "+handleText(f.handle), err))
		return 0, nil
	case err := <-w.ended():
		return 0, f.programEnded(ctx, reg, err)
	case <-up.Done():
	}
	if ctx.Err() != nil {
		<-f.left
		return 0, nil
	}
	f.log.Info("element.fails", slog.String("id", reg.State().ID.String()))
	reg.Abandon()
	return reg.State().ID, nil
}

// start begins to serve.
func (f *fleet) start(ctx context.Context) (worker, error) {
	if f.service == execService {
		p, err := f.startProgram(ctx)
		if err != nil {
			return nil, err
		}
		return p, nil
	}
	var w worker
	var err error
	switch f.protocol.value {
	case "udp":
		var config net.ListenConfig
		var socket net.PacketConn
		if socket, err = config.ListenPacket(ctx, "udp", listenText(f.at)); err == nil {
			w = newDatagrams(socket.(*net.UDPConn), services[f.service].answer)
		}
	case "tcp":
		var l net.Listener
		if l, err = f.listenTCP(ctx); err == nil {
			w = newServer(l, f.maxSessions, f.log, services[f.service].session)
		}
	case "sctp":
		var l *client.Listener
		local := transport.Address{Port: f.at.Port()}
		if f.at.Addr().IsValid() {
			local.Addrs = []netip.Addr{f.at.Addr()}
		}
		if l, err = f.client.Listen(local); err == nil {
			w = newServer(l, f.maxSessions, f.log, services[f.service].session)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("cannot serve at %s: %w", listenText(f.at), err)
	}
	return w, nil
}

const (
	// manyElements draw their ports: from some thousands of ports on, Linux takes
	// milliseconds to find a free TCP port, since it searches. After portDraws it
	// has to.
	manyElements = 500
	portDraws    = 16
	// firstPort is that of Linux for what has no port of its own.
	firstPort = 32768
)

// listenTCP binds a port for one element.
func (f *fleet) listenTCP(ctx context.Context) (net.Listener, error) {
	var config net.ListenConfig
	if f.count >= manyElements {
		for range portDraws {
			port := firstPort + uint16(rand.N(1<<16-firstPort))
			l, err := config.Listen(ctx, "tcp", listenText(netip.AddrPortFrom(f.at.Addr(), port)))
			if err == nil {
				return l, nil
			}
		}
	}
	return config.Listen(ctx, "tcp", listenText(f.at))
}

// listenText is an address for package net, which has none for the wildcard.
func listenText(at netip.AddrPort) string {
	if !at.Addr().IsValid() {
		return ":" + strconv.Itoa(int(at.Port()))
	}
	return at.String()
}

// element is what is registered for w. The end of it that nobody asked for goes to
// out.
func (f *fleet) element(w worker, id wire.PEIdentifier, out chan<- error) client.Element {
	registered := false // belongs to the client's goroutine
	e := client.Element{
		Pool: f.handle, ID: id, Policy: f.initial, Life: f.life, Reregister: f.reregister,
		Notify: func(ev client.Event) {
			w.named(ev.ID)
			registered = registered || ev.Kind == endpoint.Registered
			end := ev.Kind == endpoint.Refused || ev.Kind == endpoint.Failed
			if !end || registered || f.json { // otherwise Register says it
				f.news.add(ev)
			}
			if end && registered {
				out <- ev.Err // once: it is the end of the element
			}
		},
	}
	w.offer(&e)
	return e
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
		if !sleep(patience, retryWait) {
			return nil, err
		}
	}
}

// programEnded takes an element out whose program has ended.
func (f *fleet) programEnded(ctx context.Context, reg *client.Registration, why error) error {
	id := reg.State().ID.String()
	f.log.Info("element.ended", slog.String("id", id), slog.Any("error", why))
	leaving, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	err := reg.Close(leaving)
	if ctx.Err() != nil {
		return nil
	}
	if why != nil {
		why = fmt.Errorf("the program of element %s ended: %w", id, why)
	}
	f.lose(errors.Join(why, asapError("element "+id+" is not deregistered", err)))
	return nil
}

// lose notes why an element is out for good; the others go on.
func (f *fleet) lose(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.lost = err
	}
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
