package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

const (
	// grace is how long nothing may be answered before a phase is given up.
	grace = 10 * time.Second
	// fillDepth is how many registrations wait at once for their answers, over all
	// associations; each has one at least.
	fillDepth = 32
)

// run is one run under way.
type run struct {
	*Options
	lanes  []*lane
	spaces []*space
	phases []Phase
	begun  atomic.Int64 // requests of the work
}

// Run does the work and tells how each phase went. What it has registered, it
// deregisters, also after an error and when ctx ends the work early. The error says
// what kept it from its work; refusals and lost answers are counted only.
func Run(ctx context.Context, o Options) ([]Phase, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	r := &run{Options: &o}
	defer r.close()
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	if o.Work == Register {
		err := r.rounds(ctx) // which the phases are of
		return r.phases, err
	}
	err := r.fill(ctx)
	if err == nil {
		r.work(ctx)
	}
	r.empty()
	return r.phases, err
}

// open makes the associations.
func (r *run) open(ctx context.Context) error {
	r.progress("connect")
	handles := make([]wire.PoolHandle, r.pools())
	for i := range handles {
		handles[i] = r.Handle(i)
	}
	first := wire.PEIdentifier(rand.Uint32()>>1 + 1) // runs beside each other have others
	for i := range r.Associations {
		l, err := dial(ctx, r.Options)
		if err != nil {
			return fmt.Errorf("association %d of %d: %w", i+1, r.Associations, err)
		}
		s := newSpace(r.Options, i, first, handles, userTransport(l.association))
		l.elements = s.byPool()
		r.lanes, r.spaces = append(r.lanes, l), append(r.spaces, s)
		go receive(l.association, l)
	}
	return nil
}

// rounds registers all and deregisters all until the time is over, or as many are
// registered as were wanted.
func (r *run) rounds(ctx context.Context) error {
	end := time.Now().Add(r.Duration)
	for ctx.Err() == nil {
		if err := r.fill(ctx); err != nil {
			r.empty()
			return err
		}
		r.empty()
		if n := len(r.phases); n > 2 {
			r.phases[0].add(r.phases[n-2])
			r.phases[1].add(r.phases[n-1])
			r.phases = r.phases[:2]
		}
		if time.Now().After(end) || r.Requests > 0 && r.phases[0].Requests >= uint64(r.Requests) {
			break
		}
	}
	return nil
}

// fill registers the space.
func (r *run) fill(ctx context.Context) error {
	if r.Pool != "" {
		return nil
	}
	p := r.each(ctx, "register", (*space).register)
	if missing := uint64(r.Pools*r.Elements) - p.Requests; missing > 0 && ctx.Err() == nil {
		return fmt.Errorf("%d of %d registrations failed: %s", missing, r.Pools*r.Elements, mostFrequent(p.Errors))
	}
	return ctx.Err()
}

// empty deregisters it, whether or not it was registered completely.
func (r *run) empty() {
	if r.Pool == "" {
		r.each(context.Background(), "deregister", (*space).deregister)
	}
}

// each sends one message for each element.
func (r *run) each(ctx context.Context, name string, message func(*space, element) (asap.Message, answer)) Phase {
	depth := max(1, fillDepth/r.Associations)
	if r.Work == Register {
		depth = r.Depth
	}
	return r.phase(ctx, name, depth, func(s *space) source {
		at := 0
		return func() (asap.Message, answer, bool) {
			if at == len(s.elements) || ctx.Err() != nil {
				return nil, answer{}, false
			}
			at++
			m, by := message(s, s.elements[at-1])
			return m, by, true
		}
	})
}

// work is what was asked for.
func (r *run) work(ctx context.Context) {
	depth := r.Depth
	if r.Rate > 0 || r.Work == Hold {
		depth = 0
	}
	ctx, cancel := context.WithTimeout(ctx, r.Duration)
	defer cancel()
	r.phase(ctx, string(r.Work), depth, func(s *space) source {
		return func() (m asap.Message, by answer, ok bool) {
			if ctx.Err() != nil || r.Requests > 0 && r.begun.Add(1) > int64(r.Requests) {
				return nil, answer{}, false
			}
			if r.Work == Reregister || r.Work == Mixed && s.chance.Float64() < r.Updates {
				m, by = s.reregister()
			} else {
				m, by = s.resolve()
			}
			return m, by, true
		}
	})
}

// phase runs all lanes until their sources are exhausted and all is answered, or
// nothing was answered for a while.
func (r *run) phase(ctx context.Context, name string, depth int, sources func(*space) source) Phase {
	r.progress(name)
	rec := newRecorder(name)
	before := r.Server.Used()
	start := time.Now()
	dones := make([]<-chan struct{}, len(r.lanes))
	for i, l := range r.lanes {
		dones[i] = l.begin(rec, sources(r.spaces[i]), depth)
	}
	if depth == 0 {
		r.pace(ctx, start)
		for _, l := range r.lanes {
			l.last()
		}
	}
	await(rec, dones)
	for _, l := range r.lanes {
		l.finish()
	}
	p := rec.result(time.Since(start))
	p.Server = r.Server.Since(before)
	r.phases = append(r.phases, p)
	return p
}

// await waits for all lanes.
func await(rec *recorder, dones []<-chan struct{}) {
	look := time.NewTicker(grace)
	defer look.Stop()
	seen := rec.count()
	for _, done := range dones {
		for waiting := true; waiting; {
			select {
			case <-done:
				waiting = false
			case <-look.C:
				now := rec.count()
				if now == seen {
					return
				}
				seen = now
			}
		}
	}
}

// pace begins requests when they are due, until ctx ends.
func (r *run) pace(ctx context.Context, start time.Time) {
	if r.Work == Hold {
		<-ctx.Done()
		return
	}
	for i := 0; ctx.Err() == nil && (r.Requests == 0 || i < r.Requests); i++ {
		due := start.Add(time.Duration(float64(i) / r.Rate * float64(time.Second)))
		if wait := time.Until(due); wait > 0 {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return
			}
		}
		r.lanes[i%len(r.lanes)].due(due)
	}
}

// progress tells what begins.
func (r *run) progress(phase string) {
	if r.Progress != nil {
		r.Progress(phase)
	}
}

// close ends the associations in good order.
func (r *run) close() {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	for _, l := range r.lanes {
		_ = l.association.Shutdown(ctx) // it has ended either way
		_ = l.listener.Close()
	}
}

func mostFrequent(errs map[string]uint64) string {
	most, text := uint64(0), "nothing was answered"
	for why, n := range errs {
		if n > most || n == most && why < text {
			most, text = n, why
		}
	}
	return text
}
