package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar"
	"rserpool/registrar/feed"
	"rserpool/registrar/node"
	"rserpool/registrar/transport/dtls"
	"rserpool/registrar/transport/kernel"
	"rserpool/registrar/wire"
)

// identity is the server ID that --id gives, 0 for a random one: that is in no table.
func (o *serveOptions) identity(c registrar.Config) wire.ServerID {
	if o.id == "" {
		return 0
	}
	return c.ID
}

// carry chooses what carries SCTP, and with what this end proves who it is. It gives
// the reason for the choice.
func (o *serveOptions) carry(c *node.Config) (s *security, why string, err error) {
	id := o.identity(c.Registrar)
	if err := o.secureOptions.check(o.secured(), id); err != nil {
		return nil, "", fail(exitUsage, err)
	}
	p, err := o.read(o.secured(), id, proofs{})
	if err != nil {
		return nil, "", err
	}
	s = p.begin()
	if err := o.configure(c, s); err != nil {
		return nil, "", err
	}
	by := sctp{word: o.transport.value, udpPorts: slices.ContainsFunc(slices.Concat(c.ASAP, c.ENRP), hasUDPPort)}
	if o.secured() {
		by.secure = dtls.From(s.sctp)
	}
	if by.needsKernel() {
		by.kernel = kernel.Available()
	}
	c.Transport, why, err = by.choose()
	return s, why, err
}

func (o *serveOptions) run(cmd *cobra.Command) error {
	wishes, ignore := hangups()
	defer ignore()
	log, level := newLevelLogger(cmd)
	o.speak(cmd.Flags())
	cfg, err := o.config(cmd.Flags(), log)
	if err != nil {
		return err
	}
	secrets, why, err := o.carry(&cfg)
	if err != nil {
		return err
	}
	super, err := newSupervisor(log)
	if err != nil {
		return fail(exitUsage, err)
	}
	board, err := o.http.open(log)
	if err != nil {
		return err
	}
	defer board.close()
	profiles, err := openProfiler(o.pprof, log)
	if err != nil {
		return err
	}
	defer profiles.close()
	board.attach(&cfg)
	super.attach(&cfg)
	n, err := node.Start(context.WithoutCancel(cmd.Context()), cfg)
	if err != nil {
		return startError(err)
	}
	log.Info("transport.chosen", slog.String("transport", cfg.Transport.Name()), slog.String("why", why))
	super.tellStarting()
	var watch sync.WaitGroup
	watch.Go(func() { super.watch(n.Alive, n.Done()) })
	watch.Go(func() { keepPace(n.Done()) })
	defer watch.Wait()
	r := &reloader{
		cmd: cmd, options: o, values: valuesOf(cmd.Flags()), id: o.identity(cfg.Registrar),
		node: n, board: board, super: super, security: secrets, log: log, level: level,
	}
	profiles.serve(log)
	err = board.serve(n)
	if err == nil {
		err = tellPlaces(cmd, n, board, profiles)
	}
	if err == nil {
		err = wait(cmd.Context(), n, board, super, wishes, r.reload)
	}
	super.tellStopping()
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

// wait returns when ctx ends, or with the error that ended something else. It tells
// the supervisor when n serves, and reloads for each wish.
func wait(ctx context.Context, n *node.Node, board *dashboard, super *supervisor, wishes <-chan os.Signal, reload func(context.Context)) error {
	for serving := super.serving(); ; {
		select {
		case <-serving:
			super.tellReady(n, board)
			serving = nil
		case <-wishes:
			reload(ctx)
		case <-ctx.Done():
			return nil
		case <-n.Done():
			return n.Err()
		case err := <-board.failed():
			return fmt.Errorf("--http: %w", err)
		}
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
