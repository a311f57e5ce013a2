package replica

import "rserpool/registrar/feed"

// maxSamples is how many seconds of counters are kept, five minutes, and what was
// before them.
const maxSamples = 301

// samples are counters, the oldest first, at most one of each second. The registrar
// says them once in a second in which they change.
type samples struct{ list []feed.Counters }

func (s *samples) add(c feed.Counters) {
	if n := len(s.list); n > 1 && second(s.list[n-1].At) == second(c.At) {
		s.list[n-1] = c
		return
	}
	s.list = append(s.list, c)
	// The last one from before the time that is kept is where it starts.
	first := 0
	for first+1 < len(s.list) && second(s.list[first+1].At) <= second(c.At)-maxSamples+1 {
		first++
	}
	first = max(first, len(s.list)-maxSamples)
	s.list = append(s.list[:0], s.list[first:]...)
}

func second(t feed.Time) int64 { return int64(t) / 1000 }

// Samples are the counters of the last five minutes, the oldest first, at most one
// of each second, with those from which they count. They must not be changed.
func (r *Replica) Samples() []feed.Counters { return r.samples.list }

// Counters are the latest, zero before any came.
func (r *Replica) Counters() feed.Counters {
	if n := len(r.samples.list); n > 0 {
		return r.samples.list[n-1]
	}
	return feed.Counters{}
}
