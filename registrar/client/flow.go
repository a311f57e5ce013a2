package client

import (
	"context"
	"net"
	"os"
	"sync"
	"time"

	"rserpool/registrar/transport"
)

// flow is what a Session and a Conn have in common: its end, its deadlines, and
// what of a message is not read yet.
type flow struct {
	life        context.Context
	end         context.CancelCauseFunc
	read, write deadline
	// reading and writing are held by the one Read and the one Write under way.
	reading, writing chan struct{}
	// rest is owned by the holder of reading.
	rest []byte
}

func newFlow() *flow {
	f := &flow{reading: make(chan struct{}, 1), writing: make(chan struct{}, 1)}
	f.life, f.end = context.WithCancelCause(context.Background())
	f.read.flow, f.write.flow = f, f
	return f
}

// SetDeadline sets both deadlines, as net.Conn says. It fails after Close.
func (f *flow) SetDeadline(t time.Time) error {
	f.read.set(t)
	return f.SetWriteDeadline(t)
}

// SetReadDeadline lets Read fail with os.ErrDeadlineExceeded from t on; the zero
// value is never. It fails after Close.
func (f *flow) SetReadDeadline(t time.Time) error {
	f.read.set(t)
	return context.Cause(f.life)
}

// SetWriteDeadline lets Write fail with os.ErrDeadlineExceeded from t on; the
// zero value is never. It fails after Close.
func (f *flow) SetWriteDeadline(t time.Time) error {
	f.write.set(t)
	return context.Cause(f.life)
}

// close ends the flow; why is what Read and Write return from now on.
func (f *flow) close(why error) {
	f.end(why)
	f.read.stop()
	f.write.stop()
}

// enter takes a turn for as long as ctx lasts.
func enter(ctx context.Context, turn chan struct{}) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// copyOut fills b from a message and keeps the rest for later.
func (f *flow) copyOut(b []byte, m transport.Message) int {
	n := copy(b, m.Data)
	f.rest = m.Data[n:]
	return n
}

// deadline is a time that may be moved while somebody waits for it.
type deadline struct {
	flow *flow

	mu    sync.Mutex
	ctx   context.Context
	end   context.CancelCauseFunc
	timer *time.Timer
}

// context ends at the deadline, with os.ErrDeadlineExceeded as its cause, or with
// the flow.
func (d *deadline) context() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.current()
}

// current is called with mu held.
func (d *deadline) current() context.Context {
	if d.ctx == nil {
		d.ctx, d.end = context.WithCancelCause(d.flow.life)
	}
	return d.ctx
}

func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	if d.current().Err() != nil {
		d.ctx, d.end = context.WithCancelCause(d.flow.life)
	}
	end := d.end
	switch wait := time.Until(t); {
	case t.IsZero():
	case wait <= 0:
		end(os.ErrDeadlineExceeded)
	default:
		d.timer = time.AfterFunc(wait, func() { end(os.ErrDeadlineExceeded) })
	}
}

// stop lets go of the timer.
func (d *deadline) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
	}
	if d.end != nil {
		d.end(net.ErrClosed)
	}
}
