package metrics

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rserpool/registrar"
	"rserpool/registrar/node"
	"rserpool/registrar/replica"
)

// Source is where the values come from.
type Source struct {
	// View calls its argument with the replica, which must not be kept.
	View func(func(*replica.Replica))
	// Feeds tells of the feed's clients.
	Feeds func() Feeds
	// Limits tells of the dashboard's.
	Limits func() []registrar.LimitUse
	// Measures asks the node for its counts.
	Measures func(context.Context) (node.Measures, error)
}

// Feeds are the feed's clients now, and the snapshots that clients have been given
// since the start.
type Feeds struct {
	Clients int
	// First are the snapshots of clients that had none, Lost those of clients that came
	// back too late to go on, Slow those of clients that fell behind.
	First, Lost, Slow uint64
}

// maxScrapes are served at once; more is a mistake, or worse.
const maxScrapes = 8

// Handler serves the metrics of s, of the Go runtime and of the process. Where the node
// does not answer, all others are served, and the log says so.
func Handler(s Source, log *slog.Logger) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(NewCollector(s), collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: maxScrapes,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	})
}
