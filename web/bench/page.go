package main

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// witness is in the page before anything else is, and notes what is asked for later.
//
//go:embed witness.js
var witness string

// tab is a page that was opened with nothing cached.
type tab struct {
	ctx   context.Context
	close func()
	trace *trace
}

// loaded is what a page took to load, and has shown of it, in milliseconds since it
// was asked for.
type loaded struct{ Paint, Live float64 }

// open loads a page and waits until it is live.
func (b *browser) open(url string) (*tab, loaded, error) {
	t := b.tab()
	if err := t.prepare(url); err != nil {
		t.close()
		return nil, loaded{}, err
	}
	l, err := ask[loaded](t, time.Minute, "witness.loaded()")
	if err != nil {
		t.close()
		return nil, loaded{}, fmt.Errorf("the page is not live: %w", err)
	}
	return t, l, nil
}

// tab is a new one, with no page.
func (b *browser) tab() *tab {
	t := &tab{trace: &trace{over: make(chan struct{})}}
	t.ctx, t.close = chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(t.trace.hear))
	return t
}

// prepare goes to a page with a witness in it.
func (t *tab) prepare(url string) error {
	return chromedp.Do(t.ctx, chromedp.EmulateViewport(1280, 900), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: witness})
		return err
	}), chromedp.Navigate(url))
}

// frames are the gaps between animation frames in milliseconds, in order of length.
type frames []float64

// frames watches the frames for a while.
func (t *tab) frames(d time.Duration) (frames, error) {
	times, err := ask[[]float64](t, d+time.Minute, fmt.Sprintf("witness.frames(%d)", d.Milliseconds()))
	if err != nil {
		return nil, err
	}
	var gaps frames
	for i := 1; i < len(times); i++ {
		gaps = append(gaps, times[i]-times[i-1])
	}
	slices.Sort(gaps)
	if len(gaps) == 0 {
		return nil, fmt.Errorf("no frame in %v", d)
	}
	return gaps, nil
}

// rate is the median of frames in a second.
func (f frames) rate() float64 { return 1000 / f[len(f)/2] }

// worst is the longest frame in milliseconds.
func (f frames) worst() float64 { return f[len(f)-1] }

// changes is what moved in the table of the page in a second.
type changes struct {
	// Rows are in sight, Changed of them have another text than a second before;
	// Paints are the times at which the table was written to.
	Rows, Changed, Paints int
}

func (t *tab) changes() (changes, error) {
	return ask[changes](t, time.Minute, "witness.changes(1000)")
}

// memory is the size of the program's memory in bytes; it never shrinks.
func (t *tab) memory() (float64, error) {
	return ask[float64](t, time.Minute, "witness.memory()")
}

// ask evaluates an expression of JavaScript; a promise is awaited.
func ask[T any](t *tab, patience time.Duration, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}
