package client

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"rserpool/registrar/transport"
)

// carrier moves the bytes of one channel. send is called by one goroutine at a
// time, recv too.
type carrier interface {
	// send sends a message or, over a stream, all of its data. n is how much of that
	// the transport took before err.
	send(ctx context.Context, m transport.Message) (n int, err error)
	// recv gives the next message, or the next part of a stream. io.EOF or
	// transport.ErrShutdown is an end in good order.
	recv() (transport.Message, error)
	// done is closed when the connection has ended; nil where only recv can tell.
	done() <-chan struct{}
	// lossy: what nobody reads in time is dropped.
	lossy() bool
	// limit is the longest message, 0 for a stream.
	limit() int
	// shutdown delivers what was sent and ends the connection; it aborts when ctx
	// ends.
	shutdown(ctx context.Context)
	abort(reason string)
	local() net.Addr
	remote() net.Addr
}

// past is a deadline that is over.
var past = time.Unix(1, 0)

// writeAll writes data to conn until ctx ends.
func writeAll(ctx context.Context, conn net.Conn, data []byte) (n int, err error) {
	stop := context.AfterFunc(ctx, func() { conn.SetWriteDeadline(past) }) //nolint:errcheck // then the connection has ended
	defer stop()
	for {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		m, err := conn.Write(data[n:])
		n += m
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		// The deadline is that of ctx, or of an earlier one that came late.
		if err := conn.SetWriteDeadline(time.Time{}); err != nil {
			return n, err
		}
	}
}
