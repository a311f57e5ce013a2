package registrar

import "time"

// bounds are 1, 2.5 and 5 in each power of ten from a microsecond to minutes.
var bounds = [...]time.Duration{
	1 * time.Microsecond, 2500 * time.Nanosecond, 5 * time.Microsecond,
	10 * time.Microsecond, 25 * time.Microsecond, 50 * time.Microsecond,
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	1 * time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	1 * time.Second, 2500 * time.Millisecond, 5 * time.Second,
	10 * time.Second, 25 * time.Second, 50 * time.Second,
	100 * time.Second, 250 * time.Second, 500 * time.Second,
}

// Histogram counts durations by their lengths. It is a value: a copy stays as it is.
type Histogram struct {
	// counts are by the first bound that a duration does not exceed, the last one is
	// of those that exceed all.
	counts [len(bounds) + 1]uint64
	sum    time.Duration
}

// Observe counts d.
func (h *Histogram) Observe(d time.Duration) {
	i := 0
	for i < len(bounds) && d > bounds[i] {
		i++
	}
	h.counts[i]++
	h.sum += d
}

// Count is how many durations were counted.
func (h *Histogram) Count() (n uint64) {
	for _, c := range h.counts {
		n += c
	}
	return n
}

// Sum is how long they were together.
func (h *Histogram) Sum() time.Duration { return h.sum }

// UpTo gives, for each bound from low to high, how many durations did not exceed it.
func (h *Histogram) UpTo(low, high time.Duration) map[time.Duration]uint64 {
	all := make(map[time.Duration]uint64, len(bounds))
	var n uint64
	for i, b := range bounds {
		if n += h.counts[i]; b >= low && b <= high {
			all[b] = n
		}
	}
	return all
}
