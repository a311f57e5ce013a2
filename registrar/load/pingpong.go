package load

import (
	"context"
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
	before := r.usage()
	start := time.Now()
	var players sync.WaitGroup
	for _, l := range r.lanes {
		players.Go(func() {
			if err := play(ctx, l.association, r, rec); err != nil {
				rec.failed(err.Error(), 1)
			}
		})
	}
	players.Wait()
	p := rec.result(time.Since(start))
	p.Server = r.used(before)
	return p, nil
}

// play keeps Depth messages under way until ctx ends.
func play(ctx context.Context, a transport.Association, r *run, rec *recorder) error {
	ping := transport.Message{PPID: transport.PPIDASAP, Data: make([]byte, pingSize)}
	sent := make([]time.Time, 0, r.Depth) // oldest first
	for range r.Depth {
		sent = append(sent, time.Now())
		if err := a.Send(ctx, ping); err != nil {
			return err
		}
	}
	for len(sent) > 0 {
		if err := receive(a); err != nil {
			return err
		}
		now := time.Now()
		rec.answered(now.Sub(sent[0]))
		sent = append(sent[:0], sent[1:]...)
		if ctx.Err() != nil || r.Requests > 0 && r.begun.Add(1) > int64(r.Requests-r.Depth*r.Associations) {
			continue
		}
		sent = append(sent, now)
		if err := a.Send(context.Background(), ping); err != nil {
			return err
		}
	}
	return nil
}

func receive(a transport.Association) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	m, err := a.Recv(ctx)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("no answer in %v: is that registrar bench echo?", grace)
	case err == nil && len(m.Data) != pongSize:
		return fmt.Errorf("answer has %d bytes, want %d: is that registrar bench echo?", len(m.Data), pongSize)
	}
	return err
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
