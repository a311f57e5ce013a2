package main

import (
	"strings"
	"testing"
)

// two passes in which ours takes 1.5 and 1.8 of the ping-pong's CPU time.
var measured = results{
	Samples: []sample{
		{Pass: 0, Shape: shape{4, 16}, Work: pingpong, Who: ceiling, Rate: 9000, P50: 1600, CPU: 40},
		{Pass: 0, Shape: shape{4, 16}, Work: resolve, Who: ours, Rate: 8000, P50: 2000, CPU: 60},
		{Pass: 0, Shape: shape{4, 16}, Work: resolve, Who: theirs, Rate: 5000, P50: 12000, CPU: 120},
		{Pass: 1, Shape: shape{4, 16}, Work: pingpong, Who: ceiling, Rate: 4000, P50: 3000, CPU: 50},
		{Pass: 1, Shape: shape{4, 16}, Work: resolve, Who: theirs, Rate: 2000, P50: 20000, CPU: 140},
		{Pass: 1, Shape: shape{4, 16}, Work: resolve, Who: ours, Rate: 5000, P50: 4000, CPU: 90},
	},
	Joins: []join{{ours, 50_000, 0.4, 4}, {ours, 50_000, 0.5, 5}, {ours, 50_000, 0.9, 6}, {theirs, 50_000, 8, 50}},
}

func TestTables(t *testing.T) {
	text := tables(measured)
	for _, want := range []string{
		"medians of 2 passes",
		"| 4 x 16 | 6500/s | 2300 µs | 45 | 6500/s | 3000 µs | 75 (1.5x-1.8x) | 3500/s | 16000 µs | 130 (2.8x-3.0x) | 1.6x-2.5x |\n",
		"that has 50000 elements",
		"| ours | 0.50 s | 5.0 µs |\n",
		"| RSPLIB | 8.00 s | 50.0 µs |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "1 x 1 ") {
		t.Errorf("a row without measurements in\n%s", text)
	}
	if text := tables(results{}); text != "" {
		t.Errorf("tables of nothing: %q", text)
	}
}
