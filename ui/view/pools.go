package view

import (
	"strconv"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/policy"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// PoolsPage is the list of pools.
type PoolsPage struct {
	Summary string
	Table   Table
	Rows    []PoolRow
	// Look is how many pools need a look.
	Look int
}

// PoolRow is one pool in a list.
type PoolRow struct {
	// ID is the pool's key.
	ID, Handle, URL string
	// Index is the row's number, the head being 1. Gone is a pool that has ended
	// while the order holds.
	Index string
	Gone  bool
	// Bytes is set where the handle is no text.
	Bytes bool
	State Badge
	// Policy is its short name, PolicyTitle the long one.
	Policy, PolicyTitle string
	// Up and Total count elements; Few is set where fewer are up than there are.
	Up, Total string
	Few       bool
	Owned     string
	OwnedBar  Bar
	Homes     string
	// Changed is the age of the last change that is known, ChangedAt its time.
	Changed, ChangedAt string
}

// Key is the pool's key.
func (r PoolRow) Key() string { return r.ID }

// Slots gives the values of the row.
func (r PoolRow) Slots(set Set) {
	set("index", r.Index)
	set("row.class", r.Class())
	set("handle", r.Handle)
	set("url", r.URL)
	set("text", yes(!r.Bytes))
	r.State.slots("state", set)
	set("policy", r.Policy)
	set("policy.title", r.PolicyTitle)
	set("up", r.Up)
	set("up.class", few(r.Few))
	set("total", r.Total)
	set("full", yes(!r.Few))
	set("owned", r.Owned)
	r.OwnedBar.slots("owned", set)
	set("homes", r.Homes)
	set("changed", r.Changed)
	set("changed.at", r.ChangedAt)
}

// Class is the style of the row.
func (r PoolRow) Class() string {
	if r.Gone {
		return "ghost"
	}
	return ""
}

// UpClass is the style of the count of elements that are up.
func (r PoolRow) UpClass() string { return few(r.Few) }

func few(b bool) string {
	if b {
		return "warn"
	}
	return "n"
}

var poolKeys = []string{"state", "policy", "home", "own", "elements", "up"}

func poolsPage(r *replica.Replica, now time.Time, q Query) PoolsPage {
	p := PoolsPage{Table: newTable(q, "need",
		Column{Name: "handle", Label: "Handle"}, Column{Name: "need", Label: "State"},
		Column{Name: "policy", Label: "Policy"}, Column{Name: "up", Label: "Up"},
		Column{Name: "owned", Label: "Owned here"}, Column{Name: "changed", Label: "Last change"})}
	changed := changes(r)
	t, fault := tableOfPools(r, q, changed)
	p.Table.FilterNote = fault
	w := arrange(q, t)
	p.Look = w.look
	for i, ref := range w.refs {
		row := PoolRow{ID: Key(ref.Handle), Handle: Handle(ref.Handle), Bytes: !plain(string(ref.Handle)), State: quiet("off", "removed", "Gone"), Gone: true}
		if pool, ok := r.Pool(ref.Handle); ok {
			row = poolRow(q, pool, changed[ref.Handle], now)
		}
		row.Index = rowIndex(w, i)
		p.Rows = append(p.Rows, row)
	}
	all := r.Counts().Pools
	p.Table.arranged(q, w, all)
	counts := r.Counts()
	p.Summary = plural(all, "pool", "pools") + ", " + plural(counts.Elements, "element", "elements") + ". " + needs(p.Look, "pool", "pools")
	if all == 0 {
		p.Table.Nothing = "No pool. An element makes one when it registers."
	}
	return p
}

// tableOfPools is how the pools are ordered, and what is wrong with the filter.
func tableOfPools(r *replica.Replica, q Query, changed map[wire.PoolHandle]feed.Time) (arrangement, string) {
	f := parseFilter(q.Filter, poolKeys...)
	order := poolOrder(r.Self(), q, f, changed)
	column, falling := q.order("need")
	return arrangement{
		shape: q.shape(), falling: falling && column == "handle", pools: true,
		every: func(yield func(replica.Ref, spot) bool) {
			for pool := range r.Pools() {
				if !yield(replica.Ref{Handle: pool.Handle}, order(pool)) {
					return
				}
			}
		},
		place: func(ref replica.Ref) (spot, bool) {
			pool, ok := r.Pool(ref.Handle)
			if !ok {
				return spot{}, false
			}
			return order(pool), true
		},
	}, f.fault
}

// needs says how many of something need a look.
func needs(n int, one, many string) string {
	switch n {
	case 0:
		return "Nothing needs a look."
	case 1:
		return "1 " + one + " needs a look."
	default:
		return Number(n) + " " + many + " need a look."
	}
}

// changes gives the newest event of each pool that the feed remembers.
func changes(r *replica.Replica) map[wire.PoolHandle]feed.Time {
	newest := make(map[wire.PoolHandle]feed.Time)
	for e := range r.Events() {
		if e.Handle != "" && e.At > newest[e.Handle] {
			newest[e.Handle] = e.At
		}
	}
	return newest
}

// poolOrder gives the place of a pool in the table.
func poolOrder(self wire.ServerID, q Query, f filter, changed map[wire.PoolHandle]feed.Time) func(replica.Pool) spot {
	column, falling := q.order("need")
	return func(p replica.Pool) spot {
		rank := poolBadge(p).rank()
		at := spot{look: rank < 4, in: len(f.terms) == 0 || f.match(poolFacts(p, self))}
		switch column {
		case "need":
			at.first = uint64(rank) //nolint:gosec // 0 to 4
		case "policy":
			at.first = uint64(p.Policy.Type)
		case "up":
			at.first = uint64(p.Len - p.Suspect - p.Expired) //nolint:gosec // a count
		case "owned":
			at.first = uint64(p.Owned) //nolint:gosec // a count
		case "changed": // the newest first
			at.first = ^uint64(changed[p.Handle]) //nolint:gosec // a time
		}
		if falling && column != "handle" {
			at.first = ^at.first
		}
		return at
	}
}

func poolFacts(p replica.Pool, self wire.ServerID) (f facts) {
	f.add("handle", Handle(p.Handle), true)
	f.add("policy", policy.Short(p.Policy.Type), true)
	f.add("own", strconv.Itoa(p.Owned), false)
	f.add("elements", strconv.Itoa(p.Len), false)
	f.add("up", strconv.Itoa(p.Len-p.Suspect-p.Expired), false)
	if p.Suspect > 0 {
		f.add("state", "suspect", false)
	}
	if p.Expired > 0 {
		f.add("state", "expired", false)
	}
	if p.Suspect+p.Expired == 0 {
		f.add("state", "up", false)
	}
	for _, home := range p.Homes {
		f.add("home", home.Home.String(), true)
		if home.Home == self {
			f.add("home", "own", false)
		}
	}
	return f
}

func poolRow(q Query, p replica.Pool, changed feed.Time, now time.Time) PoolRow {
	up := p.Len - p.Suspect - p.Expired
	return PoolRow{
		ID:          Key(p.Handle),
		Handle:      Handle(p.Handle),
		URL:         q.link(Query{Kind: Pool, Pool: p.Handle}),
		Bytes:       !plain(string(p.Handle)),
		State:       poolBadge(p),
		Policy:      policy.Short(p.Policy.Type),
		PolicyTitle: policy.Title(p.Policy.Type),
		Up:          Number(up),
		Total:       " of " + Number(p.Len),
		Few:         up < p.Len,
		Owned:       Number(p.Owned),
		OwnedBar:    newBar(uint64(p.Owned), uint64(p.Len), uint64(p.Len)), //nolint:gosec // counts
		Homes:       Number(len(p.Homes)),
		Changed:     Ago(changed.Time(), now),
		ChangedAt:   Stamp(changed.Time()),
	}
}
