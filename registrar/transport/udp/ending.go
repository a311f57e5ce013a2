package udp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"rserpool/registrar/transport"
)

// maxReason bounds the text of an ABORT, sent or received.
const maxReason = 256

// end ends the association, once. It is also called by the engine with its
// lock held, so it calls nothing of the engine.
func (a *association) end(why error) {
	if a.ending.Swap(true) {
		return
	}
	// Out of the tables first: who waited for Done may dial at once.
	a.mux.mu.Lock()
	a.mux.forget(a)
	a.mux.mu.Unlock()
	a.mu.Lock()
	a.err = why
	close(a.done)
	a.mu.Unlock()
	a.pulse.stop()
	a.conn.close() // what has arrived goes through to Recv first
}

// startClosing notes that a SHUTDOWN is under way, and who began.
func (a *association) startClosing(why error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closing == nil {
		a.closing = why
	}
}

// engineClosed is called when the engine has closed its conn by itself.
func (a *association) engineClosed() {
	a.mu.Lock()
	why := a.closing
	if a.violation.Load() {
		why = fmt.Errorf("%w: protocol violation by the peer", transport.ErrAborted)
	} else if why == nil {
		why = transport.ErrClosed
	}
	a.mu.Unlock()
	a.end(why)
}

// Shutdown is Association.Shutdown.
func (a *association) Shutdown(ctx context.Context) error {
	a.startClosing(transport.ErrClosed)
	// It fails when a SHUTDOWN is under way already; that one will do.
	_ = a.engine.Shutdown(ctx)
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
func (a *association) Abort(reason string) {
	a.abort(causeUserAbort, reason, transport.ErrClosed)
}

// violate ends the association because of what the peer sent.
func (a *association) violate(what string) {
	a.abort(causeProtocolViolation, what, fmt.Errorf("%w: peer sent a %s", transport.ErrAborted, what))
}

func (a *association) abort(cause uint16, reason string, why error) {
	if a.ending.Load() {
		return
	}
	value := appendParameter(nil, cause, []byte(reason[:min(len(reason), maxReason)]))
	a.mux.reply(*a.path.Load(), a.port, a.peer.tag, chunkAbort, 0, value)
	a.end(why)
}

// refusal is what an ABORT in place of an answer makes of a dial.
func refusal(by netip.AddrPort, abort chunk) error {
	if v := abort.value(); len(v) >= 4 && binary.BigEndian.Uint16(v) == causeOutOfResource {
		return fmt.Errorf("%w, says %v", transport.ErrFull, by)
	}
	return fmt.Errorf("%w by %v: %s", transport.ErrRefused, by, abortReason(abort))
}

// abortReason is what an ABORT says, for an error message.
func abortReason(c chunk) string {
	v := c.value()
	if len(v) < 4 {
		return "no reason given"
	}
	code, n := binary.BigEndian.Uint16(v), int(binary.BigEndian.Uint16(v[2:]))
	if n < 4 || n > len(v) {
		return "malformed reason"
	}
	text := v[4:min(n, 4+maxReason)]
	switch code {
	case causeOutOfResource:
		return "out of resource"
	case causeUserAbort:
		return fmt.Sprintf("%q", text)
	case causeProtocolViolation:
		return fmt.Sprintf("protocol violation: %q", text)
	}
	return fmt.Sprintf("error cause %d", code)
}
