package main

import "strings"

// measure is something measured under each policy, in some columns: shapes of the
// handlespace, or rates.
type measure struct {
	name string
	// prefix begins the names of its benchmarks: prefix/policy/column.
	prefix string
	// unit is that of the output.
	unit string
	// convert makes of it what format prints; nil where it is that already.
	convert func(v float64) float64
	format  func(v float64) string
	// rsplib begins the names of RSPLIB's figures; empty where there are none.
	rsplib string
	// less is set where less is better.
	less bool
	// independent is set where the policy makes no difference: the median over the
	// policies says it all, and compares to the one figure.
	independent bool
}

// axes are the policies and columns of some measures, in the order of the output.
type axes struct{ policies, columns []string }

// value is what was measured; false if it was not.
func (m *measure) value(r *results, policy, column string) (float64, bool) {
	v, ok := r.median(m.prefix+"/"+policy+"/"+column, m.unit)
	if ok && m.convert != nil {
		v = m.convert(v)
	}
	return v, ok
}

// ratio is how many times better v is than RSPLIB's figure; false if it has none.
func (m *measure) ratio(f figures, v float64, policy, column string) (float64, bool) {
	theirs, ok := f.of(m.rsplib, policy, column)
	if !ok || v == 0 {
		return 0, false
	}
	if m.less {
		return theirs / v, true
	}
	return v / theirs, true
}

// cell is the value under one policy, with its ratio.
func (m *measure) cell(r *results, f figures, policy, column string) string {
	v, ok := m.value(r, policy, column)
	if !ok {
		return ""
	}
	ratio, _ := m.ratio(f, v, policy, column)
	return m.format(v) + ratios(ratio, ratio)
}

// summary is the median over the policies, with the span of their ratios.
func (m *measure) summary(r *results, f figures, policies []string, column string) string {
	var values []float64
	var low, high float64
	for _, policy := range policies {
		v, ok := m.value(r, policy, column)
		if !ok {
			continue
		}
		values = append(values, v)
		if ratio, ok := m.ratio(f, v, policy, column); ok {
			if low == 0 || ratio < low {
				low = ratio
			}
			high = max(high, ratio)
		}
	}
	if len(values) == 0 {
		return ""
	}
	middle := median(values)
	if m.independent {
		low, _ = m.ratio(f, middle, anyPolicy, column)
		high = low
	}
	return m.format(middle) + ratios(low, high)
}

// writeSummary writes one table of all measures, a row each.
func writeSummary(b *strings.Builder, r *results, f figures, title string, measures []measure, a axes) {
	head(b, append([]string{title}, a.columns...)...)
	for i := range measures {
		cells := []string{measures[i].name}
		for _, column := range a.columns {
			cells = append(cells, measures[i].summary(r, f, a.policies, column))
		}
		row(b, cells...)
	}
}

// writePolicies writes one table of a measure, a row for each policy.
func (m *measure) writePolicies(b *strings.Builder, r *results, f figures, a axes) {
	head(b, append([]string{m.name}, a.columns...)...)
	for _, policy := range a.policies {
		cells := []string{words(policy)}
		for _, column := range a.columns {
			cells = append(cells, m.cell(r, f, policy, column))
		}
		row(b, cells...)
	}
}
