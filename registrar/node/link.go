package node

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"rserpool/registrar"
	"rserpool/registrar/transport"
)

// link is one association with what reads and writes it. Its methods are called in
// turns, but for pressed.
type link struct {
	id          registrar.AssociationID
	protocol    registrar.Protocol
	association transport.Association
	// prompt is the association where it can send without waiting; nil otherwise.
	prompt transport.Prompt
	out    *outbox
	// ctx ends with the association; its cause is the reason of an abort.
	ctx    context.Context
	cancel context.CancelCauseFunc
	// queued are the messages of it that wait for a turn.
	queued atomic.Int32
	pace   pace
	// behind are those of them that wait behind all else: resolutions, and what came after
	// one that waits.
	behind atomic.Int32
	// line are those that wait in an overload; answers are those that it got since a look.
	line    line
	look    uint64
	answers int
	// ended: nobody here wants more of it.
	ended bool
	// stream: it is TCP.
	stream bool
	// credential is what the registrar was told of its other end.
	credential registrar.Credential
	// server is the registrar at the other end as far as captured messages say; only
	// they are told of it.
	server atomic.Uint32
}

func newLink(ctx context.Context, id registrar.AssociationID, p registrar.Protocol, a transport.Association) *link {
	limit := userQueueLimit
	if p == registrar.ENRP {
		limit = peerQueueLimit
	}
	l := &link{id: id, protocol: p, association: a, out: newOutbox(limit)}
	l.ctx, l.cancel = context.WithCancelCause(ctx)
	return l
}

// send sends data at once if nothing waits and nothing need, and queues it otherwise.
// It reports false when the other end is too slow.
func (l *link) send(data []byte) bool {
	if l.prompt != nil && l.out.idle() && l.prompt.TrySend(transport.Message{PPID: ppid(l.protocol), Data: data}) {
		return true
	}
	return l.out.put(data)
}

// close ends the association after what is queued.
func (l *link) close() {
	l.ended = true
	l.out.close()
}

// abort ends the association at once, also while it is closing.
func (l *link) abort(why error) {
	l.ended = true
	l.cancel(why)
}

// run starts the goroutines of l. Its messages, then its end, are put in.
func (n *Node) run(l *link) {
	l.prompt, _ = l.association.(transport.Prompt)
	if a, ok := l.association.(transport.Direct); ok {
		n.goroutines.Go(func() { a.Tap(tap{n, l}) }) // which takes turns
	} else {
		n.goroutines.Go(func() { n.read(l) })
	}
	n.goroutines.Go(func() { n.write(l) })
}

// ppid is the payload protocol identifier of p's messages; the ports of each
// protocol take no others.
func ppid(p registrar.Protocol) uint32 {
	if p == registrar.ENRP {
		return transport.PPIDENRP
	}
	return transport.PPIDASAP
}

// write sends what is queued until the association ends or is to end.
func (n *Node) write(l *link) {
	if err := n.pump(l); err != nil {
		l.association.Abort(err.Error()) // harmless if it has ended by itself
	}
}

func (n *Node) pump(l *link) error {
	for {
		messages, more := l.out.take()
		for _, data := range messages {
			err := l.association.Send(l.ctx, transport.Message{PPID: ppid(l.protocol), Data: data})
			if err != nil {
				return errors.Join(context.Cause(l.ctx), err)
			}
			l.out.sent(len(data))
		}
		switch {
		case len(messages) > 0:
			continue
		case !more:
			return n.shutdown(l)
		}
		select {
		case <-l.out.wake:
		case <-l.association.Done():
			return nil
		case <-l.ctx.Done():
			return context.Cause(l.ctx)
		}
	}
}

// shutdown ends the association in good order, or says in the log who did not
// take part in that.
func (n *Node) shutdown(l *link) error {
	ctx, cancel := context.WithTimeout(l.ctx, n.cfg.DrainTimeout)
	defer cancel()
	err := l.association.Shutdown(ctx)
	if err == nil { // or what there was to wait for has just been closed
		err = ctx.Err()
	}
	if err != nil {
		n.cfg.Log.Info("association.undrained", slog.Uint64("association", uint64(l.id)),
			slog.String("protocol", l.protocol.String()), slog.String("peer", addressOf(remote(l.association)).String()),
			slog.Any("error", err))
	}
	return err
}
