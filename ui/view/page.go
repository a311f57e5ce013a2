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
	Query     Query
	Title     string
	Bar       TopBar
	Nav       Nav
	Overview  OverviewPage
	Pools     PoolsPage
	Pool      PoolPage
	Elements  ElementsPage
	Drawer    Drawer
	Peers     PeersPage
	Events    EventsPage
	Inspector InspectorPage
	WhatIf    WhatIfPage
	Theatre   TheatrePage
	Holds     HoldsPage
	Notice    Notice

	now time.Time
}

// TopBar is the bar above everything.
type TopBar struct {
	Self, Agreement, Uptime string
	Link                    Badge
	LinkAge                 string
	ExportURL, FindURL      string
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
			Uptime: "up " + Span(now.Sub(hello.Started.Time())), ExportURL: q.Root() + "api/v1/handlespace", FindURL: q.link(Query{Kind: Elements}),
		},
		Nav:    newNav(q),
		Drawer: Drawer{Left: newBar(0, 0, 0)},
		Notice: q.Link.notice(now),
	}
	p.Nav.Scope, p.Nav.Build = plural(t.alive+1, "registrar", "registrars")+" in scope", build(hello)
	p.Nav.item(Pools).Count, p.Nav.item(Peers).Count = Number(c.Pools), Number(t.peers)
	p.Nav.item(Elements).Count = Number(c.Elements)
	if n := t.look + c.Suspect; n > 0 {
		p.Nav.item(Overview).look(n, "#i-suspect", "warn")
	}
	switch {
	case t.differ > 0:
		p.Nav.item(Peers).look(t.look, "#i-differ", "bad")
	case t.look > 0:
		p.Nav.item(Peers).look(t.look, "#i-suspect", "warn")
	}
	if n := inForce(r); n > 0 {
		p.Nav.item(Holds).Count = Number(n)
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
		p.Drawer = p.Pool.drawer
		p.Title = p.Pool.Handle
	case Elements:
		p.Elements = elementsPage(r, now, q)
		p.Drawer = p.Elements.drawer
		p.Title = "Elements"
	case Peers:
		p.Peers = peersPage(r, now, q)
		p.Title = "Peers"
	case Events:
		p.Events = eventsPage(r, now, q)
		p.Title = "Events"
	case Inspector:
		p.Inspector = inspectorPage(r, now, q)
		p.Title = "Inspector"
	case WhatIf:
		p.WhatIf = whatIfPage(r, q)
		p.Title = "What-if"
	case Takeover:
		p.Theatre = theatrePage(r, now, q)
		p.Title = "Takeover of " + p.Theatre.Title
	case Holds:
		p.Holds = holdsPage(r, now, q)
		p.Title = "Holds"
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
	for kind, at := range places {
		set("not."+at.name, yes(p.Query.Kind != Kind(kind)))
	}
	set("bar.self", p.Bar.Self)
	set("bar.agreement", p.Bar.Agreement)
	set("bar.uptime", p.Bar.Uptime)
	set("bar.export", p.Bar.ExportURL)
	set("bar.find", p.Bar.FindURL)
	p.Nav.slots(set)
	p.Drawer.slots(set)
	p.Query.Link.Slots(p.now, set)
	switch p.Query.Kind {
	case Overview:
		p.Overview.slots(set)
	case Pools:
		set("pools.summary", p.Pools.Summary)
		p.Pools.Table.slots("pools", set)
	case Pool:
		p.Pool.slots(set)
	case Elements:
		p.Elements.slots(set)
	case Peers:
		p.Peers.slots(set)
	case Events:
		p.Events.slots(set)
	case Inspector:
		p.Inspector.slots(set)
	case WhatIf:
		p.WhatIf.slots(set)
	case Takeover:
		p.Theatre.slots(set)
	case Holds:
		p.Holds.slots(set)
	}
}

// Lists gives the rows of the section that is shown.
func (p Page) Lists() []List {
	switch p.Query.Kind {
	case Overview:
		return p.Overview.lists()
	case Pools:
		return []List{{"pools", rowsOf(p.Pools.Rows)}}
	case Pool:
		return []List{{"elements", rowsOf(p.Pool.Rows)}, {"gets", rowsOf(p.Pool.Gets)}}
	case Events:
		return []List{{"events", rowsOf(p.Events.Rows)}, {"events.bars", rowsOf(p.Events.Bars)}}
	case Inspector:
		return p.Inspector.lists()
	case WhatIf:
		return p.WhatIf.lists()
	case Elements:
		return []List{{"every", rowsOf(p.Elements.Rows)}}
	case Takeover:
		return p.Theatre.lists()
	case Holds:
		return p.Holds.lists()
	default:
		lists := []List{{"peers", rowsOf(p.Peers.Rows)}, {"takeovers", rowsOf(p.Peers.Takeovers)}}
		lists = append(lists, p.Peers.Small.lists("mesh.small")...)
		return append(lists, p.Peers.Wide.lists("mesh.wide")...)
	}
}

// LongTable is the name of the table on the query's page of which the page's
// program shows a window, empty where it has none.
func (q Query) LongTable() string {
	switch q.Kind {
	case Pools:
		return "pools"
	case Pool:
		return "elements"
	case Elements:
		return "every"
	default:
		return ""
	}
}

// TableAddress changes with all that makes the page's table another one.
func (q Query) TableAddress() string {
	q.Chosen = replica.Ref{}
	return q.Path()
}

// LongTable is the table of that name.
func (p Page) LongTable() Table {
	switch p.Query.Kind {
	case Pools:
		return p.Pools.Table
	case Pool:
		return p.Pool.Table
	default:
		return p.Elements.Table
	}
}
