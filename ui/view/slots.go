package view

// Set takes the value of one named slot. An element of the page shows a slot as
// its text (data-t="name") or in attributes (data-a="attribute=name ..."); an
// empty value removes the attribute.
type Set func(name, value string)

// Row is one row of a list. Rows are comparable: a row that equals the one
// shown needs no work.
type Row interface {
	// Key is what the row is about, unique in its list.
	Key() string
	// Slots gives the values of the row.
	Slots(set Set)
}

// List is what the element with data-list="Name" holds.
type List struct {
	Name string
	Rows []Row
}

// incomparable is in structs that nobody compares: without it the page's program has
// the code that does, for each and for arrays of them.
type incomparable [0]func()

// yes is the value of a slot that only switches an attribute on.
func yes(b bool) string {
	if b {
		return "true"
	}
	return ""
}

func rowsOf[R Row](list []R) []Row {
	rows := make([]Row, len(list))
	for i, r := range list {
		rows[i] = r
	}
	return rows
}
