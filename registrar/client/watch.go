package client

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// watched is a pool that somebody watches. It belongs to the client's goroutine.
type watched struct {
	watchers []*watcher
	// last is what those that come later hear first.
	last *endpoint.PoolChanged
}

// watcher is one Watch. The newest news replaces what it has not seen yet.
type watcher struct {
	wake chan struct{} // has room for one

	mu   sync.Mutex
	news *endpoint.PoolChanged
}

func (w *watcher) tell(f *endpoint.PoolChanged) {
	w.mu.Lock()
	w.news = f
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Watch calls f with the elements of a pool, now and whenever they change, until
// ctx ends, and returns its error. The registrar tells
// of changes at once where it grants subscriptions (RFC 5352 section 2.2.5),
// otherwise it is asked every 30 s. f is called from the caller's goroutine, with
// the newest state: a slow f misses what was in between. Its error is what Resolve
// would return; watching goes on.
func (c *Client) Watch(ctx context.Context, pool wire.PoolHandle, f func(Resolution, error)) error {
	w := &watcher{wake: make(chan struct{}, 1)}
	if err := c.call(ctx, func() { c.watch(pool, w) }); err != nil {
		return err
	}
	defer c.post(func() { c.unwatch(pool, w) })
	for {
		select {
		case <-w.wake:
			w.mu.Lock()
			news := *w.news
			w.mu.Unlock()
			if news.Err != nil {
				f(Resolution{}, fmt.Errorf("client: watch pool %q: %w", pool, news.Err))
			} else {
				f(Resolution{Policy: news.Policy, Elements: slices.Clone(news.Elements)}, nil)
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-c.ctx.Done():
			return ErrClosed
		}
	}
}

func (c *Client) watch(pool wire.PoolHandle, w *watcher) {
	p := c.watched[pool]
	if p != nil {
		p.watchers = append(p.watchers, w)
		if p.last != nil {
			w.tell(p.last)
		}
		return
	}
	c.watched[pool] = &watched{watchers: []*watcher{w}}
	c.step(endpoint.Watch{Handle: pool})
}

func (c *Client) unwatch(pool wire.PoolHandle, w *watcher) {
	p := c.watched[pool]
	if i := slices.Index(p.watchers, w); i >= 0 {
		p.watchers = slices.Delete(p.watchers, i, i+1)
	}
	if len(p.watchers) == 0 {
		delete(c.watched, pool)
		c.step(endpoint.Unwatch{Handle: pool})
	}
}

func (c *Client) poolChanged(f endpoint.PoolChanged) {
	p := c.watched[f.Handle]
	if p == nil {
		return
	}
	p.last = &f
	for _, w := range p.watchers {
		w.tell(&f)
	}
}
