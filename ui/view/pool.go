package view

import (
	"strconv"
	"time"

	"rserpool/registrar/policy"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// PoolPage is one pool and its elements.
type PoolPage struct {
	Handle string
	// Bytes is the whole handle in hex, where it is no text.
	Bytes string
	// Gone is set where no such pool is.
	Gone bool
	// PoolsURL leads back.
	PoolsURL                 string
	Policy, Protocol, Use    string
	State                    Badge
	Up, Total, Owned, Homes  string
	UpNote, OwnedNote, Value string
	Changed, ChangedAt       string
	Aside                    string
	// Protected is set where --protect guards it. WhatIfURL leads to a copy of it.
	Protected bool
	WhatIfURL string
	// Spread says how unlike its elements are, by what the policy goes by.
	Spread string
	Table  Table
	Rows   []ElementRow
	// Gets is what a user would get, GetsNote what is to be said of it.
	Gets     []GetRow
	GetsNote string
	drawer   Drawer
}

// ElementRow is one element of a pool.
type ElementRow struct {
	ID string
	// Name is the row's key: the ID, with the pool's key in front of it in a table
	// of many pools.
	Name string
	// URL opens the element, PoolURL its pool.
	URL, Pool, PoolURL string
	// Index is the row's number, the head being 1.
	Index string
	// Chosen marks the row that is open. Gone is a row whose element has left
	// while the order holds.
	Chosen, Gone bool
	// Registered is since when, where that is known.
	Registered, RegisteredAt string

	State Badge
	// Home is whose it is; Mine marks this registrar's.
	Home string
	Mine bool
	// Value is what the policy goes by, Bar the first part of it drawn, Plain is
	// set where there is no value that could be drawn.
	Value string
	Bar   Bar
	Plain bool
	// Transport is where users find it, Addresses all of it.
	Transport, Addresses string
	Expires, ExpiresAt   string
	Reports              string
	Reported             bool
	// Elsewhere says who may remove it, where this registrar may not.
	Elsewhere string
	// Blocked says why nothing can be removed now.
	Blocked string
}

// Key is the name.
func (r ElementRow) Key() string { return r.Name }

// Slots gives the values of the row.
func (r ElementRow) Slots(set Set) {
	set("id", r.ID)
	set("url", r.URL)
	set("pool", r.Pool)
	set("pool.url", r.PoolURL)
	set("index", r.Index)
	set("chosen", yes(r.Chosen))
	set("row.class", r.Class())
	set("registered", r.Registered)
	set("registered.at", r.RegisteredAt)
	r.State.slots("state", set)
	set("home", r.Home)
	set("home.class", r.HomeClass())
	set("value", r.Value)
	r.Bar.slots("value", set)
	set("plain", yes(r.Plain))
	set("transport", r.Transport)
	set("addresses", r.Addresses)
	set("expires", r.Expires)
	set("expires.at", r.ExpiresAt)
	set("reports", r.Reports)
	set("reports.class", r.ReportsClass())
	set("elsewhere", r.Elsewhere)
	set("theirs", yes(r.Elsewhere != ""))
	set("mine", yes(r.Elsewhere == ""))
	set("blocked", r.Blocked)
	set("disabled", yes(r.Blocked != ""))
}

// Class is the style of the row.
func (r ElementRow) Class() string {
	if r.Gone {
		return "ghost"
	}
	return ""
}

// HomeClass is the style of the home.
func (r ElementRow) HomeClass() string {
	if r.Mine {
		return "accent"
	}
	return "mono"
}

// ReportsClass is the style of the count of reports.
func (r ElementRow) ReportsClass() string {
	switch {
	case r.Reported:
		return "warn"
	case r.Reports == "0":
		return "zero"
	default:
		return "n"
	}
}

func (p PoolPage) slots(set Set) {
	set("pool.handle", p.Handle)
	set("pool.bytes", p.Bytes)
	set("pool.text", yes(p.Bytes == ""))
	set("pool.gone", yes(p.Gone))
	set("pool.here", yes(!p.Gone))
	set("pool.pools", p.PoolsURL)
	set("pool.policy", p.Policy)
	set("pool.protocol", p.Protocol)
	set("pool.use", p.Use)
	p.State.slots("pool.state", set)
	set("pool.up", p.Up)
	set("pool.total", p.Total)
	set("pool.upnote", p.UpNote)
	set("pool.owned", p.Owned)
	set("pool.ownednote", p.OwnedNote)
	set("pool.homes", p.Homes)
	set("pool.value", p.Value)
	set("pool.changed", p.Changed)
	set("pool.changed.at", p.ChangedAt)
	set("pool.aside", p.Aside)
	set("pool.open", yes(!p.Protected))
	set("pool.whatif", p.WhatIfURL)
	set("pool.spread", p.Spread)
	set("pool.getsnote", p.GetsNote)
	p.Table.slots("elements", set)
}

func poolPage(r *replica.Replica, now time.Time, q Query) PoolPage {
	value := "Value"
	pool, ok := r.Pool(q.Pool)
	if ok {
		value = valueName(pool.Policy.Type)
	}
	p := PoolPage{
		Handle: Handle(q.Pool), Gone: !ok, PoolsURL: q.link(Query{Kind: Pools}), State: poolBadge(pool),
		Table: newTable(q, "id",
			Column{Name: "state", Label: "State"}, Column{Name: "id", Label: "Element"}, Column{Name: "home", Label: "Home"},
			Column{Name: "value", Label: value}, Column{Name: "expires", Label: "Expires in"}, Column{Name: "reports", Label: "Reports"}),
	}
	if !plain(string(q.Pool)) {
		p.Bytes = hexBytes(q.Pool)
	}
	if !ok {
		q.Kept = nil // the order of another table
		p.drawer = drawer(r, q, arranged{}, now)
		return p
	}
	up := pool.Len - pool.Suspect - pool.Expired
	p.Policy = policy.Title(pool.Policy.Type)
	p.Protocol = protocol(pool.Transport)
	p.Use = use(pool.Use)
	p.Up, p.Total = Number(up), "of "+Number(pool.Len)
	p.UpNote = "all of them"
	if up < pool.Len {
		p.UpNote = notUp(pool)
	}
	p.Owned, p.OwnedNote = Number(pool.Owned), Number(pool.Len-pool.Owned)+" at peers"
	p.Homes = Number(len(pool.Homes))
	p.Value = policy.Short(pool.Policy.Type)
	changed := changes(r)[q.Pool].Time()
	p.Changed, p.ChangedAt = Ago(changed, now), Stamp(changed)
	p.Aside = Number(up) + " up, " + Number(pool.Owned) + " owned here"
	p.Protected, p.WhatIfURL = r.Protected(q.Pool), q.link(Query{Kind: WhatIf, Pool: q.Pool})
	p.Spread = spread(r, pool)
	p.elements(r, pool, now, q)
	p.gets(r, q)
	return p
}

func notUp(p replica.Pool) string {
	switch {
	case p.Expired == 0:
		return Number(p.Suspect) + " suspect"
	case p.Suspect == 0:
		return Number(p.Expired) + " expired"
	default:
		return Number(p.Suspect) + " suspect, " + Number(p.Expired) + " expired"
	}
}

// elements fills the table.
func (p *PoolPage) elements(r *replica.Replica, pool replica.Pool, now time.Time, q Query) {
	t := tableOfElements(r, q, "id", elementKeys)
	p.Table.FilterNote = t.fault
	w := arrange(q, t.arrangement)
	p.Rows = elementRows(r, q, w, now)
	p.drawer = drawer(r, q, w, now)
	p.Table.arranged(q, w, pool.Len)
}

func elementRow(q Query, e replica.Element, largest uint32, now time.Time, self wire.ServerID) ElementRow {
	row := ElementRow{
		ID: e.ID.String(), Pool: Handle(e.Handle), State: elementBadge(e.State.Health), Home: owned(e.HomeServer, self), Mine: e.Owned,
		Transport: Transport(e.UserTransport), Addresses: endpoints(e.UserTransport),
		Expires: unknown, Reports: strconv.Itoa(int(e.State.Reports)), Reported: e.State.Reports > 0,
	}
	row.Value, row.Bar, row.Plain = policyCell(e.Policy, largest)
	if at := e.State.Expires.Time(); !at.IsZero() {
		row.Expires, row.ExpiresAt = Span(at.Sub(now)), Stamp(at)
	} else if e.Life == wire.InfiniteLife {
		row.Expires = "never" // only its home knows when another's life ends
	}
	switch {
	case e.HomeServer == 0:
		row.Elsewhere = "Its home is not determined"
	case !e.Owned:
		row.Elsewhere = "Owned by " + e.HomeServer.String() + ", open it there"
	case q.Link.Phase != Live && q.Link.Phase != Painted:
		row.Blocked = "Not while the registrar is out of reach"
	}
	return row
}
