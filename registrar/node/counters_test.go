package node_test

import (
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/feed"
	"rserpool/registrar/transport/memory"
)

// Counters come once in a second in which they change, and the latest are never
// kept back.
func TestCountersArePublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		a := start(t, config(network, idA, hostA))
		settle()
		pu := dial(t, network, hostPU, at(hostA, asapPort))
		for range 30 { // three seconds
			pu.send(asap.HandleResolution{Handle: "EchoPool"})
			pu.receive()
			<-time.After(100 * time.Millisecond)
		}
		<-time.After(time.Second)
		synctest.Wait()
		counters := a.counters()
		last := counters[len(counters)-1]
		if last.Unresolved != 30 || last.Associations != 1 {
			t.Errorf("counted %+v, want 30 resolutions of an unknown pool over 1 association", last)
		}
		<-time.After(10 * time.Second)
		synctest.Wait()
		if quiet := len(a.counters()) - len(counters); quiet != 0 {
			t.Errorf("counters published %d times in 10 seconds in which nothing happened", quiet)
		}
		seen := map[int64]bool{}
		for _, c := range counters {
			if second := c.At.Time().Unix(); seen[second] {
				t.Errorf("published twice in a second, at %v", c.At.Time())
			} else {
				seen[second] = true
			}
		}
		if len(counters) < 4 {
			t.Errorf("published %d times: at the start, and in each of 3 seconds, were expected", len(counters))
		}
	})
}

// counters are those that were published.
func (r *running) counters() (list []feed.Counters) {
	for _, m := range r.published() {
		if c, ok := m.(feed.Counters); ok {
			list = append(list, c)
		}
	}
	return list
}
