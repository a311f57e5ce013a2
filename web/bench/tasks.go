package main

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
)

// tasks is what the page's thread did, in processor time: it does not count while other
// processes have the processor.
type tasks struct {
	// longest is the longest task in milliseconds; a frame is never longer.
	longest float64
	// core is the share of a processor.
	core float64
}

// span is an event of a trace, of what is read here.
type span struct {
	Phase  string  `json:"ph"`
	Name   string  `json:"name"`
	PID    int     `json:"pid"`
	TID    int     `json:"tid"`
	Length float64 `json:"tdur"` // microseconds of processor time
	Args   struct {
		Name string `json:"name"`
	} `json:"args"`
}

// trace collects what the browser tells of a tab.
type trace struct {
	mu    sync.Mutex
	spans []span
	over  chan struct{}
}

// hear takes an event of the DevTools protocol.
func (r *trace) hear(ev any) {
	switch ev := ev.(type) {
	case *tracing.EventDataCollected:
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, v := range ev.Value {
			var s span
			if json.Unmarshal(v, &s) == nil && (s.Name == runTask || s.Name == threadName) {
				r.spans = append(r.spans, s)
			}
		}
	case *tracing.EventTracingComplete:
		close(r.over)
	}
}

const (
	runTask    = "ThreadControllerImpl::RunTask"
	threadName = "thread_name"
	mainThread = "CrRendererMain"
)

// tasks watches the page's thread for a while; once for each tab.
func (t *tab) tasks(d time.Duration) (tasks, error) {
	ctx, cancel := context.WithTimeout(t.ctx, d+time.Minute)
	defer cancel()
	err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, tracing.Start, tracing.StartParams{
			TraceConfig: &tracing.TraceConfig{IncludedCategories: []string{"toplevel"}, ExcludedCategories: []string{"*"}},
		}); err != nil {
			return err
		}
		time.Sleep(d)
		_, err := chromedp.Call(ctx, tracing.End, cdp.Empty{})
		return err
	}))
	if err != nil {
		return tasks{}, err
	}
	select {
	case <-t.trace.over:
	case <-ctx.Done():
		return tasks{}, ctx.Err()
	}
	return t.trace.read(d)
}

// read finds the thread of the page, the busiest of its kind.
func (r *trace) read(d time.Duration) (most tasks, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	type thread struct{ pid, tid int }
	sums := map[thread]tasks{}
	for _, s := range r.spans {
		if s.Name == threadName && s.Args.Name == mainThread {
			sums[thread{s.PID, s.TID}] = tasks{}
		}
	}
	for _, s := range r.spans {
		at := thread{s.PID, s.TID}
		if sum, ok := sums[at]; ok && s.Name == runTask {
			sums[at] = tasks{max(sum.longest, s.Length/1e3), sum.core + s.Length/1e6/d.Seconds()}
		}
	}
	for _, sum := range sums {
		if sum.core > most.core {
			most = sum
		}
	}
	if most.core == 0 {
		return most, errors.New("the browser's trace has no task of the page")
	}
	return most, nil
}
