package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
)

// elementJSON is a line of -o json.
type elementJSON struct {
	Time          string        `json:"time"`
	Event         string        `json:"event"`
	Pool          string        `json:"pool"`
	ID            string        `json:"id"`
	Registrar     string        `json:"registrar,omitempty"`
	HomeRegistrar string        `json:"home_registrar,omitempty"`
	UserTransport transportJSON `json:"user_transport"`
	Causes        []string      `json:"causes,omitempty"`
	Error         string        `json:"error,omitempty"`
}

// news is what happened to elements and is not told yet. The client's goroutine
// adds to it and does not wait for whoever reads the output.
type news struct {
	mu     sync.Mutex
	events []client.Event
	wake   chan struct{} // has room for one
	last   chan struct{} // closed when no more will come
	told   chan struct{} // closed when all is told
}

func newNews() *news {
	return &news{wake: make(chan struct{}, 1), last: make(chan struct{}), told: make(chan struct{})}
}

func (n *news) add(ev client.Event) {
	n.mu.Lock()
	n.events = append(n.events, ev)
	n.mu.Unlock()
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

func (n *news) take() []client.Event {
	n.mu.Lock()
	defer n.mu.Unlock()
	events := n.events
	n.events = nil
	return events
}

// end tells what is left; nothing may be added any more.
func (n *news) end() {
	close(n.last)
	<-n.told
}

// tellNews is the goroutine that tells.
func (f *fleet) tellNews() {
	defer close(f.news.told)
	for ended := false; !ended; {
		select {
		case <-f.news.wake:
		case <-f.news.last:
			ended = true
		}
		for _, ev := range f.news.take() {
			f.tell(ev)
		}
	}
}

// tell prints what happened to an element: the registration and, with -o json,
// everything on stdout, the rest in the log.
func (f *fleet) tell(ev client.Event) {
	if f.json {
		f.tellJSON(ev)
		return
	}
	if ev.Kind == endpoint.Registered {
		fmt.Fprintf(f.cmd.OutOrStdout(), "registered %s in %s at %s, %s\n",
			ev.ID, handleText(ev.Pool), homeText(ev.Home), transportText(ev.User))
	}
	level, attrs := slog.LevelInfo, []any{slog.String("pool", handleText(ev.Pool)), slog.String("id", ev.ID.String())}
	attrs = append(attrs, homeAttrs(ev.Home)...)
	if len(ev.Causes) > 0 {
		level, attrs = slog.LevelWarn, append(attrs, slog.String("causes", endpoint.Describe(ev.Causes)))
	}
	if ev.Err != nil {
		level, attrs = slog.LevelWarn, append(attrs, slog.Any("error", ev.Err))
	}
	if ev.Kind == endpoint.Reregistered && len(ev.Causes) == 0 {
		level = slog.LevelDebug
	}
	f.log.Log(context.Background(), level, "element."+ev.Kind.String(), attrs...)
}

func (f *fleet) tellJSON(ev client.Event) {
	line := elementJSON{
		Time: time.Now().UTC().Format(timeFormat), Event: ev.Kind.String(), Pool: handleText(ev.Pool), ID: ev.ID.String(),
		UserTransport: newTransportJSON(ev.User), Causes: causeWords(ev.Causes),
	}
	if ev.Home.Address.Port != 0 {
		line.Registrar = ev.Home.Address.String()
	}
	if ev.Home.Server != 0 {
		line.HomeRegistrar = ev.Home.Server.String()
	}
	if ev.Err != nil {
		line.Error = ev.Err.Error()
	}
	if err := lineWriter(f.cmd, f.cmd.OutOrStdout())(line); err != nil {
		f.log.Warn("cannot write to the output", slog.Any("error", err))
	}
}

// timeFormat is RFC 3339 with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"
