package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// hangups gives the wishes of whoever runs the registrar to have its settings read
// anew; ignore ends it.
func hangups() (wishes <-chan os.Signal, ignore func()) {
	c := make(chan os.Signal, 1) // a second wish while one is granted asks for the same
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}

// reloader reads the settings of a running registrar anew. All of them are taken, or
// none is.
type reloader struct {
	cmd *cobra.Command
	// options are in force; values are what their flags were set to, by name.
	options *serveOptions
	values  map[string]string
	// id is the server ID, 0 for a random one.
	id       wire.ServerID
	node     *node.Node
	board    *dashboard
	super    *supervisor
	security *security
	log      *slog.Logger
	level    *slog.LevelVar
}

// plan is what a reload comes to.
type plan struct {
	options *serveOptions
	values  map[string]string
	// pending are the settings that were changed and wait for the next start.
	pending   []string
	level     slog.Level
	peers     []transport.Address
	protected []wire.PoolHandle
	proofs    proofs
	http      httpSecrets
	// what says in words what has changed but for peers and pools, which the
	// registrar tells of by itself.
	what []string
}

// reload reads the settings and takes what can change while the registrar runs.
func (r *reloader) reload(ctx context.Context) {
	r.super.tellReloading()
	p, err := r.read()
	if err == nil {
		err = r.take(ctx, p)
	}
	switch {
	case errors.Is(err, node.ErrStopped), ctx.Err() != nil: // it is on its way out
	case err != nil:
		r.log.Error("config.rejected", slog.String("text", "nothing has changed: "+oneLine(err)))
	case len(p.pending) > 0:
		r.log.Warn("config.pending", slog.String("text", "takes effect at the next start"), slog.Any("settings", p.pending))
	}
	r.super.tellReloaded(err)
}

// take makes the plan what is in force. The node comes last: it may refuse its part, it
// tells everybody that all is done, and who is cut off comes again at once.
func (r *reloader) take(ctx context.Context, p plan) error {
	undo := r.swap(p.proofs, p.http, p.level)
	s := node.Settings{Peers: p.peers, Protected: p.protected, What: join(p.what)}
	if p.proofs.table != nil {
		s.Identify = p.proofs.table.CredentialOf
	}
	if err := r.node.Reconfigure(ctx, s); err != nil {
		undo()
		return err
	}
	r.options, r.values = p.options, p.values
	return nil
}

// swap puts what is no affair of the node in force; undo takes it back.
func (r *reloader) swap(p proofs, h httpSecrets, level slog.Level) (undo func()) {
	before, secrets, was := r.security.proofs, h, r.level.Level()
	r.security.replace(p)
	if r.board != nil {
		secrets = r.board.httpSecrets
		r.board.replace(h)
	}
	r.level.Set(level)
	return func() { r.swap(before, secrets, was) }
}

// sameCertificate reports whether two chains are the same; their keys are then, too.
func sameCertificate(a, b *tls.Certificate) bool {
	if a == nil || b == nil {
		return a == b
	}
	return slices.EqualFunc(a.Certificate, b.Certificate, bytes.Equal)
}
