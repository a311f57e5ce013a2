package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/chromedp/chromedp"
)

// browser is one headless Chromium.
type browser struct {
	ctx   context.Context
	close func()
}

// launch starts the first of chromium, chromium-browser and google-chrome in PATH.
func launch() (*browser, error) {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if at, err := exec.LookPath(name); err == nil && path == "" {
			path = at
		}
	}
	if path == "" {
		return nil, errors.New("no browser: apt-get install -y chromium")
	}
	dir, err := os.MkdirTemp("", "bench-browser-")
	if err != nil {
		return nil, err
	}
	flags := slices.Clone(chromedp.DefaultExecAllocatorOptions[:])
	flags = append(flags, chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, _ := chromedp.NewContext(allocator)
	b := &browser{ctx: ctx, close: func() {
		limit, done := context.WithTimeout(ctx, 10*time.Second)
		defer done()
		_ = chromedp.Cancel(limit) // stop ends it where it does not go by itself
		stop()
		_ = os.RemoveAll(dir)
	}}
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as this context
		b.close()
		return nil, err
	}
	return b, nil
}

// empty watches the frames of a page with nothing in it: what the browser and the
// machine do by themselves.
func (b *browser) empty(d time.Duration) (frames, error) {
	t := b.tab()
	defer t.close()
	if err := t.prepare("about:blank"); err != nil {
		return nil, err
	}
	return t.frames(d)
}
