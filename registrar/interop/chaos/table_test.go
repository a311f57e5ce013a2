package main

import (
	"strings"
	"testing"
	"time"
)

// soaked is an hour in which a heap goes from 10 MB up by so many MB an hour.
func soaked(slope float64) (all []sample) {
	for n := range samples {
		at := time.Duration(n+1) * time.Minute
		u := usage{Goroutines: 90, Associations: 10, Descriptors: 16, Live: int64((10 + slope*at.Hours()) * (1 << 20)), Resident: 40 << 20}
		all = append(all, sample{at: at, elements: 500, registrations: 100 * n, of: []usage{u, u}})
	}
	return all
}

func TestTrend(t *testing.T) {
	for _, c := range []struct {
		slope float64
		grows bool
	}{{0, false}, {-3, false}, {1, false}, {4, true}, {20, true}} {
		for _, trend := range trends(soaked(c.slope)) {
			if have := trend.Slope / (1 << 20); have < c.slope-0.01 || have > c.slope+0.01 {
				t.Errorf("a slope of %v is told as %v", c.slope, have)
			}
			if trend.grows() != c.grows {
				t.Errorf("a slope of %v MB an hour: grows is %v (%v)", c.slope, trend.grows(), trend)
			}
		}
	}
	if trends(nil) != nil {
		t.Error("nothing has trends")
	}
}

func TestTable(t *testing.T) {
	text := table(soaked(0))
	if n := strings.Count(text, "\n"); n != 2+rows {
		t.Errorf("%d lines, want %d:\n%s", n, 2+rows, text)
	}
	if want := "| 60 | 500 | 5900 | 0 | 0 | 10.0 · 10.0 | 40 · 40 | 90 · 90 | 10 · 10 | 16 · 16 |\n"; !strings.HasSuffix(text, want) {
		t.Errorf("it ends with\n%s, want\n%s", text[strings.LastIndex(text[:len(text)-1], "\n")+1:], want)
	}
	for line := range strings.Lines(text) {
		if strings.Count(line, "|") != 11 {
			t.Errorf("line %q has another number of columns", line)
		}
	}
}
