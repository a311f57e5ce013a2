package load

import (
	"context"
	"time"

	"rserpool/registrar/asap"
)

const (
	// probes begin in a second, before the flood, beside it and after it.
	probes = 100
	// aside is how long they do so before and after it, if it takes as long.
	aside = 5 * time.Second
)

// Overloaded is how a registrar has borne a flood.
type Overloaded struct {
	// Phases are register, calm, flood, meanwhile, after and deregister. Those of one
	// association beside the flood are calm, meanwhile (registrations) and after
	// (registrations and resolutions).
	Phases []Phase
	// Recovered is how long after the end of the flood a request was refused, or not
	// answered, for the last time.
	Recovered time.Duration
	// Before and After the flood, the pools were resolved to so many elements.
	Before, After uint64
}

// Overload floods a registrar with handle resolutions, Depth of them at once on each
// association, and looks what becomes of registrations beside them.
func Overload(ctx context.Context, o Options) (Overloaded, error) {
	o.Work = Flood
	if err := o.Validate(); err != nil {
		return Overloaded{}, err
	}
	o.Associations++ // that of the probes
	r := &run{Options: &o}
	defer r.close()
	if err := r.open(ctx); err != nil {
		return Overloaded{}, err
	}
	err := r.fill(ctx)
	var out Overloaded
	if err == nil {
		out = r.overload(ctx)
	}
	r.empty()
	out.Phases = r.phases
	return out, err
}

// overload is what is done while the elements are registered.
func (r *run) overload(ctx context.Context) (out Overloaded) {
	last := len(r.lanes) - 1
	users, probe := r.lanes[:last], r.lanes[last:]
	out.Before = r.census(ctx)

	quiet, cancel := context.WithTimeout(ctx, min(aside, r.Duration))
	defer cancel()
	r.phases = append(r.phases, r.probe(quiet, "calm", probe, (*space).reregister))

	flood, cancel := context.WithTimeout(ctx, r.Duration)
	defer cancel()
	beside, over := context.WithCancel(ctx)
	meanwhile := make(chan Phase, 1)
	go func() { meanwhile <- r.probe(beside, "meanwhile", probe, (*space).reregister) }()
	flooded := r.measure(flood, string(Flood), users, tempo{depth: r.Depth}, endless(flood, (*space).resolve))
	over()
	other := <-meanwhile
	other.Server = nil // what it has used is in that of the flood
	r.phases = append(r.phases, flooded, other)

	quiet, cancel = context.WithTimeout(ctx, min(aside, r.Duration))
	defer cancel()
	after := r.probe(quiet, "after", probe, (*space).either)
	r.phases = append(r.phases, after)
	for _, p := range []Phase{flooded, after} {
		if end, ok := flood.Deadline(); ok && p.LastError.After(end) {
			out.Recovered = p.LastError.Sub(end)
		}
	}
	out.After = r.census(ctx)
	return out
}

// probe asks a little until ctx ends.
func (r *run) probe(ctx context.Context, name string, lanes []*lane, ask func(*space) (asap.Message, answer)) Phase {
	return r.measure(ctx, name, lanes, tempo{rate: probes}, endless(ctx, ask))
}

// census counts the elements that the pools are resolved to.
func (r *run) census(ctx context.Context) uint64 {
	p := r.measure(ctx, "count", r.lanes[:1], tempo{depth: 1}, func(s *space) source {
		at := 0
		return func() (asap.Message, answer, bool) {
			if at == len(s.handles) || ctx.Err() != nil {
				return nil, answer{}, false
			}
			at++
			m, by := s.ask(s.handles[at-1], asap.AllItems)
			return m, by, true
		}
	})
	return p.Elements
}

// endless asks until ctx ends.
func endless(ctx context.Context, ask func(*space) (asap.Message, answer)) func(*space) source {
	return func(s *space) source {
		return func() (asap.Message, answer, bool) {
			if ctx.Err() != nil {
				return nil, answer{}, false
			}
			m, by := ask(s)
			return m, by, true
		}
	}
}
