package view

import (
	"strings"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

// Page is all that the dashboard shows. Only the section of its kind is filled;
// the others are in the document too, hidden.
type Page struct {
	Query    Query
	Title    string
	Bar      TopBar
	Nav      Nav
	Overview OverviewPage
	Pools    PoolsPage
	Pool     PoolPage
	Peers    PeersPage
	Notice   Notice

	now time.Time
}

// TopBar is the bar above everything.
type TopBar struct {
	Self, Agreement, Uptime string
	Link                    Badge
	LinkAge                 string
	ExportURL               string
}

// Nav is the rail.
type Nav struct {
	Overview, Pools, Peers NavItem
	// Scope and Build stand at its foot.
	Scope, Build string
}

// NavItem is one entry of the rail.
type NavItem struct {
	URL string
	// Current marks the page that is shown.
	Current bool
	// Count is beside the name, Icon and Class where something is wrong.
	Count, Icon, Class string
}

func (n NavItem) slots(name string, set Set) {
	set(name, n.URL)
	set(name+".current", n.aria())
	set(name+".count", n.Count)
	set(name+".icon", n.Icon)
	set(name+".class", n.Class)
	set(name+".calm", yes(n.Icon == ""))
}

// Aria is the value of aria-current.
func (n NavItem) Aria() string { return n.aria() }

func (n NavItem) aria() string {
	if n.Current {
		return "page"
	}
	return ""
}

// Build makes the page that q asks for. now is the registrar's time; while the
// feed is interrupted it stands still at the last frame.
func Build(r *replica.Replica, now time.Time, q Query) Page {
	c, t := r.Counts(), tallyPeers(r)
	hello := r.Hello()
	p := Page{
		Query: q, now: now,
		Bar: TopBar{
			Self: r.Self().String(), Agreement: t.agreement(),
			Uptime: "up " + Span(now.Sub(hello.Started.Time())), ExportURL: q.Root() + "api/v1/handlespace",
		},
		Nav: Nav{
			Overview: NavItem{URL: q.link(Query{Kind: Overview}), Current: q.Kind == Overview},
			Pools:    NavItem{URL: q.link(Query{Kind: Pools}), Current: q.Kind == Pools || q.Kind == Pool, Count: Number(c.Pools), Class: "n"},
			Peers:    NavItem{URL: q.link(Query{Kind: Peers}), Current: q.Kind == Peers, Count: Number(t.peers), Class: "n"},
			Scope:    plural(t.alive+1, "registrar", "registrars") + " in scope",
			Build:    build(hello),
		},
		Notice: q.Link.notice(now),
	}
	if n := t.look + c.Suspect; n > 0 {
		p.Nav.Overview.Count, p.Nav.Overview.Icon, p.Nav.Overview.Class = Number(n), "#i-suspect", "warn"
	}
	if t.look > 0 {
		p.Nav.Peers.Count, p.Nav.Peers.Icon, p.Nav.Peers.Class = Number(t.look), "#i-suspect", "warn"
	}
	if t.differ > 0 {
		p.Nav.Peers.Icon, p.Nav.Peers.Class = "#i-differ", "bad"
	}
	p.Bar.Link, p.Bar.LinkAge = q.Link.badge()
	if q.Link.stale() {
		p.Bar.Agreement, p.Bar.Uptime = "State not known since "+clock(now), ""
	}
	section(&p, r, now, q)
	return p
}

// section fills the section that q asks for, and the links of the others.
func section(p *Page, r *replica.Replica, now time.Time, q Query) {
	switch q.Kind {
	case Overview:
		p.Overview = overviewPage(r, now, q)
		p.Title = "Overview"
	case Pools:
		p.Pools = poolsPage(r, now, q)
		p.Title = "Pools"
	case Pool:
		p.Pool = poolPage(r, now, q)
		p.Title = p.Pool.Handle
	case Peers:
		p.Peers = peersPage(r, now, q)
		p.Title = "Peers"
	}
	p.Title += " – registrar " + p.Bar.Self
}

func build(h feed.Hello) string {
	var text strings.Builder
	text.WriteString(h.Version)
	for _, s := range []string{h.Dialect, h.Transport} {
		if s != "" {
			text.WriteString(" · " + s)
		}
	}
	return text.String()
}

// Slots gives every value of the page but those of its lists and of the
// sections that are not shown.
func (p Page) Slots(set Set) {
	set("title", p.Title)
	for kind, name := range []string{"overview", "pools", "pool", "peers"} {
		set("not."+name, yes(int(p.Query.Kind) != kind))
	}
	set("bar.self", p.Bar.Self)
	set("bar.agreement", p.Bar.Agreement)
	set("bar.uptime", p.Bar.Uptime)
	set("bar.export", p.Bar.ExportURL)
	p.Nav.Overview.slots("nav.overview", set)
	p.Nav.Pools.slots("nav.pools", set)
	p.Nav.Peers.slots("nav.peers", set)
	set("nav.scope", p.Nav.Scope)
	set("nav.build", p.Nav.Build)
	p.Query.Link.Slots(p.now, set)
	switch p.Query.Kind {
	case Overview:
		p.Overview.slots(set)
	case Pools:
		set("pools.summary", p.Pools.Summary)
		p.Pools.Table.slots("pools", set)
	case Pool:
		p.Pool.slots(set)
	case Peers:
		p.Peers.slots(set)
	}
}

// Lists gives the rows of the section that is shown.
func (p Page) Lists() []List {
	switch p.Query.Kind {
	case Overview:
		lists := []List{{"over.pools", rowsOf(p.Overview.PoolRows)}, {"over.peers", rowsOf(p.Overview.PeerLines)}}
		return append(lists, p.Overview.Mesh.lists("mesh.over")...)
	case Pools:
		return []List{{"pools", rowsOf(p.Pools.Rows)}}
	case Pool:
		return []List{{"elements", rowsOf(p.Pool.Rows)}}
	default:
		lists := []List{{"peers", rowsOf(p.Peers.Rows)}}
		lists = append(lists, p.Peers.Small.lists("mesh.small")...)
		return append(lists, p.Peers.Wide.lists("mesh.wide")...)
	}
}
