package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// settle is what a page and a server get to come to rest behind each change.
const settle = 3 * time.Second

// figures are what was measured with one size and one number of clients.
type figures struct {
	elements, clients int
	loaded            loaded
	frames            frames
	tasks             tasks
	changes           changes
	memory            float64 // bytes of the page
	snapshot          int     // bytes
	idle, busy        spent   // without clients, and with them
	empty             frames
	stalled           int64 // bytes
}

// run measures all sizes and prints the table.
func run(ctx context.Context, o options) error {
	load := loadNow()
	b, err := launch()
	if err != nil {
		return err
	}
	defer b.close()
	var all []figures
	for _, elements := range o.elements {
		list, err := size(ctx, b, o, elements)
		if err != nil {
			return fmt.Errorf("%d elements: %w", elements, err)
		}
		all = append(all, list...)
	}
	report(os.Stdout, o, load, all)
	return nil
}

// size measures one handlespace, with each number of clients.
func size(ctx context.Context, b *browser, o options, elements int) (list []figures, err error) {
	s, err := startServer(elements, o.updates)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	progress("%d elements: the server alone", elements)
	time.Sleep(settle)
	f := figures{elements: elements}
	if f.idle, err = s.measure(ctx, o.window); err != nil {
		return nil, err
	}
	if f.empty, err = b.empty(o.window); err != nil {
		return nil, err
	}
	if f.stalled, err = s.stalled(ctx, o.window); err != nil {
		return nil, err
	}
	if f.snapshot, err = snapshot(ctx, s.url); err != nil {
		return nil, err
	}
	for _, f.clients = range o.clients {
		progress("%d elements: %d clients", elements, f.clients)
		with, err := f.with(ctx, b, s, o)
		if err != nil {
			return nil, err
		}
		list = append(list, with)
	}
	return list, nil
}

// with measures a page among f.clients clients.
func (f figures) with(ctx context.Context, b *browser, s *server, o options) (figures, error) {
	ctx, stop := context.WithCancel(ctx)
	ready, ends := make(chan struct{}), make(chan error, 1)
	go func() { ends <- crowd(ctx, s.url, f.clients-1, func() { close(ready) }) }()
	if f.clients > 1 {
		select {
		case <-ready:
		case err := <-ends:
			stop()
			return f, err
		}
	}
	err := f.page(ctx, b, s, o)
	stop()
	if failed := <-ends; err == nil {
		err = failed
	}
	return f, err
}

// page opens the page and measures while it follows the feed.
func (f *figures) page(ctx context.Context, b *browser, s *server, o options) error {
	t, l, err := b.open(s.url + "/" + o.path)
	if err != nil {
		return err
	}
	defer t.close()
	f.loaded = l
	time.Sleep(settle)
	type watched struct {
		frames frames
		err    error
	}
	seen := make(chan watched, 1)
	go func() {
		gaps, err := t.frames(o.window)
		seen <- watched{gaps, err}
	}()
	if f.busy, err = s.measure(ctx, o.window); err != nil {
		return err
	}
	w := <-seen
	if f.frames = w.frames; w.err != nil {
		return w.err
	}
	if f.changes, err = t.changes(); err != nil {
		return err
	}
	if f.memory, err = t.memory(); err != nil {
		return err
	}
	f.tasks, err = t.tasks(o.window)
	return err
}

func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
