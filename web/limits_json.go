package web

import (
	"context"
	"time"

	"rserpool/registrar/node"
)

// measuresTimeout is how long the registrar may take to tell its measures: a status is
// wanted most of all where it stands still.
const measuresTimeout = time.Second

// limitJSON is a limit that is in force, and what is used of it where that can be counted.
type limitJSON struct {
	Name  string `json:"name"`
	Limit int    `json:"limit"`
	Used  *int   `json:"used,omitempty"`
	// Hits are how often it was reached since the start.
	Hits uint64 `json:"hits"`
}

// measured adds to a status what the registrar counts; nothing where it does not answer.
func (s *server) measured(ctx context.Context, a *status) {
	ctx, cancel := context.WithTimeout(ctx, measuresTimeout)
	defer cancel()
	m, err := s.Registrar.Measures(ctx)
	if err != nil {
		return
	}
	a.Limits, a.Guard, a.Overloaded = s.limits(m), guardOf(m.Tally.Guard), &m.Overloaded
}

// limits are those of the registrar and of the dashboard.
func (s *server) limits(m node.Measures) (list []limitJSON) {
	for _, l := range append(m.Limits, s.Hub.limitsInUse()...) {
		if l.Off {
			continue
		}
		j := limitJSON{Name: l.Name, Limit: l.Limit, Hits: l.Hits}
		if l.Counted {
			j.Used = &l.Used
		}
		list = append(list, j)
	}
	return list
}
