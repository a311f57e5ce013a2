package registrar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
)

func TestHistogram(t *testing.T) {
	var h registrar.Histogram
	for _, d := range []time.Duration{0, time.Millisecond, time.Millisecond + 1, 4 * time.Millisecond, time.Hour} {
		h.Observe(d)
	}
	if sum := time.Hour + 6*time.Millisecond + 1; h.Count() != 5 || h.Sum() != sum {
		t.Errorf("%d durations of %v together, want 5 of %v", h.Count(), h.Sum(), sum)
	}
	want := map[time.Duration]uint64{time.Millisecond: 2, 2500 * time.Microsecond: 3, 5 * time.Millisecond: 4, 10 * time.Millisecond: 4}
	if diff := cmp.Diff(want, h.UpTo(time.Millisecond, 10*time.Millisecond)); diff != "" {
		t.Errorf("up to each bound (-want +got):\n%s", diff)
	}
}
