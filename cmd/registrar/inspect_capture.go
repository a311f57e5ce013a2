package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar/capture/pcapng"
	"rserpool/registrar/inspect"
	"rserpool/registrar/wire"
)

// liveSpan is the most that a registrar records for one request.
const liveSpan = 10 * time.Minute

// capturedJSON is a line of -o jsonl for a captured message.
type capturedJSON struct {
	Time   string `json:"time"`
	Packet int    `json:"packet"`
	From   string `json:"from"`
	To     string `json:"to"`
	Proto  string `json:"proto"`
	inspectLine
}

// captureReader shows the messages of captures.
type captureReader struct {
	cmd    *cobra.Command
	proto  string // the only one wanted, or guess
	left   int    // messages to go, where they are counted
	shown  int
	last   time.Time
	line   func(v any) error
	colors painter
}

func (o *inspectOptions) newCaptureReader(cmd *cobra.Command) *captureReader {
	return &captureReader{
		cmd: cmd, proto: o.proto.value, left: o.count,
		line: lineWriter(cmd, cmd.OutOrStdout()), colors: painterFor(cmd, cmd.OutOrStdout()),
	}
}

// readFile shows the messages of a file, - is the standard input.
func (o *inspectOptions) readFile(cmd *cobra.Command) error {
	in := cmd.InOrStdin()
	if o.file != "-" {
		f, err := os.Open(o.file)
		if err != nil {
			return fmt.Errorf("--read: %w", err)
		}
		defer f.Close()
		in = f
	}
	file, err := pcapng.NewReader(in)
	if err != nil {
		return fmt.Errorf("--read %s: %w; tcpdump -w writes one, and GET /api/v1/messages.pcapng gives one", o.file, err)
	}
	c := o.newCaptureReader(cmd)
	switch err := c.show(file); {
	case errors.Is(err, errEnough):
		return nil
	case err != nil:
		return fmt.Errorf("--read %s: %w", o.file, err)
	case c.shown == 0:
		return fail(exitNotFound, fmt.Errorf("--read %s: no such message in %d packets; what is encrypted cannot be read", o.file, file.Packets()))
	}
	return nil
}

// live shows what a registrar captures, until it is interrupted.
func (o *inspectOptions) live(cmd *cobra.Command) error {
	c, log := o.newCaptureReader(cmd), newLogger(cmd)
	for {
		err := o.record(cmd.Context(), c, log)
		switch {
		case errors.Is(err, errEnough):
			return nil
		case cmd.Context().Err() != nil:
			return cmd.Context().Err()
		case err != nil:
			return err
		}
	}
}

// record shows one capture of a registrar. Messages that the one before had, too,
// are left out.
func (o *inspectOptions) record(ctx context.Context, c *captureReader, log *slog.Logger) error {
	res, err := o.send(ctx, http.MethodGet, "api/v1/messages.pcapng", url.Values{"for": {liveSpan.String()}}, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	log.Info("inspect.recording", slog.String("server", o.server))
	file, err := pcapng.NewReader(res.Body)
	if err == nil {
		err = c.show(file)
	}
	if err != nil && !errors.Is(err, errEnough) {
		return fail(exitUnreachable, fmt.Errorf("the capture of --server %s broke off: %w", o.server, err))
	}
	return err
}

// show shows the messages of a capture.
func (c *captureReader) show(file *pcapng.Reader) error {
	since := c.last
	for {
		m, err := file.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		proto := inspect.ASAP
		if m.ENRP {
			proto = inspect.ENRP
		}
		if !m.At.After(since) || c.proto != guessProto && c.proto != proto {
			continue
		}
		c.last = m.At
		c.shown++
		if err := c.print(m, inspect.Describe(proto, m.Bytes)); err != nil {
			return err
		}
		if c.left--; c.left == 0 {
			return errEnough
		}
	}
}

func (c *captureReader) print(m pcapng.Message, r inspect.Result) error {
	if wantsData(c.cmd) {
		return c.line(capturedJSON{m.At.Format(timeFormat), m.Packet, m.From.String(), m.To.String(), r.Proto, newInspectLine(nil, r)})
	}
	var b strings.Builder
	name := r.Message.Get("name").Value
	fmt.Fprintf(&b, "%s %v > %v %s %s, %d bytes", c.colors.paint(dim, m.At.Format("15:04:05.000")), m.From, m.To, strings.ToUpper(r.Proto), name, len(m.Bytes))
	if r.Class != wire.OK {
		b.WriteString(": " + c.colors.paint(red, classWords(r.Class)) + inBrackets(r.Problem))
	}
	b.WriteByte('\n')
	if format(c.cmd) == asWide {
		appendResult(&b, r, "  ")
	}
	_, err := io.WriteString(c.cmd.OutOrStdout(), b.String())
	return err
}
