package web

import (
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"rserpool/registrar"
	"rserpool/registrar/feed"
)

// limit is one that the dashboard keeps to.
type limit uint8

const (
	limitFeedClients limit = iota
	limitConnections
	limitDownloads
	limitEvents
	limitCaptured
	limitBody
	limitBodies
	limitKinds
)

// limitEvery is the least time between two events that tell of one limit.
const limitEvery = 10 * time.Second

// hits count how often limits were reached.
type hits struct {
	count [limitKinds]atomic.Uint64
	// tell is for the events that tell of it.
	tell [limitKinds]rate.Sometimes
	// connections ask for pages and answers now.
	connections atomic.Int64
	// downloads of captured messages are under way.
	downloads atomic.Int64
}

// Connected tells how many connections ask for pages and answers now.
func (h *Hub) Connected(open int) { h.hits.connections.Store(int64(open)) }

// GaveWay tells that one of them was closed for another.
func (h *Hub) GaveWay(from net.Addr) {
	h.hit(limitConnections, "one from "+from.String()+" waited longest for its request, and gave way to another")
}

// download reports whether there is room for one more download of captured messages;
// done ends it.
func (h *Hub) download(from string) (done func(), ok bool) {
	done = func() { h.hits.downloads.Add(-1) }
	if h.hits.downloads.Add(1) > int64(h.limits.Downloads) {
		done()
		h.hit(limitDownloads, "one more download of captured messages, to "+from+", was refused")
		return nil, false
	}
	return done, true
}

// limitsInUse are all of them, in this order.
func (h *Hub) limitsInUse() []registrar.LimitUse {
	h.lock()
	clients := len(h.queues)
	h.unlock()
	hits := func(l limit) uint64 { return h.hits.count[l].Load() }
	return []registrar.LimitUse{
		limitFeedClients: {Name: "max_feed_clients", Limit: h.limits.FeedClients, Used: clients, Counted: true, Hits: hits(limitFeedClients)},
		limitConnections: {
			Name: "max_http_connections", Limit: h.limits.Connections, Used: int(h.hits.connections.Load()), Counted: true, Hits: hits(limitConnections),
		},
		limitDownloads: {
			Name: "max_capture_downloads", Limit: h.limits.Downloads, Used: int(h.hits.downloads.Load()), Counted: true, Hits: hits(limitDownloads),
		},
		// These two are full for most of the time, as they should be.
		limitEvents:   {Name: "max_events_kept", Limit: h.limits.Events, Hits: hits(limitEvents)},
		limitCaptured: {Name: "max_captured_messages", Limit: h.limits.Captured, Hits: h.recorder.Dropped()},
		limitBody:     {Name: "max_http_body_bytes", Limit: h.limits.BodySize, Hits: hits(limitBody)},
		limitBodies:   {Name: "max_http_bodies", Limit: h.limits.Bodies, Hits: hits(limitBodies)},
	}
}

// hit counts that somebody was refused at a limit, and tells of it unless that was done
// a moment ago. It is called without the lock.
func (h *Hub) hit(l limit, why string) {
	h.hits.count[l].Add(1)
	h.hits.tell[l].Do(func() { h.tellOf(l, why) })
}

func (h *Hub) tellOf(l limit, why string) {
	at := time.Now()
	use := h.limitsInUse()[l]
	e := registrar.LimitEvent(use.Name, use.Limit, "--"+strings.ReplaceAll(use.Name, "_", "-"), why)
	e.At = feed.At(at)
	h.log.Warn("limit.reached", slog.String("text", e.Text))
	h.Publish(at, []feed.Message{e})
}
