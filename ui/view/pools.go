package view

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
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
	f := parseFilter(q.Filter, poolKeys...)
	p.Table.FilterNote = f.fault
	changed := changes(r)
	var pools []*replica.Pool // pointers: one sort serves all tables
	all := 0
	for pool := range r.Pools() {
		all++
		if poolBadge(pool).rank() < 4 {
			p.Look++
		}
		if f.match(poolFacts(pool, r.Self())) {
			pools = append(pools, &pool)
		}
	}
	sortPools(pools, q, changed)
	shown := pools[:min(len(pools), q.rows())]
	for _, pool := range shown {
		p.Rows = append(p.Rows, poolRow(q, *pool, changed[pool.Handle], now))
	}
	p.Table.window(q, len(shown), len(pools), all)
	counts := r.Counts()
	p.Summary = plural(all, "pool", "pools") + ", " + plural(counts.Elements, "element", "elements") + ". " + needs(p.Look, "pool", "pools")
	if all == 0 {
		p.Table.Nothing = "No pool. An element makes one when it registers."
	}
	return p
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

func sortPools(pools []*replica.Pool, q Query, changed map[wire.PoolHandle]feed.Time) {
	column, falling := q.order("need")
	compare := func(a, b *replica.Pool) int {
		switch column {
		case "need":
			return cmp.Compare(poolBadge(*a).rank(), poolBadge(*b).rank())
		case "policy":
			return cmp.Compare(a.Policy.Type, b.Policy.Type)
		case "up":
			return cmp.Compare(a.Len-a.Suspect-a.Expired, b.Len-b.Suspect-b.Expired)
		case "owned":
			return cmp.Compare(a.Owned, b.Owned)
		case "changed": // the newest first
			return cmp.Compare(changed[b.Handle], changed[a.Handle])
		default:
			return strings.Compare(string(a.Handle), string(b.Handle))
		}
	}
	slices.SortStableFunc(pools, func(a, b *replica.Pool) int {
		c := compare(a, b)
		if falling {
			c = -c
		}
		return c // equal ones stay in the order of their handles
	})
}

func poolFacts(p replica.Pool, self wire.ServerID) []fact {
	up := p.Len - p.Suspect - p.Expired
	facts := []fact{
		{"handle", Handle(p.Handle), true},
		{"policy", policy.Short(p.Policy.Type), true},
		{"own", strconv.Itoa(p.Owned), false},
		{"elements", strconv.Itoa(p.Len), false},
		{"up", strconv.Itoa(up), false},
	}
	state := "up"
	if p.Suspect > 0 {
		state = "suspect"
		facts = append(facts, fact{"state", "suspect", false})
	}
	if p.Expired > 0 {
		state = "expired"
		facts = append(facts, fact{"state", "expired", false})
	}
	if state == "up" {
		facts = append(facts, fact{"state", "up", false})
	}
	for _, home := range p.Homes {
		facts = append(facts, fact{"home", home.Home.String(), true})
		if home.Home == self {
			facts = append(facts, fact{"home", "own", false})
		}
	}
	return facts
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
