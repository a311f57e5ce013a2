package client_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// Two watchers of one pool hear of it now and whenever it changes.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		c := s.element(1, counting)
		pu := s.open(hostPU)
		ctx, cancel := context.WithCancel(t.Context())
		sizes := make(chan int, 10)
		watch := func() { // an unknown pool is -1
			err := pu.Watch(ctx, "EchoPool", func(res client.Resolution, err error) {
				if err != nil {
					if !errors.Is(err, endpoint.ErrUnknownPool) {
						t.Error(err)
					}
					sizes <- -1
					return
				}
				sizes <- len(res.Elements)
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Watch: %v", err)
			}
			sizes <- -2
		}
		expect := func(want int) {
			t.Helper()
			for range 2 {
				if got := <-sizes; got != want {
					t.Errorf("told of %d elements, want %d", got, want)
				}
			}
		}
		go watch()
		synctest.Wait()
		go watch() // from what the first one knows
		expect(1)
		began := time.Now()
		r, err := c.Register(t.Context(), client.Element{
			Pool: "EchoPool", ID: 2, Policy: policy.Priority(1),
			User: wire.Transport{Type: wire.TypeSCTPTransport, Use: wire.DataAndControl, Port: 7},
		})
		if err != nil {
			t.Fatal(err)
		}
		expect(2)
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
		expect(1)
		if err := s.regs[1].Close(t.Context()); err != nil {
			t.Error(err)
		}
		expect(-1)
		if d := time.Since(began); d > time.Second {
			t.Errorf("told after %v, want at once", d)
		}
		cancel()
		expect(-2)
	})
}

// The cache answers until it is purged; a failure that the application reports
// is passed on. ASAP-6.3-12, ASAP-6.3-13, ASAP-6.5-03
func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		s.element(1, counting)
		pu := s.open(hostPU)
		if err := pu.Populate("EchoPool"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		s.element(2, counting)
		size := func(resolve func(context.Context, wire.PoolHandle, uint32) (client.Resolution, error), want int) {
			t.Helper()
			res, err := resolve(t.Context(), "EchoPool", 0)
			if err != nil || len(res.Elements) != want {
				t.Errorf("%d elements, %v; want %d", len(res.Elements), err, want)
			}
		}
		size(pu.Resolve, 1)
		size(pu.Refresh, 2)
		size(pu.Resolve, 2)
		s.element(3, counting)
		if err := pu.Purge("EchoPool"); err != nil {
			t.Fatal(err)
		}
		size(pu.Resolve, 3)
		if err := pu.ReportFailure(client.PEHandle{Pool: "EchoPool", ID: 3}); err != nil {
			t.Error(err)
		}
	})
}
