package node

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/transport"
)

// link is one association with the goroutines that read and write it. Only the
// node's goroutine calls its methods.
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

func (n *Node) read(l *link) {
	direct, _ := l.association.(transport.Direct)
	for {
		m, err := l.association.Recv(n.life)
		if err != nil {
			n.put(time.Time{}, closed{l, err})
			return
		}
		if !n.handIn(l, m) {
			continue // until the end
		}
		if direct != nil && l.out.idle() {
			direct.Tap(tap{n, l})
			return
		}
	}
}

// handIn puts one message in when there is room for its answer, and reports whether
// there was in time.
func (n *Node) handIn(l *link, m transport.Message) bool {
	if !n.await(l) {
		n.put(time.Time{}, slow{l})
		return false
	}
	at := n.watch.now()
	if in, ok := n.arrived(l, m, at); ok {
		n.putOf(l, at, in)
	}
	return true
}

// putOf puts in what came over l. Who asks for much at once waits until it is this
// one's turn.
func (n *Node) putOf(l *link, at time.Time, in ...input) {
	l.queued.Add(int32(len(in))) //nolint:gosec // a batch
	n.put(at, in...)
	if l.queued.Load() <= ahead {
		return
	}
	n.busy.Lock()
	if l.queued.Load() > 0 {
		n.turn(time.Time{})
	}
	n.busy.Unlock()
	n.help(time.Time{})
}

// pressed gives what to wait for while much is queued for who asks; nil where it is
// not. Registrars are read always: two that wait for each other would do so for ever.
func (l *link) pressed() <-chan struct{} {
	if l.protocol == registrar.ENRP {
		return nil
	}
	return l.out.pressed()
}

// await waits while much is queued for who asks, so that it can ask for as much as it
// likes and reads. It reports false when that takes too long.
func (n *Node) await(l *link) bool {
	relief := l.pressed()
	if relief == nil {
		return true
	}
	late := time.NewTimer(slowReader)
	defer late.Stop()
	select {
	case <-relief:
	case <-l.association.Done():
	case <-l.ctx.Done():
	case <-n.life.Done():
	case <-late.C:
		return false
	}
	return true
}

// tap is what an association without a reader of its own hands its messages to.
type tap struct {
	*Node
	link *link
}

// Take implements transport.Tap. While too many answers wait, a goroutine reads instead,
// which can wait, too.
func (t tap) Take(messages []transport.Message) (more bool) {
	at := t.watch.now()
	for len(messages) > 0 {
		if t.life.Err() == nil && t.link.pressed() != nil {
			left := slices.Clone(messages)
			t.goroutines.Go(func() { t.readBehind(t.link, left) })
			return false
		}
		var few [ahead]input
		all := few[:0]
		for _, m := range messages[:min(len(messages), ahead)] {
			if in, ok := t.arrived(t.link, m, at); ok {
				all = append(all, in)
			}
		}
		messages = messages[min(len(messages), ahead):]
		t.putOf(t.link, at, all...)
	}
	return true
}

// readBehind reads what comes behind messages that have arrived.
func (n *Node) readBehind(l *link, messages []transport.Message) {
	for _, m := range messages {
		n.handIn(l, m)
	}
	n.read(l)
}

// End implements transport.Tap.
func (t tap) End() { t.put(time.Time{}, closed{t.link, t.link.association.Err()}) }

// arrived is the input that a message makes; false for one of another protocol.
func (n *Node) arrived(l *link, m transport.Message, at time.Time) (received, bool) {
	if m.PPID != ppid(l.protocol) {
		n.foreign[l.protocol].Add(1)
		n.cfg.Log.Debug("message.discarded", slog.Uint64("association", uint64(l.id)),
			slog.String("protocol", l.protocol.String()), slog.Uint64("ppid", uint64(m.PPID)))
		return received{}, false
	}
	if n.cfg.Capture.On() {
		n.capture(l, false, m.Data)
	}
	return received{l, m.Data, at}, true
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
