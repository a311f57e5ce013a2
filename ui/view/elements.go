package view

import (
	"strconv"
	"strings"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/policy"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// ElementsPage is the table of all elements.
type ElementsPage struct {
	Summary string
	Presets []Preset
	Table   Table
	Rows    []ElementRow
	drawer  Drawer
}

// Preset is a filter to pick, and how many rows fit it. Its slots have the name
// "preset." and Name.
type Preset struct {
	_                       incomparable
	Name, Label, Count, URL string
	// Chosen marks the filter that is set.
	Chosen bool
	filter string
}

// Aria is the value of aria-current.
func (p Preset) Aria() string { return yes(p.Chosen) }

func (p ElementsPage) slots(set Set) {
	set("every.summary", p.Summary)
	for _, f := range p.Presets {
		set("preset."+f.Name, f.URL)
		set("preset."+f.Name+".count", f.Count)
		set("preset."+f.Name+".chosen", f.Aria())
	}
	p.Table.slots("every", set)
}

// elementKeys are the keys of filters for elements of one pool, allKeys those for
// elements of many.
var (
	elementKeys = []string{"state", "id", "home", "transport", "reports", "load"}
	allKeys     = append([]string{"pool", "policy"}, elementKeys...)
)

func elementsPage(r *replica.Replica, now time.Time, q Query) ElementsPage {
	p := ElementsPage{Table: newTable(q, "need",
		Column{Name: "need", Label: "State"}, Column{Name: "id", Label: "Element"}, Column{Name: "pool", Label: "Pool"},
		Column{Name: "home", Label: "Home"}, Column{Name: "value", Label: "Policy value"},
		Column{Name: "reports", Label: "Reports"}, Column{Name: "expires", Label: "Expires in"})}
	t := tableOfElements(r, q, "need", allKeys)
	p.Table.FilterNote = t.fault
	w := arrange(q, t.arrangement)
	p.Rows = elementRows(r, q, w, now)
	p.drawer = drawer(r, q, w, now)
	c := r.Counts()
	p.Table.arranged(q, w, c.Elements)
	p.Summary = plural(c.Elements, "element", "elements") + " in " + plural(c.Pools, "pool", "pools") + ". " + notWell(c)
	if c.Elements == 0 {
		p.Table.Nothing = "No element. One comes when a server registers with its pool's handle."
	}
	p.Presets = p.Filters()
	for i, count := range []int{c.Elements, c.Suspect + c.Expired, c.Owned} {
		f := &p.Presets[i]
		f.Count, f.Chosen = Number(count), q.Filter == f.filter
		f.URL = q.link(Query{Kind: Elements, Filter: f.filter, Sort: q.Sort})
	}
	return p
}

// Filters are the presets; of a page that is not shown only their names.
func (p ElementsPage) Filters() []Preset {
	if p.Presets != nil {
		return p.Presets
	}
	return []Preset{
		{Name: "all", Label: "All"}, {Name: "notup", Label: "Not up", filter: "state!=up"}, {Name: "own", Label: "Owned here", filter: "home:own"},
	}
}

func notWell(c replica.Counts) string {
	switch {
	case c.Suspect+c.Expired == 0:
		return "All of them are up."
	case c.Expired == 0:
		return Number(c.Suspect) + " suspect."
	case c.Suspect == 0:
		return Number(c.Expired) + " expired and about to go."
	default:
		return Number(c.Suspect) + " suspect, " + Number(c.Expired) + " expired and about to go."
	}
}

// elementTable is how a table of elements is ordered, and what is wrong with its
// filter.
type elementTable struct {
	arrangement
	fault string
}

// tableOfElements is the table of the query's page; own is the column by which it
// is sorted when nobody asks.
func tableOfElements(r *replica.Replica, q Query, own string, keys []string) elementTable {
	f := parseFilter(q.Filter, keys...)
	column, falling := q.order(own)
	byName := column == "pool" || q.Kind == Pool && column == "id"
	order := func(e replica.Element) spot {
		at := spot{in: len(f.terms) == 0 || f.match(elementFacts(e, f))}
		if !byName {
			at.first = elementRank(e, column)
		}
		if falling && !byName {
			at.first = ^at.first
		}
		return at
	}
	elements := r.AllElements()
	if q.Kind == Pool {
		elements = r.Elements(q.Pool)
	}
	return elementTable{fault: f.fault, arrangement: arrangement{
		shape: q.shape(), falling: falling && byName,
		every: func(yield func(replica.Ref, spot) bool) {
			for e := range elements {
				if !yield(replica.Ref{Handle: e.Handle, ID: e.ID}, order(e)) {
					return
				}
			}
		},
		place: func(ref replica.Ref) (spot, bool) {
			if q.Kind == Pool && ref.Handle != q.Pool {
				return spot{}, false
			}
			e, ok := r.Element(ref.Handle, ref.ID)
			if !ok {
				return spot{}, false
			}
			return order(e), true
		},
	}}
}

// rankBits are below the rank of a state: enough for a time in milliseconds.
const rankBits = 56

// elementRank is what elements are compared by in a column; equal ones go by pool
// and identifier.
func elementRank(e replica.Element, column string) uint64 {
	expires := min(uint64(e.State.Expires)-1, 1<<rankBits-1) //nolint:gosec // 0, never, is the largest
	switch column {
	case "need":
		return uint64(elementBadge(e.State.Health).rank())<<rankBits | expires //nolint:gosec // 0 to 4
	case "state":
		return uint64(elementBadge(e.State.Health).rank()) //nolint:gosec // 0 to 4
	case "id":
		return uint64(e.ID)
	case "home":
		return uint64(e.HomeServer)
	case "value":
		return uint64(policyValue(e.Policy))
	case "expires":
		return expires
	case "reports":
		return uint64(e.State.Reports)
	default:
		return 0
	}
}

// elementFacts are those that the filter looks at: of 100,000 elements the others
// would cost more than the filter.
func elementFacts(e replica.Element, f filter) []fact {
	facts := make([]fact, 0, 8)
	add := func(key string, free bool, text func() string) {
		if f.wants(key, free) {
			facts = append(facts, fact{key, text(), free})
		}
	}
	add("state", false, e.State.Health.String)
	add("id", true, e.ID.String)
	add("pool", true, func() string { return Handle(e.Handle) })
	add("home", true, e.HomeServer.String)
	add("policy", false, func() string { return policy.Short(e.Policy.Type) })
	add("transport", false, func() string { return protocol(e.UserTransport.Type) })
	add("address", true, func() string { return endpoints(e.UserTransport) })
	add("reports", false, func() string { return strconv.Itoa(int(e.State.Reports)) })
	if e.Owned {
		add("home", false, func() string { return "own" })
	}
	if v, ok := goesBy(e.Policy); ok && v.Unit == policy.Share {
		add("load", false, func() string { return strconv.FormatUint(uint64(v.Value)*100/0xffffffff, 10) })
	}
	return facts
}

// elementRows makes the rows of a table of elements.
func elementRows(r *replica.Replica, q Query, w arranged, now time.Time) []ElementRow {
	rows := make([]ElementRow, 0, len(w.refs))
	found := make([]replica.Element, len(w.refs))
	largest := map[wire.PolicyType]uint32{}
	for i, ref := range w.refs {
		found[i], _ = r.Element(ref.Handle, ref.ID)
		t := found[i].Policy.Type
		largest[t] = max(largest[t], policyValue(found[i].Policy))
	}
	since := map[replica.Ref]feed.Time{}
	if q.Kind == Elements {
		since = registered(r)
	}
	for i, ref := range w.refs {
		row := ghostRow(ref)
		if e := found[i]; e.ID == ref.ID && e.Handle == ref.Handle {
			row = elementRow(q, e, largest[e.Policy.Type], now, r.Self())
		}
		row.Name = q.refKey(ref)
		row.URL, row.Chosen = q.choose(ref), ref == q.Chosen
		row.Index = rowIndex(w, i)
		if q.Kind == Elements {
			row.Registered, row.RegisteredAt = Ago(since[ref].Time(), now), Stamp(since[ref].Time())
			row.PoolURL = q.link(Query{Kind: Pool, Pool: ref.Handle})
		}
		rows = append(rows, row)
	}
	return rows
}

// ghostRow is the row of an element that is gone.
func ghostRow(ref replica.Ref) ElementRow {
	return ElementRow{
		ID: ref.ID.String(), Pool: Handle(ref.Handle), Gone: true, State: quiet("off", "removed", "Removed"), Home: unknown,
		Value: unknown, Bar: newBar(0, 0, 0), Plain: true, Transport: unknown, Expires: unknown, Reports: unknown, Elsewhere: "It has left the pool.",
	}
}

// registered says since when elements are registered, as far as the feed remembers.
func registered(r *replica.Replica) map[replica.Ref]feed.Time {
	since := map[replica.Ref]feed.Time{}
	for e := range r.Events() { // the newest first
		ref := replica.Ref{Handle: e.Handle, ID: e.Element}
		if _, known := since[ref]; e.Name == "element.registered" && !known {
			since[ref] = e.At
		}
	}
	return since
}

// refKey is an element in the addresses and tables of the query's page.
func (q Query) refKey(ref replica.Ref) string {
	if q.Kind == Pool {
		return ref.ID.String()
	}
	return Key(ref.Handle) + "/" + ref.ID.String()
}

// ParseRef reads the key of a row of elements on the query's page.
func (q Query) ParseRef(key string) (ref replica.Ref, ok bool) {
	id := key
	ref.Handle = q.Pool
	if i := strings.LastIndexByte(key, '/'); i >= 0 && q.Kind != Pool {
		text, ok := unescape(key[:i])
		if !ok {
			return ref, false
		}
		handle, err := ParseKey(text)
		if err != nil {
			return ref, false
		}
		ref.Handle, id = handle, key[i+1:]
	}
	n, err := wire.ParseID(id)
	ref.ID = wire.PEIdentifier(n)
	return ref, err == nil && ref.Handle != ""
}
