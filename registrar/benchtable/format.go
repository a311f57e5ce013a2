package main

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// digits writes v with n significant digits, and with all of those before the
// decimal point.
func digits(v float64, n int) string {
	if v == 0 {
		return "0"
	}
	// The exponent of the rounded value: 9.999 has that of 10.
	_, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', n-1, 64), "e")
	e, _ := strconv.Atoi(exponent)
	return strconv.FormatFloat(v, 'f', max(0, n-1-e), 64)
}

// count writes a rate with three digits: 12.8M, 233k, 79.3k, 812.
func count(v float64) string {
	for _, unit := range []struct {
		suffix string
		scale  float64
	}{{"M", 1e6}, {"k", 1e3}} {
		if v >= unit.scale*0.9995 { // which is rounded up to the unit
			return digits(v/unit.scale, 3) + unit.suffix
		}
	}
	return digits(v, 3)
}

// nanoseconds has three digits, or all before the decimal point.
func nanoseconds(v float64) string { return digits(v, 3) }

// whole rounds to an integer.
func whole(v float64) string { return strconv.FormatFloat(math.Round(v), 'f', 0, 64) }

// ratios writes the span of some ratios behind a cell: (3.4x), (0.52-3.4x), or
// nothing for none.
func ratios(lowest, highest float64) string {
	low, high := digits(lowest, 2), digits(highest, 2)
	switch {
	case highest == 0:
		return ""
	case low == high:
		return " (" + low + "x)"
	}
	return " (" + low + "-" + high + "x)"
}

// words writes WeightedRoundRobin as "Weighted round robin", so that a narrow
// column can break it.
func words(name string) string {
	var b strings.Builder
	for i, c := range name {
		if i > 0 && unicode.IsUpper(c) {
			b.WriteByte(' ')
			c = unicode.ToLower(c)
		}
		b.WriteRune(c)
	}
	return b.String()
}

// row writes one line of a Markdown table.
func row(b *strings.Builder, cells ...string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// head writes the two lines that begin a Markdown table: names to the left, all
// else to the right.
func head(b *strings.Builder, cells ...string) {
	row(b, cells...)
	b.WriteString("|---|" + strings.Repeat("---:|", len(cells)-1) + "\n")
}
