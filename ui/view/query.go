package view

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// Limits of a query.
const (
	// WindowRows is how many rows a table shows at first and adds at a time: few
	// enough that a browser patches them in one frame.
	WindowRows = 200
	// maxRows keeps a page that somebody asked for by its URL in bounds.
	maxRows = 2000
	// maxFilter is more than a filter that anybody types; the field takes no more.
	maxFilter = 256
)

// Query is what the user asked to see; its URL repeats it.
type Query struct {
	_    incomparable
	Kind Kind
	// Pool is the pool of the pages Pool and WhatIf.
	Pool wire.PoolHandle
	// Target and Takeover are the takeover of the page Takeover; Step is where its
	// playhead stands, 0 being the end. Playing: it moves, Speed times as fast, 0
	// being once.
	Target   wire.ServerID
	Takeover uint32
	Step     int
	Playing  bool
	Speed    int
	// Said is what came of the latest wish about a peer or the open element.
	Said string
	// Answer is what a user of the page's pool would get, nil until it was asked.
	Answer *Answer
	// Filter narrows the page's table (filter.go).
	Filter string
	// Sort is a column of the page's table, with - in front for falling order;
	// empty is the page's own order.
	Sort string
	// Rows is how many rows to show, 0 for WindowRows.
	Rows int
	// Scenario is what the page WhatIf tries, Tried the latest run of one.
	Scenario Scenario
	Tried    *Trial
	// Chosen is the element that is open, on pages with a table of elements.
	Chosen replica.Ref
	// Window is what of a long table is wanted, where the page scrolls it.
	Window Window
	// Base is the URL of the dashboard's root, empty where it is not known.
	Base string
	// Kept is what the page's program keeps between two paints, nil elsewhere.
	Kept *Kept
	// Message is the chosen message of the page Inspector and Field its chosen field,
	// by its place in the tree; Preview is a field pointed at, counted from 1.
	Message        uint64
	Field, Preview int
	// Upto is the latest event or message to list while the page does not follow; 0
	// is all. Paused: the page stands still.
	Upto   uint64
	Paused bool
	// Since is how far back the page Events looks, one of sinces.
	Since time.Duration
	// Link is the state of the feed; the zero value is a page that the server
	// painted.
	Link Connection
}

// Route reads a path below the dashboard's root, as escaped in the URL, and the
// raw query behind it. ok is false where no page lives there.
func Route(path, rawQuery string) (q Query, ok bool) {
	switch page, key, deep := strings.Cut(strings.TrimPrefix(path, "/"), "/"); {
	case !deep:
		if q.Kind, ok = named(page); !ok {
			return q, false
		}
	case page == Pool.path() && !strings.Contains(key, "/"):
		text, ok := unescape(key)
		if !ok {
			return q, false
		}
		h, err := ParseKey(text)
		if err != nil || h == "" {
			return q, false
		}
		q.Kind, q.Pool = Pool, h
	case page == Takeover.path():
		if ok := q.takeover(key); !ok {
			return q, false
		}
	default:
		return q, false
	}
	of := ""
	for part := range strings.SplitSeq(rawQuery, "&") {
		name, value, _ := strings.Cut(part, "=")
		value, ok := unescape(strings.ReplaceAll(value, "+", " "))
		if !ok {
			continue
		}
		switch name {
		case "q":
			if len(value) <= maxFilter && utf8.ValidString(value) {
				q.Filter = value
			}
		case "sort":
			q.Sort = value
		case "step":
			if n, err := strconv.Atoi(value); err == nil && n > 0 && q.Kind == Takeover {
				q.Step = n
			}
		case "rows":
			if n, err := strconv.Atoi(value); err == nil && n > 0 {
				q.Rows = min(n, maxRows)
			}
		case "pe":
			if ref, ok := q.ParseRef(value); ok && (q.Kind == Pool || q.Kind == Elements) {
				q.Chosen = ref
			}
		case "since":
			if q.Kind == Events {
				q.Since = sinceOf(value)
			}
		case "m":
			if q.Kind == Inspector {
				q.Message, _ = strconv.ParseUint(value, 10, 64) // 0 is none
				q.Field = 0
			}
		case "f":
			if n, err := strconv.Atoi(value); err == nil && n > 0 && q.Message > 0 { // which comes first
				q.Field = n
			}
		case "of":
			of = value
		default:
			if q.Kind == WhatIf {
				q.scenario(name, value)
			}
		}
	}
	if of != "" && of != Key(q.Pool) { // the form was filled in for another pool
		q.Scenario.Members, q.Scenario.Policy = "", ""
	}
	return q, true
}

// scenario takes a parameter of the page WhatIf.
func (q *Query) scenario(name, value string) {
	if name != "pool" {
		q.Scenario.read(name, value)
	} else if h, err := ParseKey(value); err == nil {
		q.Pool = h
	}
}

// takeovers is between a registrar's ID and a takeover's number in an address.
const takeovers = "/takeovers/"

// takeover reads the address of a takeover behind that of its page.
func (q *Query) takeover(text string) bool {
	target, number, ok := strings.Cut(text, takeovers)
	if !ok {
		return false
	}
	id, err := wire.ParseID(target)
	if err != nil {
		return false
	}
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return false
	}
	q.Kind, q.Target, q.Takeover = Takeover, wire.ServerID(id), uint32(n)
	return true
}

// Root is the way from the query's page to the dashboard's root: all links are
// relative, so that the dashboard can live below any path.
func (q Query) Root() string {
	switch q.Kind {
	case Pool:
		return "../"
	case Takeover:
		return "../../../"
	default:
		return "./"
	}
}

// Path is the address of the query's page below the dashboard's root.
func (q Query) Path() string {
	var b strings.Builder
	b.WriteString(q.Kind.path())
	if q.Kind == Pool {
		b.WriteByte('/')
		b.WriteString(Key(q.Pool))
	}
	if q.Kind == Takeover {
		b.WriteString("/" + q.Target.String() + takeovers + strconv.FormatUint(uint64(q.Takeover), 10))
	}
	sep := byte('?')
	add := func(name, value string) {
		if value != "" {
			b.WriteByte(sep)
			b.WriteString(name)
			b.WriteByte('=')
			b.WriteString(escape(value))
			sep = '&'
		}
	}
	if q.Kind == WhatIf {
		add("pool", argument(q.Pool))
		q.Scenario.write(add)
	}
	add("q", q.Filter)
	add("sort", q.Sort)
	if q.Step > 0 {
		add("step", strconv.Itoa(q.Step))
	}
	if q.Chosen != (replica.Ref{}) {
		add("pe", q.refKey(q.Chosen))
	}
	add("since", sinceName(q.Since))
	if q.Kind == Inspector && q.Message > 0 {
		add("m", strconv.FormatUint(q.Message, 10))
		if q.Field > 0 {
			add("f", strconv.Itoa(q.Field))
		}
	}
	if q.Rows > WindowRows {
		add("rows", strconv.Itoa(q.Rows))
	}
	return b.String()
}

// link is the address of another page, from this one.
func (q Query) link(to Query) string { return q.Root() + to.Path() }

// rows is how many rows to show.
func (q Query) rows() int {
	if q.Rows == 0 {
		return WindowRows
	}
	return q.Rows
}

// order splits Sort into the column and its direction.
func (q Query) order(own string) (column string, falling bool) {
	if q.Sort == "" {
		return own, false
	}
	column, falling = strings.CutPrefix(q.Sort, "-")
	return column, falling
}

// shape is what the order of the page's table depends on.
func (q Query) shape() shape { return shape{q.Kind, q.Pool, q.Filter, q.Sort} }
