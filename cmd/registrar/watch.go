package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar/feed"
	"rserpool/registrar/inspect"
	"rserpool/registrar/replica"
	"rserpool/ui/view"
)

const (
	// watchRetry is how long watch waits before it calls a registrar again.
	watchRetry = time.Second
	// maxEvent bounds a line of the stream: a frame in base64.
	maxEvent = 8 << 20
)

// watchOptions are the flags of `registrar watch`.
type watchOptions struct {
	apiFlags
	filter   string
	messages bool
	count    int
}

// watchJSON is a line of -o jsonl: an event, or a message.
type watchJSON struct {
	Time      string `json:"time"`
	Event     string `json:"event,omitempty"`
	Pool      string `json:"pool,omitempty"`
	Element   string `json:"element,omitempty"`
	Registrar string `json:"registrar,omitempty"`
	Origin    string `json:"origin,omitempty"`
	Actor     string `json:"actor,omitempty"`
	Text      string `json:"text,omitempty"`
	Message   string `json:"message,omitempty"`
	Protocol  string `json:"protocol,omitempty"`
	Direction string `json:"direction,omitempty"`
	Remote    string `json:"remote,omitempty"`
	Bytes     int    `json:"bytes,omitempty"`
	Hex       string `json:"hex,omitempty"`
}

func newWatchCmd() *cobra.Command {
	o := &watchOptions{}
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Follow what happens at a registrar",
		Long: "Follows the feed that the dashboard lives on: a line for every event, and with\n" +
			"--messages for every ENRP and ASAP message as it passes. When the registrar\n" +
			"goes away it waits for it to come back.",
		Example: "  registrar watch\n  registrar watch --filter event:element.removed -o jsonl\n  registrar watch --messages",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	o.add(f)
	f.StringVar(&o.filter, "filter", "", "only events that fit `WORDS`, such as 'origin:expiry'; the dashboard has the same filters")
	f.BoolVar(&o.messages, "messages", false, "also the messages between the registrar and others; it captures them meanwhile")
	f.IntVar(&o.count, "count", 0, "end after `N` lines; 0 is until it is interrupted")
	return cmd
}

// errEnough ends watching.
var errEnough = errors.New("enough")

func (o *watchOptions) run(cmd *cobra.Command) error {
	match, fault := view.EventFilter(o.filter)
	switch {
	case fault != "":
		return fail(exitUsage, fmt.Errorf("--filter: %s", fault))
	case o.count < 0:
		return fail(exitUsage, fmt.Errorf("--count: want 0 or more, have %d", o.count))
	}
	w := &watcher{cmd: cmd, log: newLogger(cmd), match: match, left: o.count, line: lineWriter(cmd, cmd.OutOrStdout()), colors: painterFor(cmd, cmd.OutOrStdout()), replica: replica.New()}
	seen := false
	for {
		err := o.follow(cmd.Context(), w)
		switch {
		case errors.Is(err, errEnough):
			return nil
		case cmd.Context().Err() != nil:
			return cmd.Context().Err()
		case !seen && !w.replica.Synced(), exitCode(err) != exitUnreachable && exitCode(err) != exitFailure:
			return err
		}
		seen = true
		w.log.Warn("watch.lost", slog.String("text", oneLine(err)+"; calling again"))
		if !sleep(cmd.Context(), watchRetry) {
			return cmd.Context().Err()
		}
	}
}

// follow reads the feed to its end.
func (o *watchOptions) follow(ctx context.Context, w *watcher) error {
	q := url.Values{}
	if w.replica.Synced() {
		q.Set("after", w.replica.Position())
	}
	if o.messages {
		q.Set("want", hex.EncodeToString(feed.Want{Messages: feed.SendMessages}.AppendTo(nil)))
	}
	res, err := o.send(ctx, http.MethodGet, "api/v1/feed", q, http.Header{"Accept": {"text/event-stream"}})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(make([]byte, 0, 64<<10), maxEvent)
	for lines.Scan() {
		text, isData := strings.CutPrefix(lines.Text(), "data: ")
		if !isData {
			continue
		}
		frame, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return fmt.Errorf("%s sent what is no frame: %w", o.server, err)
		}
		if err := w.frame(frame); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fail(exitUnreachable, fmt.Errorf("the feed of %s broke off: %w", o.server, err))
	}
	return fail(exitUnreachable, fmt.Errorf("%s has ended the feed%s", o.server, w.goodbye))
}

// watcher prints what the frames of a feed say.
type watcher struct {
	cmd     *cobra.Command
	log     *slog.Logger
	match   func(feed.Event) bool
	left    int // lines to go, where they are counted
	line    func(v any) error
	colors  painter
	replica *replica.Replica
	// latest is the number of the last event that was seen.
	latest  uint64
	goodbye string
}

// frame applies a frame. Events of the time before the watch are passed over.
func (w *watcher) frame(b []byte) error {
	list, err := feed.Parse(b)
	if err != nil {
		return fmt.Errorf("a frame of the feed could not be read: %w", err)
	}
	for _, m := range list {
		before := w.replica.Synced()
		switch m := m.(type) {
		case feed.Hello:
			if m.Schema != feed.Schema {
				return fmt.Errorf("the registrar is of version %s, which tells its feed in another way than this program of version %s", m.Version, version)
			}
			if m.Epoch != w.replica.Hello().Epoch {
				w.latest = 0
			}
		case feed.Goodbye:
			w.goodbye = ": " + m.Reason
		case feed.Event:
			if fresh := before && m.Number > w.latest; fresh && w.match(m) {
				if err := w.event(m); err != nil {
					return err
				}
			}
			w.latest = max(w.latest, m.Number)
		case feed.Captured:
			if err := w.message(m); err != nil {
				return err
			}
		}
		w.replica.Apply(m)
		if !before && w.replica.Synced() {
			c := w.replica.Counts()
			w.log.Info("watch.following", slog.String("registrar", w.replica.Self().String()), slog.Int("pools", c.Pools), slog.Int("elements", c.Elements))
		}
	}
	return nil
}

// print writes a line, and ends the watch with the last one wanted.
func (w *watcher) print(data watchJSON, text string) error {
	var err error
	if wantsData(w.cmd) {
		err = w.line(data)
	} else {
		_, err = io.WriteString(w.cmd.OutOrStdout(), text+"\n")
	}
	if w.left--; err == nil && w.left == 0 {
		return errEnough
	}
	return err
}

// clock is the beginning of a line.
func (w *watcher) clock(at time.Time) string {
	return w.colors.paint(dim, at.UTC().Format("15:04:05.000"))
}

func (w *watcher) event(e feed.Event) error {
	at := e.At.Time()
	data := watchJSON{Time: at.UTC().Format(timeFormat), Event: e.Name, Origin: e.Origin, Actor: e.Actor, Text: e.Text}
	words := []string{w.clock(at), w.colors.paint(eventStyle(e.Name), e.Name)}
	if e.Handle != "" {
		data.Pool = handleText(e.Handle)
		words = append(words, data.Pool)
	}
	if e.Element != 0 {
		data.Element = e.Element.String()
		words = append(words, data.Element)
	}
	if e.Server != 0 {
		data.Registrar = e.Server.String()
		words = append(words, "at "+data.Registrar)
	}
	text := strings.Join(words, " ")
	if e.Text != "" {
		text += ": " + visible(e.Text)
	}
	if who := strings.TrimSpace(e.Origin + " " + e.Actor); who != "" {
		text += " (" + visible(who) + ")"
	}
	return w.print(data, text)
}

func (w *watcher) message(m feed.Captured) error {
	proto, way := inspect.ASAP, "in"
	if m.ENRP {
		proto = inspect.ENRP
	}
	if m.Out {
		way = "out"
	}
	name := inspect.Read(proto, []byte(m.Data)).Message.Get("name").Value
	data := watchJSON{
		Time: m.At().Format(timeFormat), Message: name, Protocol: proto, Direction: way, Remote: m.Remote.String(), Bytes: int(m.Length),
		Hex: hex.EncodeToString([]byte(m.Data)),
	}
	if m.Server != 0 {
		data.Registrar = m.Server.String()
	}
	return w.print(data, fmt.Sprintf("%s %-3s %s %s %s, %d bytes", w.clock(m.At()), way, proto, name, data.Remote, m.Length))
}
