package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"testing/synctest"
	"time"
)

func TestGarbagePercent(t *testing.T) {
	const mb = 1 << 20
	tests := []struct {
		name          string
		live, scanned uint64
		want          int
	}{
		{"before the first collection", 0, 0, 100},
		{"few elements", 5 * mb, 2 * mb, 100},
		{"all may be pointers", 1000 * mb, 1000 * mb, 100},
		{"more than the heap: stacks", 100 * mb, 150 * mb, 100},
		{"a million elements", 256 * mb, 8 * mb, 25},
		{"and a thousand associations", 320 * mb, 80 * mb, 25},
		{"half of it", 500 * mb, 250 * mb, 50},
		{"ten million elements", 6400 * mb, 64 * mb, 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := garbagePercent(tt.live, tt.scanned); got != tt.want {
				t.Errorf("garbagePercent(%d, %d) = %d, want %d", tt.live, tt.scanned, got, tt.want)
			}
		})
	}
}

// A heap without pointers makes the collector run sooner, until the end.
func TestKeepPace(t *testing.T) {
	for _, tt := range []struct {
		name string
		gogc string // in the environment, "" for not there
		want bool   // it is adapted
	}{
		{"by itself", "", true},
		{"as the operator wants it", "100", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("GOGC", tt.gogc)
			if tt.gogc == "" {
				_ = os.Unsetenv("GOGC") // until the end of the test
			}
			defer debug.SetGCPercent(debug.SetGCPercent(100))
			pages := make([]byte, 4*leastGarbage)
			runtime.GC()
			synctest.Test(t, func(t *testing.T) {
				done := make(chan struct{})
				go keepPace(done)
				time.Sleep(2 * collectorLook)
				synctest.Wait()
				if percent := gcPercent(); percent < 100 != tt.want {
					t.Errorf("GC percentage is %d, adapted %v, want %v", percent, !tt.want, tt.want)
				}
				close(done)
				synctest.Wait()
			})
			runtime.KeepAlive(pages)
			if percent := gcPercent(); percent != 100 {
				t.Errorf("GC percentage is %d in the end, want 100", percent)
			}
		})
	}
}

func gcPercent() uint64 {
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
