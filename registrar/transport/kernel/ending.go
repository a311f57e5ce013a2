//go:build linux && !386

package kernel

import (
	"context"
	"errors"
	"fmt"

	"rserpool/registrar/transport"
)

// end ends the association and its socket, once.
func (a *association) end(why error) {
	if a.endWith(why) {
		a.conn.close()
	}
}

// endWith ends the association, and reports whether it had not ended before.
func (a *association) endWith(why error) bool {
	if a.ending.Swap(true) {
		return false
	}
	// Out of the table first: who waited for Done may dial at once.
	a.listener.forget(a)
	a.mu.Lock()
	a.err = why
	close(a.done)
	a.mu.Unlock()
	// What has arrived is at most one window: let it through to Recv.
	a.in.Flush()
	return true
}

// lost ends the association for what the kernel or the peer says.
func (a *association) lost(socket error, reason string) { a.end(lossOf(socket, reason)) }

// violated ends the association because of what the peer has sent.
func (a *association) violated(what error) {
	a.reader.over = true
	a.abort(what.Error(), fmt.Errorf("%w: %w", transport.ErrAborted, what))
}

// startClosing notes that a shutdown is under way, and who began.
func (a *association) startClosing(why error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closing == nil {
		a.closing = why
	}
}

// Shutdown is Association.Shutdown. The kernel sends what is queued, and tells when
// the peer has it and has agreed.
func (a *association) Shutdown(ctx context.Context) error {
	a.startClosing(transport.ErrClosed)
	// It fails when a shutdown is under way already; that one will do.
	_ = a.conn.send(nil, sendInfo{flags: sendEOF}, false)
	select {
	case <-a.done:
	case <-ctx.Done():
		select {
		case <-a.done:
		default:
			a.Abort("shutdown took too long")
			return ctx.Err()
		}
	}
	err := a.Err()
	if errors.Is(err, transport.ErrClosed) || errors.Is(err, transport.ErrShutdown) {
		return nil
	}
	return err
}

// Abort is Association.Abort.
func (a *association) Abort(reason string) { a.abort(reason, transport.ErrClosed) }

func (a *association) abort(reason string, why error) {
	if a.ending.Load() {
		return
	}
	// It fails when the association has just ended; if not, closing the socket aborts.
	_ = a.conn.send([]byte(cut(reason)), sendInfo{flags: sendAbort}, false)
	a.end(why)
}
