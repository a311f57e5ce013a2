package main

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed rsplib.tsv
var rsplib string

// anyPolicy stands in a figure's name where the policy does in a benchmark's, if
// the figure is the same for all.
const anyPolicy = "any"

// figures are RSPLIB's, by the name of the benchmark that compares to each. What
// they count is said in rsplib.tsv.
type figures map[string]float64

// of is the figure for one policy, or that for all.
func (f figures) of(prefix, policy, column string) (float64, bool) {
	for _, p := range []string{policy, anyPolicy} {
		if v, ok := f[prefix+"/"+p+"/"+column]; ok {
			return v, true
		}
	}
	return 0, false
}

// parseFigures reads lines of tab-separated cells: a name and its values. A line
// that begins with "name" says what the columns below it are; "-" is no value.
func parseFigures(tsv string) (figures, error) {
	f := make(figures)
	var columns []string
	n := 0
	for line := range strings.Lines(tsv) {
		n++
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, "\t")
		if cells[0] == "name" {
			columns = cells
			continue
		}
		if len(cells) != len(columns) {
			return nil, fmt.Errorf("rsplib.tsv line %d: expected %d cells as in the name line above, got %d", n, len(columns), len(cells))
		}
		for i, cell := range cells[1:] {
			if cell == "-" {
				continue
			}
			v, err := parseCount(cell)
			if err != nil {
				return nil, fmt.Errorf("rsplib.tsv line %d: %w", n, err)
			}
			key := cells[0] + "/" + columns[1+i]
			if _, ok := f[key]; ok {
				return nil, fmt.Errorf("rsplib.tsv line %d: %s is there twice, expected one", n, key)
			}
			f[key] = v
		}
	}
	return f, nil
}

// parseCount reads 12.79M, 233k or 528.
func parseCount(s string) (float64, error) {
	number, scale := s, 1.0
	if bare, ok := strings.CutSuffix(s, "M"); ok {
		number, scale = bare, 1e6
	} else if bare, ok := strings.CutSuffix(s, "k"); ok {
		number, scale = bare, 1e3
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || !(v > 0) {
		return 0, fmt.Errorf("expected a number above 0 such as 528, 233k or 12.79M, got %q", s)
	}
	return v * scale, nil
}
