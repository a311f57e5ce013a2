package abuse

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rserpool/registrar/client"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// probe is something that the honest do again and again, and how long it took.
type probe struct {
	name string
	mu   sync.Mutex
	took []time.Duration
	errs []error
	// running is held while one is under way.
	running sync.Mutex
}

// every does do each pause, until ctx ends.
func (p *probe) every(ctx context.Context, pause time.Duration, do func() error) {
	for next := time.Now(); ctx.Err() == nil; {
		p.running.Lock()
		begin := time.Now()
		err := do()
		took := time.Since(begin)
		p.running.Unlock()
		if ctx.Err() != nil {
			return
		}
		p.mu.Lock()
		if p.took = append(p.took, took); err != nil {
			p.errs = append(p.errs, err)
		}
		p.mu.Unlock()
		if next = next.Add(pause); time.Until(next) < 0 {
			next = time.Now()
		}
		time.Sleep(time.Until(next))
	}
}

// take gives the median since the last time, and what went wrong.
func (p *probe) take() (median time.Duration, n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	took, errs := p.took, p.errs
	p.took, p.errs = nil, nil
	if len(errs) > 0 {
		err = fmt.Errorf("%s: %d of %d failed: %w", p.name, len(errs), len(took), errs[0])
	}
	if len(took) == 0 {
		return 0, 0, err
	}
	slices.Sort(took)
	return took[len(took)/2], len(took), err
}

// honest are those who use one registrar as they should.
type honest struct {
	resolve, register, page *probe
	feed                    *follower
}

// users begins what honest users of p do, with a client for resolutions and one for
// registrations.
func users(t *testing.T, ctx context.Context, p *process, pool wire.PoolHandle, user, element *client.Client) *honest {
	h := &honest{
		resolve: &probe{name: p.name + ": resolution"}, register: &probe{name: p.name + ": registration"},
		page: &probe{name: p.name + ": page"}, feed: &follower{replica: replica.New()},
	}
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	patient := func(f func(ctx context.Context) error) func() error {
		return func() error {
			ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
			defer cancel()
			return f(ctx)
		}
	}
	pause := 20 * time.Millisecond
	if *full {
		pause = 5 * time.Millisecond
	}
	all.Go(func() {
		h.resolve.every(ctx, pause, patient(func(ctx context.Context) error {
			r, err := user.Refresh(ctx, pool, 0)
			if err == nil && len(r.Elements) == 0 {
				err = errors.New("no element")
			}
			return err
		}))
	})
	all.Go(func() {
		h.register.every(ctx, 200*time.Millisecond, patient(func(ctx context.Context) error {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			defer l.Close()
			e, err := element.Register(ctx, client.Element{Pool: "Comers", Listener: l})
			if err != nil {
				return err
			}
			return e.Close(ctx)
		}))
	})
	browser := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{}}
	all.Go(func() {
		defer browser.CloseIdleConnections()
		h.page.every(ctx, 50*time.Millisecond, func() error {
			res, err := browser.Get("http://" + p.places.HTTP + "/api/v1/pools")
			if err != nil {
				return err
			}
			defer res.Body.Close()
			if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
				return fmt.Errorf("%s, %w", res.Status, err)
			}
			return nil
		})
	})
	all.Go(func() { h.feed.follow(ctx, "http://"+p.places.HTTP+"/api/v1/feed") })
	return h
}

// probes are all that are measured.
func (h *honest) probes() []*probe { return []*probe{h.resolve, h.register, h.page} }

// follower reads a registrar's feed.
type follower struct {
	mu      sync.Mutex
	replica *replica.Replica
	heard   time.Time
	err     error
}

func (f *follower) follow(ctx context.Context, url string) {
	err := func() error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		req.Header.Set("Accept", "text/event-stream")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		for lines.Buffer(nil, 8<<20); lines.Scan(); {
			text, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			frame, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return err
			}
			list, err := feed.Parse(frame)
			if err != nil {
				return err
			}
			f.mu.Lock()
			for _, m := range list {
				f.replica.Apply(m)
			}
			f.heard = time.Now()
			f.mu.Unlock()
		}
		return fmt.Errorf("the feed has ended: %w", lines.Err())
	}()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// state is how many elements the feed's replica has, and what is wrong with it.
func (f *follower) state() (elements int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil && time.Since(f.heard) > 30*time.Second {
		return 0, fmt.Errorf("the feed is silent since %v", time.Since(f.heard).Round(time.Second))
	}
	return f.replica.Counts().Elements, f.err
}
