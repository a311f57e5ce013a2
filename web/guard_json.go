package web

import (
	"time"

	"rserpool/registrar"
)

// guardJSON is the guard against mass expiry.
type guardJSON struct {
	Engaged bool `json:"engaged"`
	// Held of the Own elements are silent and kept, for SecondsLeft at most.
	Held        int     `json:"held"`
	Own         int     `json:"own"`
	SecondsLeft float64 `json:"seconds_left"`
	// Threshold is how many silent ones engage it.
	Threshold   int    `json:"threshold"`
	Engagements uint64 `json:"engagements"`
}

// guardOf is nil where there is no guard.
func guardOf(g registrar.GuardState) *guardJSON {
	if g.Threshold == 0 {
		return nil
	}
	return &guardJSON{
		Engaged: g.Engaged, Held: g.Held, Own: g.Own, SecondsLeft: g.Left.Round(100 * time.Millisecond).Seconds(),
		Threshold: g.Threshold, Engagements: g.Engagements,
	}
}
