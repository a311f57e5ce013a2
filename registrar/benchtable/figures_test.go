package main

import (
	"strings"
	"testing"
)

func TestFiguresOfRSPLIB(t *testing.T) {
	f, err := parseFigures(rsplib)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		"Handlespace/register/RoundRobin/1x10":                  3_110_000,
		"Handlespace/resolve3/WeightedRandom/1x100000":          121_000,
		"Handlespace/deregister/PriorityLeastUsed/10000x10":     198_000,
		"Handlespace/takeover/LeastUsed/1x1000000":              1_780_000,
		"Handlespace/checksum/any/1x10":                         163_370_000,
		"Memory/any/10000x10":                                   557,
		"Codec/decode/HandleResolutionResponse50/best":          8675,
		"Codec/encode/HandleTableResponse/median":               0, // holds fewer elements
		"Handlespace/register/Priority/1x10":                    0, // not measured
		"Handlespace/reregister/LeastUsedDegradation/1x1000000": 0,
	} {
		if got := f[name]; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	// 7 operations, 7 policies, 5 shapes; 5 with a million elements; 2 of no policy,
	// one of them with a million; 4 of memory; 5 messages, 2 ways, 2 values.
	if want := 7*7*5 + 5 + 2*5 + 1 + 4 + 5*2*2; len(f) != want {
		t.Errorf("%d figures, want %d", len(f), want)
	}
}

func TestParseFiguresRejects(t *testing.T) {
	for _, tt := range []struct{ name, tsv, want string }{
		{"too few cells", "name\ta\tb\nx\t1\n", "line 2: expected 3 cells"},
		{"no name line", "# comment\nx\t1\n", "line 2: expected 0 cells"},
		{"not a number", "name\ta\nx\tfast\n", `got "fast"`},
		{"zero", "name\ta\nx\t0k\n", `got "0k"`},
		{"infinite", "name\ta\nx\tNaN\n", `got "NaN"`},
		{"twice", "name\ta\nx\t1\nx\t2\n", "x/a is there twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parseFigures(tt.tsv); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}
