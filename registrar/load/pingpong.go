package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rserpool/registrar/transport"
)

// What a ping-pong carries: as many bytes as a handle resolution for a short pool
// handle, and as an answer with three elements.
const (
	pingSize = 24
	pongSize = 168
)

// PingPong measures how fast messages go to an Echo and back: the ceiling for a
// registrar at the same place, which has to read them, too. Of the options it takes
// those that say where, how many at once, and how long.
func PingPong(ctx context.Context, o Options) (Phase, error) {
	o.Work = Ball
	if err := o.Validate(); err != nil {
		return Phase{}, err
	}
	r := &run{Options: &o}
	defer r.close()
	for i := range o.Associations {
		l, err := dial(ctx, r.Options)
		if err != nil {
			return Phase{}, fmt.Errorf("association %d of %d: %w", i+1, o.Associations, err)
		}
		r.lanes = append(r.lanes, l)
	}
	r.progress(string(Ball))
	ctx, cancel := context.WithTimeout(ctx, o.Duration)
	defer cancel()
	rec := newRecorder(string(Ball))
	before := r.Server.Used()
	start := time.Now()
	dones, balls := make([]<-chan struct{}, len(r.lanes)), make([]*ball, len(r.lanes))
	for i, l := range r.lanes {
		b := &ball{association: l.association, run: r, recorder: rec, ctx: ctx, done: make(chan struct{})}
		b.sender = sender{association: l.association, broken: b.broke}
		dones[i], balls[i] = b.done, b
		b.serve()
		go receive(l.association, b)
	}
	await(rec, dones)
	for _, b := range balls {
		b.broke(errLost)
	}
	p := rec.result(time.Since(start))
	p.Server = r.Server.Since(before)
	return p, nil
}

// ball is what one association keeps in the air.
type ball struct {
	*run
	association transport.Association
	sender      sender
	recorder    *recorder
	ctx         context.Context
	done        chan struct{}

	mu   sync.Mutex
	sent []time.Time // oldest first
	over bool
}

var (
	ping    [pingSize]byte
	errLost = errors.New("no answer: is that registrar bench echo?")
)

// serve sends the first.
func (b *ball) serve() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.Depth {
		b.send(time.Now())
	}
}

// send is called with mu held.
func (b *ball) send(now time.Time) {
	if b.ctx.Err() != nil || b.Requests > 0 && b.begun.Add(1) > int64(b.Requests) {
		b.settle()
		return
	}
	b.sent = append(b.sent, now)
	if err := b.sender.send(ping[:]); err != nil {
		b.fail(err)
	}
}

func (b *ball) settle() {
	if len(b.sent) == 0 && !b.over {
		b.over = true
		close(b.done)
	}
}

// Take implements transport.Tap.
func (b *ball) Take(messages []transport.Message) (more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range messages {
		if len(b.sent) == 0 || len(m.Data) != pongSize {
			b.recorder.failed(fmt.Sprintf("answer has %d bytes, want %d: is that registrar bench echo?", len(m.Data), pongSize), 1)
			continue
		}
		now := time.Now()
		b.recorder.answered(now.Sub(b.sent[0]))
		b.sent = append(b.sent[:0], b.sent[1:]...)
		b.send(now)
	}
	b.settle()
	return true
}

// End implements transport.Tap.
func (b *ball) End() { b.broke(b.association.Err()) }

// broke is fail without mu held.
func (b *ball) broke(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail(err)
}

// fail ends it.
func (b *ball) fail(err error) {
	if !b.over {
		b.recorder.failed(err.Error(), len(b.sent))
		b.sent = nil
		b.settle()
	}
}

// Echo answers what PingPong sends, over the associations of one listener, until ctx
// ends.
func Echo(ctx context.Context, l transport.Listener) error {
	var associations sync.WaitGroup
	defer associations.Wait()
	defer l.Close()
	for {
		a, err := l.Accept(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		associations.Go(func() {
			pong := transport.Message{PPID: transport.PPIDASAP, Data: make([]byte, pongSize)}
			for {
				if _, err := a.Recv(ctx); err != nil {
					return
				}
				if err := a.Send(ctx, pong); err != nil {
					return
				}
			}
		})
	}
}
