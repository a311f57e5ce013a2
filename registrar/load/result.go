package load

import (
	"maps"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latencies are kept to three digits, from a microsecond to a minute.
const (
	minLatency = int64(time.Microsecond)
	maxLatency = int64(time.Minute)
	digits     = 3
)

// Phase is one part of a run and how it went.
type Phase struct {
	Name string
	// Requests that were answered as wished.
	Requests uint64
	Elapsed  time.Duration
	// Latency of those, in nanoseconds.
	Latency *hdrhistogram.Histogram
	// KeepAlives that were acknowledged meanwhile.
	KeepAlives uint64
	// Errors are the requests that were not answered as wished, by what went wrong, and
	// LastError is when that was known of the last of them.
	Errors    map[string]uint64
	LastError time.Time
	// Elements are those in the answers to resolutions, all added up.
	Elements uint64
	// Server is what the registrar's process has used: CPU in this phase, memory at its
	// end. It is nil where that is not known.
	Server *Usage
}

// Rate is requests a second.
func (p Phase) Rate() float64 {
	if p.Elapsed <= 0 {
		return 0
	}
	return float64(p.Requests) / p.Elapsed.Seconds()
}

// CPU is the registrar's CPU time for a thousand requests, false where it is not
// known.
func (p Phase) CPU() (time.Duration, bool) {
	if p.Server == nil || p.Requests == 0 {
		return 0, false
	}
	return p.Server.CPU * 1000 / time.Duration(p.Requests), true
}

// recorder fills a Phase; all its methods may be called concurrently.
type recorder struct {
	mu    sync.Mutex
	phase Phase
}

func newRecorder(name string) *recorder {
	return &recorder{phase: Phase{
		Name: name, Latency: hdrhistogram.New(minLatency, maxLatency, digits), Errors: make(map[string]uint64),
	}}
}

func (r *recorder) answered(took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.phase.Requests++
	_ = r.phase.Latency.RecordValue(min(max(int64(took), minLatency), maxLatency)) // in range
}

func (r *recorder) failed(why string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n > 0 {
		r.phase.Errors[why] += uint64(n)
		r.phase.LastError = time.Now()
	}
}

func (r *recorder) found(elements int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.phase.Elements += uint64(elements)
}

func (r *recorder) kept(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.phase.KeepAlives += uint64(n)
}

// count is how many requests have ended, one way or the other.
func (r *recorder) count() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.phase.Requests + r.phase.KeepAlives
	for _, failed := range r.phase.Errors {
		n += failed
	}
	return n
}

func (r *recorder) result(elapsed time.Duration) Phase {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.phase
	p.Elapsed, p.Errors = elapsed, maps.Clone(p.Errors)
	return p
}

// add counts another round of the same phase in.
func (p *Phase) add(other Phase) {
	p.Requests += other.Requests
	p.KeepAlives += other.KeepAlives
	p.Elements += other.Elements
	p.Elapsed += other.Elapsed
	p.Latency.Merge(other.Latency)
	for why, n := range other.Errors {
		p.Errors[why] += n
	}
	if other.LastError.After(p.LastError) {
		p.LastError = other.LastError
	}
	if p.Server != nil && other.Server != nil {
		p.Server = &Usage{CPU: p.Server.CPU + other.Server.CPU, Memory: other.Server.Memory}
	}
}
