package tcp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"rserpool/registrar/transport"
)

// end ends the association, once. With reset the system throws away what is not
// delivered, and the peer sees an abort.
func (a *association) end(why error, reset bool) {
	a.mu.Lock()
	if a.err != nil {
		a.mu.Unlock()
		return
	}
	a.listener.forget(a) // first: who waited for Done may dial at once
	a.err = why
	close(a.done)
	a.mu.Unlock()
	if reset {
		_ = a.conn.SetLinger(0)
	}
	_ = a.conn.Close() // first: the end of what is queued must not look like a good end
	a.out.End()
	a.in.Flush() // a reader that waits for room has one message in its hand
}

// startClosing notes who has closed one half of the connection first, and lets no
// more messages in; what is queued still goes out.
func (a *association) startClosing(why error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closing == nil {
		a.closing = why
		if errors.Is(why, transport.ErrShutdown) {
			_ = a.conn.SetWriteDeadline(time.Now().Add(a.listener.limits.farewell))
		}
	}
	a.out.End()
}

// unsendable says why nothing can be sent any more.
func (a *association) unsendable() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return a.err
	}
	return a.closing
}

// readFailed: nothing more comes. The peer's end of the stream is answered with
// the own one, and both sides have ended.
func (a *association) readFailed(err error) {
	if !errors.Is(err, io.EOF) {
		a.end(failure(err), true)
		return
	}
	a.startClosing(transport.ErrShutdown)
	select {
	case <-a.drained:
		a.end(a.unsendable(), false)
	case <-a.done:
	}
}

// writeFailed: the peer takes no more.
func (a *association) writeFailed(err error) {
	if why := a.unsendable(); errors.Is(why, transport.ErrShutdown) {
		a.end(why, true) // it had closed its side, and did not stay for the rest
		return
	}
	a.end(failure(err), true)
}

// failure says in the transport's words why a connection has failed.
func failure(err error) error {
	switch {
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fmt.Errorf("%w by the peer", transport.ErrAborted)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: a message took too long to come", transport.ErrAborted)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: the stream ended inside a message", transport.ErrAborted)
	case errors.Is(err, errFrame):
		return fmt.Errorf("%w: the peer sent a %w", transport.ErrAborted, err)
	case errors.Is(err, errCut):
		return fmt.Errorf("%w: %w", transport.ErrAborted, err)
	case isAlert(err, "local error"), isAlert(err, "remote error"), errors.As(err, new(tls.RecordHeaderError)):
		return fmt.Errorf("%w: TLS has failed: %w", transport.ErrAborted, err)
	case errors.Is(err, syscall.ETIMEDOUT):
		return transport.ErrLost
	}
	return fmt.Errorf("%w: %w", transport.ErrLost, err) // no way to the peer, says the system
}

// Shutdown is Association.Shutdown.
func (a *association) Shutdown(ctx context.Context) error {
	a.startClosing(transport.ErrClosed)
	select {
	case <-a.done:
	case <-ctx.Done():
		select {
		case <-a.done:
		default:
			a.end(transport.ErrClosed, true)
			return ctx.Err()
		}
	}
	err := a.Err()
	if errors.Is(err, transport.ErrClosed) || errors.Is(err, transport.ErrShutdown) {
		return nil
	}
	return err
}

// Abort is Association.Abort. The peer is not told the reason: a reset has no room
// for it.
func (a *association) Abort(string) { a.end(transport.ErrClosed, true) }
