package node

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/feed"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/announce"
)

// heardLimit is how full the queue may be for a datagram of a group to get in: a
// flood of them leaves the other half to associations.
const heardLimit = inboxLimit / 2

// AnnounceError says which multicast groups cannot be used.
type AnnounceError struct {
	Protocol registrar.Protocol
	Groups   []netip.AddrPort
	Err      error
}

func (e *AnnounceError) Error() string {
	return fmt.Sprintf("node: cannot announce by %s to %v: %v", e.Protocol, e.Groups, e.Err)
}

// Unwrap gives the cause.
func (e *AnnounceError) Unwrap() error { return e.Err }

// announcer sends the announcements of one protocol.
type announcer struct {
	groups []*announce.Group
	// failed: the last announcement did not go out everywhere.
	failed bool
}

// newAnnouncer opens those of the groups that the addresses can reach: there may be
// some of each family. None at all is an error.
func (c Config) newAnnouncer(p registrar.Protocol, groups []netip.AddrPort, from []netip.Addr) (a announcer, err error) {
	var unreachable error
	for _, addr := range groups {
		g, err := announce.Open(announce.Config{
			Group: addr, Local: from, Interfaces: c.AnnounceInterfaces, TTL: c.AnnounceTTL,
		})
		switch {
		case err == nil:
			a.groups = append(a.groups, g)
		case errors.Is(err, announce.ErrNoInterface):
			unreachable = err
		default:
			a.close()
			return announcer{}, &AnnounceError{p, groups, err}
		}
	}
	if len(a.groups) == 0 && len(groups) > 0 {
		return announcer{}, &AnnounceError{p, groups, unreachable}
	}
	return a, nil
}

// openGroups prepares to announce to the groups, and to hear those of ENRP.
func (n *Node) openGroups() (err error) {
	c := &n.cfg
	c.Registrar.AnnounceASAP, c.Registrar.AnnounceENRP = len(c.AnnounceASAP) > 0, len(c.AnnounceENRP) > 0
	if n.announcers[registrar.ASAP], err = c.newAnnouncer(registrar.ASAP, c.AnnounceASAP, c.Registrar.ASAP.Addrs); err != nil {
		return err
	}
	if n.announcers[registrar.ENRP], err = c.newAnnouncer(registrar.ENRP, c.AnnounceENRP, c.Registrar.ENRP.Addrs); err != nil {
		return err
	}
	beside := append(transport.Sockets(n.asap), transport.Sockets(n.enrp)...)
	for _, g := range n.announcers[registrar.ENRP].groups {
		if err := g.Join(beside...); err != nil {
			return &AnnounceError{registrar.ENRP, c.AnnounceENRP, err}
		}
	}
	return nil
}

func (a *announcer) close() {
	for _, g := range a.groups {
		g.Close() // what is lost by that is a datagram
	}
}

func (a *announcer) send(now time.Time, data []byte) error {
	var errs []error
	for _, g := range a.groups {
		if err := g.Send(now, data); err != nil {
			errs = append(errs, fmt.Errorf("to %v: %w", g, err))
		}
	}
	return errors.Join(errs...)
}

// announce sends data to the groups of its protocol. A failure is noted when it
// begins.
func (n *Node) announce(now time.Time, e registrar.Announce) {
	a := &n.announcers[e.Protocol]
	if n.cfg.Capture.On() {
		n.captureAnnounced(e, a.groups)
	}
	err := a.send(now, e.Data)
	if err != nil && !a.failed {
		n.note(now, registrar.Noted{Level: registrar.Warn, Event: feed.Event{
			Name: "announce.failed", Server: n.ID(), Text: fmt.Sprintf("cannot announce by %v %v", e.Protocol, err),
		}})
	}
	a.failed = err != nil
}

// hear reads a group until it is closed.
func (n *Node) hear(g *announce.Group) {
	for {
		data, from, err := g.Receive()
		if err != nil {
			if n.life.Err() == nil {
				n.cfg.Log.Warn("announce.failed", slog.Any("error", err))
			}
			return
		}
		if n.cfg.Capture.On() {
			n.cfg.Capture.Record(feed.Captured{ENRP: true, Group: true, Local: g.Addr(), Remote: from}, data)
		}
		n.offer(heard{from, data})
	}
}

// offer queues in for the node's goroutine unless too much waits already: then it is
// lost. Announcements come again, and so does who was turned away.
func (n *Node) offer(in input) (taken bool) {
	if n.queue.len() >= heardLimit {
		return false
	}
	n.queue.add(in)
	n.rouse()
	return true
}
