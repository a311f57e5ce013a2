package main

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"rserpool/registrar/client"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// subscriber watches a pool at a registrar; the longest list that it was told of.
type subscriber struct {
	*client.Client
	mu   sync.Mutex
	most int
	told chan struct{}
}

func subscribe(t *testing.T, asap string, pools ...wire.PoolHandle) *subscriber {
	t.Helper()
	c, err := client.Open(client.Config{Registrars: []transport.Address{addressAt(netip.MustParseAddrPort(asap))}, Local: loopback})
	if err != nil {
		t.Fatal(err)
	}
	s := &subscriber{Client: c, told: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	var watches sync.WaitGroup
	for _, pool := range pools {
		watches.Go(func() {
			_ = c.Watch(ctx, pool, func(r client.Resolution, _ error) {
				s.mu.Lock()
				s.most = max(s.most, len(r.Elements))
				s.mu.Unlock()
				select {
				case s.told <- struct{}{}:
				default:
				}
			})
		})
	}
	t.Cleanup(func() {
		cancel()
		watches.Wait()
		c.Close(context.Background())
	})
	return s
}

// until waits until the subscriber has been told of n elements.
func (s *subscriber) until(t *testing.T, n int) {
	t.Helper()
	for limit := time.After(20 * time.Second); ; {
		s.mu.Lock()
		most := s.most
		s.mu.Unlock()
		if most >= n {
			return
		}
		select {
		case <-s.told:
		case <-limit:
			t.Fatalf("told of %d elements in 20 s, want %d", most, n)
		}
	}
}

// Users that watch a pool are told of changes no more often than they should.
func TestServeSubscriptionInterval(t *testing.T) {
	t.Parallel()
	for interval, all := range map[string]bool{"1ms": true, "1h": false} {
		t.Run(interval, func(t *testing.T) {
			t.Parallel()
			asap := launch(t, onLoopback("--subscription-interval", interval)...).stdout.await(t, "asap ")
			add := func() {
				launch(t, "element", "echo", "--pool", "Echo", "--registrar", asap).stdout.await(t, "registered 0x")
			}
			add()
			s := subscribe(t, asap, "Echo")
			s.until(t, 1)
			const count = 4
			for range count - 1 {
				add()
			}
			if all {
				s.until(t, count)
				return
			}
			// What was told before is here before the answer.
			res, err := s.Refresh(t.Context(), "Echo", 0)
			s.mu.Lock()
			defer s.mu.Unlock()
			if err != nil || len(res.Elements) != count || s.most == count {
				t.Errorf("resolved %d elements (%v), told of %d; want %d and fewer", len(res.Elements), err, s.most, count)
			}
		})
	}
}

// An association has so many subscriptions, and no more.
func TestServeMaxSubscriptions(t *testing.T) {
	t.Parallel()
	r := launch(t, onLoopback("--max-subscriptions", "1", "--verbose")...)
	asap := r.stdout.await(t, "asap ")
	for _, pool := range []string{"One", "Two"} {
		launch(t, "element", "echo", "--pool", pool, "--registrar", asap).stdout.await(t, "registered 0x")
	}
	subscribe(t, asap, "One", "Two").until(t, 1)
	r.stderr.awaitText(t, "subscription.refused")
}
