package node

import (
	"log/slog"
	"slices"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/transport"
)

// read reads an association in a goroutine of its own, which can wait: to the end, or
// until it can hand on by itself what it reads.
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

// handIn puts one message in when there is room for it and its answer, and reports whether
// there was in time.
func (n *Node) handIn(l *link, m transport.Message) bool {
	n.awaitLine(l)
	if !n.await(l) {
		n.put(time.Time{}, slow{l})
		return false
	}
	n.hold(l)
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

// awaitLine waits while no more resolutions of l may wait: what is sent meanwhile waits in
// the association's window, and then with who sends it.
func (n *Node) awaitLine(l *link) {
	relief := l.line.full()
	if relief == nil {
		return
	}
	select {
	case <-relief:
	case <-l.association.Done():
	case <-l.ctx.Done():
	case <-n.life.Done():
	}
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

// Take implements transport.Tap. While too many resolutions or answers wait, or a registrar
// hurries, a goroutine reads instead, which can wait.
func (t tap) Take(messages []transport.Message) (more bool) {
	at := t.watch.now()
	for len(messages) > 0 {
		if t.life.Err() == nil && (t.link.pressed() != nil || t.hurried(t.link, at) > 0 || t.link.line.full() != nil) {
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
	if n.cfg.MaxMessages > 0 {
		l.pace.count(at)
	}
	if n.cfg.Capture.On() {
		n.capture(l, false, m.Data)
	}
	return received{l, m.Data, at, resolves(l, m.Data)}, true
}

// resolves reports whether a message is a handle resolution.
func resolves(l *link, data []byte) bool {
	return l.protocol == registrar.ASAP && len(data) > 0 && asap.MessageType(data[0]) == asap.TypeHandleResolution
}
