package view

import (
	"time"

	"rserpool/registrar/replica"
)

// OverviewPage says whether anything is wrong.
type OverviewPage struct {
	Title, Summary string
	// Empty is a registrar at which nothing is registered: the page shows the
	// next steps.
	Empty                 bool
	PoolsURL, PeersURL    string
	Pools, Elements       Figure
	Owned, Agree, Suspect Figure
	PoolRows              []PoolRow
	More                  string
	Mesh                  Mesh
	PeerLines             []PeerLine
}

// Figure is one number with what to make of it.
type Figure struct {
	_                 incomparable
	Value, Unit, Note string
	// Class is the tone of the note.
	Class string
}

func (f Figure) slots(name string, set Set) {
	set(name, f.Value)
	set(name+".unit", f.Unit)
	set(name+".note", f.Note)
	set(name+".class", f.Class)
}

func (p OverviewPage) slots(set Set) {
	set("over.title", p.Title)
	set("over.summary", p.Summary)
	set("over.empty", yes(p.Empty))
	set("over.filled", yes(!p.Empty))
	set("over.pools", p.PoolsURL)
	set("over.peers", p.PeersURL)
	set("over.more", p.More)
	p.Pools.slots("fig.pools", set)
	p.Elements.slots("fig.elements", set)
	p.Owned.slots("fig.owned", set)
	p.Agree.slots("fig.agree", set)
	p.Suspect.slots("fig.suspect", set)
	p.Mesh.slots("mesh.over", set)
}

// overviewPools is how many pools the overview shows, the worst first.
const overviewPools = 10

func overviewPage(r *replica.Replica, now time.Time, q Query) OverviewPage {
	c, t := r.Counts(), tallyPeers(r)
	p := OverviewPage{
		Title: "Overview", Empty: c.Elements == 0,
		PoolsURL: q.link(Query{Kind: Pools}), PeersURL: q.link(Query{Kind: Peers}),
		Summary: overviewSummary(r, now, c.Elements, c.Suspect, t),
		Mesh:    newMesh(r, now, smallMesh, q), PeerLines: peerLines(r, now, q),
	}
	if p.Empty {
		p.Title = "Ready, and nothing registered yet"
		return p
	}
	pools := poolsPage(r, now, Query{Kind: Overview, Rows: overviewPools})
	p.PoolRows = pools.Rows
	if c.Pools > len(p.PoolRows) {
		p.More = "The " + Number(len(p.PoolRows)) + " that need a look first, of " + Number(c.Pools) + "."
	}
	p.Pools = Figure{Value: Number(c.Pools), Note: "all of them well", Class: "n"}
	if pools.Look > 0 {
		p.Pools.Note, p.Pools.Class = Number(pools.Look)+" to look at", "warn"
	}
	p.Elements = Figure{Value: Number(c.Elements), Note: "all up", Class: "n"}
	if c.Suspect > 0 {
		p.Elements.Note, p.Elements.Class = Number(c.Suspect)+" suspect", "warn"
	}
	p.Owned = Figure{Value: Number(c.Owned), Note: share(c.Owned, c.Elements) + " of the scope", Class: "n"}
	p.Agree = Figure{Value: Number(t.same), Unit: "of " + Number(t.alive), Note: "same checksum", Class: "n"}
	switch {
	case t.peers == 0:
		p.Agree = Figure{Value: "0", Note: "alone in its scope", Class: "n"}
	case t.differ > 0:
		p.Agree.Note, p.Agree.Class = Number(t.differ)+" out of step", "bad"
	case t.untold > 0:
		p.Agree.Note, p.Agree.Class = Number(t.untold)+" not told yet", "move"
	}
	p.Suspect = Figure{Value: Number(c.Suspect), Note: "every element answers", Class: "n"}
	if c.Suspect > 0 {
		p.Suspect.Note, p.Suspect.Class = "reported, or a keep-alive is open", "warn"
	}
	return p
}

// share gives part of whole in percent.
func share(part, whole int) string { return Number((part*100+whole/2)/max(whole, 1)) + " %" }

func overviewSummary(r *replica.Replica, now time.Time, elements, suspect int, t tally) string {
	if elements == 0 {
		text := "This registrar has been up for " + Span(now.Sub(r.Hello().Started.Time()))
		if t.peers == 0 {
			text += " and is alone in its scope"
		}
		return text + ". A few commands make it useful; each one shows here as it happens."
	}
	switch {
	case t.look == 0 && suspect == 0:
		return "Nothing needs a look."
	case t.look == 0:
		return needs(suspect, "element", "elements") + " Every registrar is in step."
	case suspect == 0:
		return needs(t.look, "registrar", "registrars")
	default:
		return plural(t.look, "registrar", "registrars") + " and " + plural(suspect, "element", "elements") + " need a look."
	}
}
