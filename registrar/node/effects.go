package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/feed"
	"rserpool/registrar/transport"
)

// errSlow ends the association with a peer that is sent more than it reads.
var errSlow = errors.New("the peer does not read what it is sent")

// perform does what the registrar wants done. It never waits for anything.
func (n *Node) perform(now time.Time, effect registrar.Effect) {
	switch e := effect.(type) {
	case registrar.Send:
		n.send(now, e)
	case registrar.Dial:
		n.pending = append(n.pending, e)
		n.dialNext()
		if len(n.pending) > 0 {
			n.hits.count[limitDials].Add(1)
		}
	case registrar.Disconnect:
		n.disconnect(e)
	case registrar.Announce:
		n.announce(now, e)
	case registrar.Changed:
		if s, ok := e.Message.(feed.RegistrarState); ok {
			n.ready.Store(s.Phase == feed.Serving)
		}
		n.changes = append(n.changes, e.Message)
	case registrar.Noted:
		n.note(now, e)
	case registrar.Deregistered:
		n.answer(e.Request, e)
	case registrar.HoldEnded:
		n.answer(e.Request, e)
	case registrar.Answered:
		n.answer(e.Request, e)
	case registrar.Selected:
		n.answer(e.Request, e)
	case registrar.Reconfigured:
		if revoked := n.reconfigured(e); revoked.Name != "" {
			n.note(now, revoked)
		}
	}
}

func (n *Node) send(now time.Time, e registrar.Send) {
	l := n.links[e.Association]
	if l == nil || l.ended {
		return
	}
	if n.cfg.Capture.On() { // before its answer can come
		n.capture(l, true, e.Data)
	}
	if l.send(e.Data) {
		return
	}
	n.tooSlow(now, l)
}

// tooSlow ends an association whose other end does not read.
func (n *Node) tooSlow(now time.Time, l *link) {
	l.abort(errSlow)
	full := limitUserQueue
	if l.protocol == registrar.ENRP {
		full = limitPeerQueue
	}
	n.hits.count[full].Add(1)
	n.note(now, registrar.Noted{Level: registrar.Warn, Event: feed.Event{
		Name: "association.slow",
		Text: fmt.Sprintf("aborted the %s association with %v: %d bytes wait and it does not read",
			l.protocol, addressOf(remote(l.association)), l.out.waiting()),
	}})
}

func (n *Node) disconnect(e registrar.Disconnect) {
	l := n.links[e.Association]
	switch {
	case l == nil:
	case e.Abort:
		l.abort(errors.New("the registrar ends it"))
	case !l.ended:
		l.close()
	}
}

// dialNext starts the dials that there are places for.
func (n *Node) dialNext() {
	for len(n.pending) > 0 && n.dialing < dialLimit {
		d := n.pending[0]
		n.pending = n.pending[1:]
		n.dialing++
		n.goroutines.Go(func() { n.dial(d) })
	}
}

func (n *Node) dialEnded() {
	n.dialing--
	n.dialNext()
}

// dial opens one association, from the port of its protocol: peers know
// registrars by it (RFC 5353 section 2.2).
func (n *Node) dial(d registrar.Dial) {
	from := n.asap
	if d.Protocol == registrar.ENRP {
		from = n.enrp
	}
	a, err := from.Dial(n.growing, addressOf(d.To))
	if errors.Is(err, transport.ErrExists) {
		select { // the other end was faster: its association is on the way to accept
		case <-time.After(overtaken):
		case <-n.life.Done():
		}
	}
	if err != nil {
		n.put(time.Time{}, undialled{d.ID, err})
		return
	}
	n.put(time.Time{}, opened{association: a, protocol: d.Protocol, dial: d.ID})
}

// note logs what happened and, unless it is detail, puts it into the feed.
func (n *Node) note(now time.Time, e registrar.Noted) {
	if e.At == 0 {
		e.At = feed.At(now)
	}
	if e.Level >= registrar.Info {
		n.changes = append(n.changes, e.Event)
	}
	level := map[registrar.Level]slog.Level{
		registrar.Debug: slog.LevelDebug, registrar.Info: slog.LevelInfo, registrar.Warn: slog.LevelWarn,
	}[e.Level]
	ctx := context.Background()
	if !n.cfg.Log.Enabled(ctx, level) {
		return
	}
	n.cfg.Log.LogAttrs(ctx, level, e.Name, attrs(e.Event)...)
}

// attrs are the fields that e has.
func attrs(e feed.Event) []slog.Attr {
	list := []slog.Attr{slog.String("text", e.Text)}
	if e.Handle != "" {
		list = append(list, slog.String("pool", string(e.Handle)))
	}
	if e.Element != 0 {
		list = append(list, slog.String("element", e.Element.String()))
	}
	if e.Server != 0 {
		list = append(list, slog.String("server", e.Server.String()))
	}
	if e.Origin != "" {
		list = append(list, slog.String("origin", e.Origin))
	}
	return list
}

// publish hands on the changes of a batch.
func (n *Node) publish(now time.Time) {
	n.publishCounters(now)
	if len(n.changes) > 0 {
		n.cfg.Publish(now, n.changes)
		n.changes = nil
	}
	n.handOut()
}

// remote is the other end of a.
func remote(a transport.Association) registrar.Endpoint {
	p := a.Peer()
	return registrar.Endpoint{Addrs: p.Addrs, Port: p.Port, UDPPort: p.UDPPort}
}
