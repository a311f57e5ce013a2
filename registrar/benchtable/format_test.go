package main

import "testing"

func TestNumbers(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{count(12_790_000), "12.8M"},
		{count(1_076_543), "1.08M"},
		{count(1_204_000), "1.20M"},
		{count(163_370_000), "163M"},
		{count(2_345_000_000), "2345M"},
		{count(999_600), "1.00M"},
		{count(999_400), "999k"},
		{count(233_000), "233k"},
		{count(79_300), "79.3k"},
		{count(999.6), "1.00k"},
		{count(812), "812"},
		{nanoseconds(4.061), "4.06"},
		{nanoseconds(9.996), "10.0"},
		{nanoseconds(42.72), "42.7"},
		{nanoseconds(318008.4), "318008"},
		{nanoseconds(0), "0"},
		{whole(145.9), "146"},
		{ratios(3.38, 3.38), " (3.4x)"},
		{ratios(0.524, 12.4), " (0.52-12x)"},
		{ratios(0.0512, 0.994), " (0.051-0.99x)"},
		{ratios(2.96, 3.04), " (3.0x)"},
		{ratios(0, 0), ""},
		{words("LeastUsedDegradation"), "Least used degradation"},
		{words("Random"), "Random"},
		{elements("HandleResolutionResponse50"), "HandleResolutionResponse, 50 elements"},
		{elements("HandleUpdate"), "HandleUpdate"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{7}, 7},
		{[]float64{9, 1}, 5},
		{[]float64{9, 1, 2}, 2},
		{[]float64{9, 1, 2, 4}, 3},
	} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("median of %v is %v, want %v", tt.values, got, tt.want)
		}
	}
}
