package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar/client"
)

// teller says what happens to a session: with -o json everything on stdout, a line
// each, otherwise only what elements send; and on stderr in words, or in the log
// where that is JSON.
type teller struct {
	log       *slog.Logger
	logJSON   bool
	json      bool
	line      func(v any) error // of -o json
	out, errs io.Writer

	lock    sync.Mutex
	partial lineCutter
}

func newTeller(cmd *cobra.Command) *teller {
	return &teller{
		log: newLogger(cmd), logJSON: cmd.Flags().Lookup("log-format").Value.String() == "json",
		json: wantsData(cmd), line: lineWriter(cmd, cmd.OutOrStdout()), out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr(),
	}
}

// userJSON is a line of -o json.
type userJSON struct {
	Time  string `json:"time"`
	Event string `json:"event"`
	Pool  string `json:"pool,omitempty"`
	// Element is the one of the session, From the one before a failover.
	Element string `json:"element,omitempty"`
	From    string `json:"from,omitempty"`
	Address string `json:"address,omitempty"`
	Text    string `json:"text,omitempty"`
	Reason  string `json:"reason,omitempty"`
	// Repeated is how many lines were sent again at a failover.
	Repeated int    `json:"repeated,omitempty"`
	Error    string `json:"error,omitempty"`
	// Total goes with the event ended.
	Total *summaryJSON `json:"total,omitempty"`
}

// summaryJSON is what --send has done.
type summaryJSON struct {
	Sent           int     `json:"sent"`
	Answered       int     `json:"answered"`
	Failovers      int     `json:"failovers"`
	SlowestSeconds float64 `json:"slowest_seconds"`
}

// summary is what --send has done.
type summary struct {
	sent, answered, failovers int
	slowest                   time.Duration
}

func (t *teller) connected(to client.PEHandle, at net.Addr) {
	t.tellJSON(userJSON{Event: "connected", Pool: handleText(to.Pool), Element: to.ID.String(), Address: at.String()})
	if !t.words(slog.LevelInfo, fmt.Sprintf("connected to %v of %s at %v", to.ID, handleText(to.Pool), at)) {
		t.log.Info("user.connected",
			slog.String("pool", handleText(to.Pool)), slog.String("id", to.ID.String()), slog.String("address", at.String()))
	}
}

func (t *teller) movedOver(f client.Failover, repeated int) {
	t.flush()
	t.tellJSON(userJSON{
		Event: "failover", Pool: handleText(f.To.Pool), Element: f.To.ID.String(), From: f.From.ID.String(), Reason: f.Reason,
		Repeated: repeated,
	})
	words := fmt.Sprintf("failed over from %v to %v: %s", f.From.ID, f.To.ID, f.Reason)
	if repeated > 0 {
		words += "; " + plural(repeated, "line") + " sent again"
	}
	if !t.words(slog.LevelWarn, words) {
		t.log.Warn("user.failover",
			slog.String("pool", handleText(f.To.Pool)), slog.String("from", f.From.ID.String()),
			slog.String("to", f.To.ID.String()), slog.String("reason", f.Reason), slog.Int("repeated", repeated))
	}
}

// closed tells of an element that has ended the session.
func (t *teller) closed(by client.PEHandle) {
	t.tellJSON(userJSON{Event: "closed", Pool: handleText(by.Pool), Element: by.ID.String()})
	if !t.words(slog.LevelInfo, fmt.Sprintf("%v has ended the session", by.ID)) {
		t.log.Info("user.closed", slog.String("pool", handleText(by.Pool)), slog.String("id", by.ID.String()))
	}
}

// failed is for -o json: the error itself is on stderr in any case.
func (t *teller) failed(err error) { t.tellJSON(userJSON{Event: "failed", Error: oneLine(err)}) }

func (t *teller) sent(line []byte) {
	if t.json {
		t.tellJSON(userJSON{Event: "sent", Text: strings.TrimRight(string(line), "\r\n")})
	}
}

func (t *teller) summarize(s summary) {
	t.tellJSON(userJSON{Event: "ended", Total: &summaryJSON{s.sent, s.answered, s.failovers, s.slowest.Seconds()}})
	words := fmt.Sprintf("%s sent, %d answered, %s, slowest answer %v",
		plural(s.sent, "request"), s.answered, plural(s.failovers, "failover"), s.slowest.Round(10*time.Microsecond))
	if !t.words(slog.LevelInfo, words) {
		t.log.Info("user.ended", slog.Int("sent", s.sent), slog.Int("answered", s.answered),
			slog.Int("failovers", s.failovers), slog.Duration("slowest", s.slowest))
	}
}

// plural is "1 failover" or "2 failovers".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// print shows what an element sent.
func (t *teller) print(b []byte) {
	t.lock.Lock()
	defer t.lock.Unlock()
	if !t.json {
		t.out.Write(b) //nolint:errcheck // a reader that has gone away ends the program by SIGPIPE
		return
	}
	t.partial.cut(b, func(line []byte) { t.encode(userJSON{Event: "received", Text: string(line)}) })
}

// flush shows the beginning of a line that will not be ended.
func (t *teller) flush() {
	t.lock.Lock()
	defer t.lock.Unlock()
	if len(t.partial.partial) > 0 {
		t.encode(userJSON{Event: "received", Text: string(t.partial.partial)})
		t.partial.drop()
	}
}

func (t *teller) tellJSON(line userJSON) {
	if !t.json {
		return
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	t.encode(line)
}

// encode wants the lock.
func (t *teller) encode(line userJSON) {
	line.Time = time.Now().UTC().Format(timeFormat)
	if err := t.line(line); err != nil {
		t.log.Warn("cannot write to the output", slog.Any("error", err))
	}
}

// words writes to stderr, unless the log is JSON: then it is false, and the log is
// to have it.
func (t *teller) words(level slog.Level, text string) bool {
	if !t.logJSON && t.log.Enabled(context.Background(), level) {
		fmt.Fprintln(t.errs, text)
	}
	return !t.logJSON
}
