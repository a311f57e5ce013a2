package view

import (
	"slices"
	"strconv"
)

// Column is a head of a table that sorts.
type Column struct {
	_ incomparable
	// Name is the column in Query.Sort and in the names of its slots.
	Name string
	// Label is what the head says.
	Label string
	// URL is the page sorted by this column, or the other way round.
	URL string
	// Sorted is ascending, descending or empty: the value of aria-sort.
	Sorted string
}

// Table is what the tables have in common.
type Table struct {
	Columns []Column
	// Filter is what the user typed, FilterNote what is wrong with it.
	Filter, FilterNote string
	// Shown says how much is shown, "200 of 1,284", empty where it is all.
	Shown string
	// MoreURL is the page with more rows, empty where all are shown.
	MoreURL string
	// Count is the number of rows with the head, for screen readers, where not
	// all of them are in the document.
	Count string
	// Nothing says why no row is there.
	Nothing string
	// Waiting says how many rows are not where they belong, while the order holds.
	Waiting string
	// Matching is how many rows fit the filter, From the index of the first one that
	// is in the document.
	Matching, From int
}

// Column gives the column of that name.
func (t Table) Column(name string) Column {
	i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return Column{}
	}
	return t.Columns[i]
}

func (t Table) slots(name string, set Set) {
	for _, c := range t.Columns {
		set(name+".sort."+c.Name, c.URL)
		set(name+".sorted."+c.Name, c.Sorted)
		set(name+".label."+c.Name, c.Label)
	}
	set(name+".filter", t.Filter)
	set(name+".note", t.FilterNote)
	set(name+".shown", t.Shown)
	set(name+".more", t.MoreURL)
	set(name+".all", yes(t.MoreURL == ""))
	set(name+".count", t.Count)
	set(name+".nothing", t.Nothing)
	set(name+".waiting", t.Waiting)
	set(name+".settled", yes(t.Waiting == ""))
}

// newTable fills in what follows from the query; own is the column by which the
// table is sorted when nobody asks.
func newTable(q Query, own string, columns ...Column) Table {
	column, falling := q.order(own)
	for i := range columns {
		c := &columns[i]
		to := q
		to.Sort = c.Name
		if c.Name == column {
			c.Sorted = "ascending"
			if falling {
				c.Sorted = "descending"
			} else {
				to.Sort = "-" + c.Name
			}
		}
		c.URL = q.link(to)
	}
	return Table{Columns: columns, Filter: q.Filter}
}

// window tells of rows left out: shown of matching, which are of all.
func (t *Table) window(q Query, shown, matching, all int) {
	if shown < matching {
		t.Count = strconv.Itoa(matching + 1)
		to := q
		to.Rows = min(q.rows()+WindowRows, maxRows)
		if to.Rows > q.rows() {
			t.MoreURL = q.link(to)
		}
	}
	switch {
	case shown < matching:
		t.Shown = Number(shown) + " of " + Number(matching) + " shown"
	case matching < all:
		t.Shown = Number(matching) + " of " + Number(all) + " fit the filter"
	}
	if matching == 0 && all > 0 {
		t.Nothing = "Nothing fits the filter."
	}
}

// arranged tells the same of a table that the page's program scrolls: it has all
// rows, and those in sight in the document. all is their number without a filter.
func (t *Table) arranged(q Query, w arranged, all int) {
	t.window(q, len(w.refs), w.in, all)
	t.From, t.Matching = w.from, w.in
	if w.waiting > 0 {
		t.Waiting = plural(w.waiting, "change waits", "changes wait") + ", apply"
	}
	if q.Kept == nil || len(w.refs) == w.in {
		return
	}
	t.MoreURL = ""
	if seen := min(q.Window.Seen, w.in-q.Window.Top); seen > 0 {
		t.Shown = "Rows " + Number(q.Window.Top+1) + " to " + Number(q.Window.Top+seen) + " of " + Number(w.in)
	}
}

// rowIndex is the number of a row for screen readers, the head being 1.
func rowIndex(w arranged, i int) string { return strconv.Itoa(w.from + i + 2) }

// Bar is a bar of a fixed width, drawn as SVG: only its widths change.
type Bar struct {
	// Fill is the width of the value; Over is the width of the part beyond the
	// limit, which starts at OverAt. In pixels, as attributes want them.
	Fill, OverAt, Over string
}

// barWidth is the width of a bar in pixels.
const barWidth = 96

// newBar fills the share of/all of a bar; what is over the limit, a share as
// well, is drawn apart.
func newBar(of, all, limit uint64) Bar {
	if all == 0 {
		return Bar{"0", "0", "0"}
	}
	px := func(v uint64) int { return int(min(v, all) * barWidth / all) } //nolint:gosec // at most barWidth
	full, fill := px(of), px(min(of, limit))
	return Bar{strconv.Itoa(fill), strconv.Itoa(fill), strconv.Itoa(full - fill)}
}

func (b Bar) slots(name string, set Set) {
	set(name+".fill", b.Fill)
	set(name+".at", b.OverAt)
	set(name+".over", b.Over)
}
