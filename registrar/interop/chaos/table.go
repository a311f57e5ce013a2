package main

import (
	"fmt"
	"strings"
	"time"
)

// sample is what the registrars that a soak never restarts use at one time.
type sample struct {
	at       time.Duration
	elements int
	// So far: registrations and resolutions at these registrars, restarts of others.
	registrations, resolutions, restarts int
	of                                   []usage
}

const (
	rows = 12
	// The live heap of the last quarter may be above that of the first one by this
	// share and this much: what is kept of the past, such as the last events, is
	// bounded, and its bounds are reached early.
	marginShare, marginBytes = 0.10, 1 << 20
)

// table shows every fifth of 60 samples, as Markdown.
func table(all []sample) string {
	var b strings.Builder
	b.WriteString("| minute | elements | registrations | resolutions | restarts of others | live heap, MB | resident, MB | goroutines | associations | descriptors |\n")
	b.WriteString("|---:|---:|---:|---:|---:|---|---|---|---|---|\n")
	every := max(1, len(all)/rows)
	for i := every - 1; i < len(all); i += every {
		b.WriteString(all[i].row())
	}
	return b.String()
}

func (s sample) row() string {
	return fmt.Sprintf("| %.0f | %d | %d | %d | %d | %s | %s | %s | %s | %s |\n", s.at.Minutes(), s.elements, s.registrations, s.resolutions, s.restarts,
		s.each("%.1f", func(u usage) any { return float64(u.Live) / (1 << 20) }),
		s.each("%d", func(u usage) any { return u.Resident >> 20 }),
		s.each("%d", func(u usage) any { return u.Goroutines }),
		s.each("%d", func(u usage) any { return u.Associations }),
		s.each("%d", func(u usage) any { return u.Descriptors }))
}

// each prints one figure of all registrars.
func (s sample) each(format string, of func(usage) any) string {
	texts := make([]string, len(s.of))
	for i, u := range s.of {
		texts[i] = fmt.Sprintf(format, of(u))
	}
	return strings.Join(texts, " · ")
}

// trend is how the live heap of one registrar has gone.
type trend struct {
	First, Last float64 // the means of the first and the last quarter, in bytes
	Slope       float64 // of all but the first quarter, in bytes an hour
}

// trends of all registrars.
func trends(all []sample) (each []trend) {
	if len(all) < 4 {
		return nil
	}
	quarter := len(all) / 4
	for n := range all[0].of {
		t := trend{First: mean(all[:quarter], n), Last: mean(all[len(all)-quarter:], n), Slope: slope(all[quarter:], n)}
		each = append(each, t)
	}
	return each
}

// grows says whether the last quarter is above the first one by more than the margin.
func (t trend) grows() bool { return t.Last > t.First*(1+marginShare)+marginBytes }

func (t trend) String() string {
	return fmt.Sprintf("%.1f MB in the first quarter, %.1f MB in the last one, %+.2f MB an hour after the first", t.First/(1<<20), t.Last/(1<<20), t.Slope/(1<<20))
}

func mean(of []sample, n int) (sum float64) {
	for _, s := range of {
		sum += float64(s.of[n].Live)
	}
	return sum / float64(len(of))
}

// slope is that of the line with the least squares.
func slope(of []sample, n int) float64 {
	var middle float64
	for _, s := range of {
		middle += s.at.Hours() / float64(len(of))
	}
	level := mean(of, n)
	var up, across float64
	for _, s := range of {
		x := s.at.Hours() - middle
		up, across = up+x*(float64(s.of[n].Live)-level), across+x*x
	}
	if across == 0 {
		return 0
	}
	return up / across
}
