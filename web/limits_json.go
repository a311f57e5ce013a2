package web

import (
	"context"
	"time"
)

// limitsTimeout is how long the registrar may take to tell its limits: a status is
// wanted most of all where it stands still.
const limitsTimeout = time.Second

// limitJSON is a limit that is in force, and what is used of it where that can be counted.
type limitJSON struct {
	Name  string `json:"name"`
	Limit int    `json:"limit"`
	Used  *int   `json:"used,omitempty"`
	// Hits are how often it was reached since the start.
	Hits uint64 `json:"hits"`
}

// limits are those of the registrar and of the dashboard; none where the registrar does not
// answer.
func (s *server) limits(ctx context.Context) (list []limitJSON) {
	ctx, cancel := context.WithTimeout(ctx, limitsTimeout)
	defer cancel()
	m, err := s.Registrar.Measures(ctx)
	if err != nil {
		return nil
	}
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
