package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rserpool/registrar"
)

// answerTimeout is how long the node may take to answer: half of the ten seconds that
// Prometheus gives a scrape.
const answerTimeout = 5 * time.Second

// Collector gives the metrics of one registrar.
type Collector struct {
	source Source
	descs  map[string]*prometheus.Desc
}

// NewCollector reads from s when it is asked.
func NewCollector(s Source) *Collector { return &Collector{s, describe()} }

// Describe gives the metrics' descriptions.
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, f := range families {
		to <- c.descs[f.name]
	}
}

// Collect gives their values.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	s := sink{c.descs, to}
	c.source.View(s.replica)
	s.feeds(c.source.Feeds())
	for _, l := range c.source.Limits() {
		s.limit(l)
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	m, err := c.source.Measures(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(c.descs["step_duration_seconds"], err)
		return
	}
	s.measures(m)
}

// sink takes values by the short names of their metrics.
type sink struct {
	descs map[string]*prometheus.Desc
	to    chan<- prometheus.Metric
}

func (s sink) gauge(name string, v float64, labels ...string) {
	s.to <- prometheus.MustNewConstMetric(s.descs[name], prometheus.GaugeValue, v, labels...)
}

func (s sink) counter(name string, n uint64, labels ...string) {
	s.to <- prometheus.MustNewConstMetric(s.descs[name], prometheus.CounterValue, float64(n), labels...)
}

// histogram gives h by its bounds from low to high.
func (s sink) histogram(name string, h registrar.Histogram, low, high time.Duration) {
	buckets := make(map[float64]uint64)
	for bound, n := range h.UpTo(low, high) {
		buckets[bound.Seconds()] = n
	}
	s.to <- prometheus.MustNewConstHistogram(s.descs[name], h.Count(), h.Sum().Seconds(), buckets)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
