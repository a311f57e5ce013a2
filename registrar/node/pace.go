package node

import (
	"fmt"
	"time"

	"rserpool/registrar"
)

// pace is how many messages of a registrar were read in this second. It belongs to
// whoever reads the association.
type pace struct {
	since time.Time
	read  int
}

// count counts one that came at a time.
func (p *pace) count(at time.Time) {
	if at.Sub(p.since) >= time.Second {
		*p = pace{since: at}
	}
	p.read++
}

// hurried gives how long l has to rest, since its registrar has said in this second as
// much as it may. What it says more is read later: then nothing of it is lost, and it
// does not seem to be dead, since any message is a sign of life. Were some of it dropped,
// its elements would have to be fetched again.
func (n *Node) hurried(l *link, at time.Time) time.Duration {
	if n.cfg.MaxMessages == 0 || l.protocol != registrar.ENRP || l.pace.read < n.cfg.MaxMessages {
		return 0
	}
	return max(time.Second-at.Sub(l.pace.since), 0)
}

// hold waits until a registrar that hurries may go on.
func (n *Node) hold(l *link) {
	rest := n.hurried(l, n.watch.now())
	if rest == 0 {
		return
	}
	n.hit(limitMessages, limited{
		name: "max_messages_per_second", bound: n.cfg.MaxMessages, setting: "--max-messages-per-second",
		why: fmt.Sprintf("what %v sends more is read later", addressOf(remote(l.association))),
	})
	n.pause(l, rest)
}

// pause waits as long as it is told to, or until l has ended.
func (n *Node) pause(l *link, long time.Duration) {
	over := time.NewTimer(long)
	defer over.Stop()
	select {
	case <-over.C:
	case <-l.association.Done():
	case <-l.ctx.Done():
	case <-n.life.Done():
	}
}
