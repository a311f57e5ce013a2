package view

import (
	"strconv"
	"strings"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

// OverviewPage says whether anything is wrong, and what happens.
type OverviewPage struct {
	Title, Summary string
	// Empty is a registrar at which nothing is registered: the page shows the next
	// steps alone.
	Empty               bool
	Steps               Steps
	EventsURL, PeersURL string
	Problems            []Problem
	// Look is how many problems there are, Worst says so where not all are shown.
	Look, Worst           string
	Registrar             Registrar
	Pools, Elements       Figure
	Owned, Agree          Figure
	Associations, Holds   Figure
	Rates                 []Rate
	RatesFrom, RatesUntil string
	Events                []EventLine
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

// Registrar is who answers here.
type Registrar struct {
	_                       incomparable
	State                   Badge
	ENRP, Dialect, Sums, Up string
	SumsBadge               Badge
	// Mentor is who gave it its handlespace at its start.
	Mentor string
}

func (g Registrar) slots(set Set) {
	g.State.slots("me.state", set)
	set("me.enrp", g.ENRP)
	set("me.dialect", g.Dialect)
	set("me.sums", g.Sums)
	g.SumsBadge.slots("me.same", set)
	set("me.up", g.Up)
	set("me.mentor", g.Mentor)
}

// EventLine is one of the latest events.
type EventLine struct {
	ID, Time, At string
	Name         Badge
	Object, Text string
}

// Key is its place.
func (l EventLine) Key() string { return l.ID }

// Slots gives the values of the line.
func (l EventLine) Slots(set Set) {
	set("time", l.Time)
	set("at", l.At)
	l.Name.slots("name", set)
	set("object", l.Object)
	set("text", l.Text)
}

func (p OverviewPage) slots(set Set) {
	set("over.title", p.Title)
	set("over.summary", p.Summary)
	set("over.empty", yes(p.Empty))
	set("over.filled", yes(!p.Empty))
	set("over.calm", yes(len(p.Problems) == 0))
	set("over.look", p.Look)
	set("over.worst", p.Worst)
	set("over.events", p.EventsURL)
	set("over.peers", p.PeersURL)
	p.Steps.slots(set)
	p.Registrar.slots(set)
	p.Pools.slots("fig.pools", set)
	p.Elements.slots("fig.elements", set)
	p.Owned.slots("fig.owned", set)
	p.Agree.slots("fig.agree", set)
	p.Associations.slots("fig.associations", set)
	p.Holds.slots("fig.holds", set)
	for _, t := range p.AllRates() {
		t.slots(set)
	}
	set("rates.from", p.RatesFrom)
	set("rates.until", p.RatesUntil)
	p.Mesh.slots("mesh.over", set)
}

func (p OverviewPage) lists() []List {
	lists := []List{{"over.problems", rowsOf(p.Problems)}, {"over.events", rowsOf(p.Events)}, {"over.peers", rowsOf(p.PeerLines)}}
	return append(lists, p.Mesh.lists("mesh.over")...)
}

// AllRates are the charts; of a page that is not shown only their names.
func (p OverviewPage) AllRates() []Rate {
	if p.Rates == nil {
		return noRates()
	}
	return p.Rates
}

// overviewEvents is how many events the overview shows.
const overviewEvents = 6

func overviewPage(r *replica.Replica, now time.Time, q Query) OverviewPage {
	c, t := r.Counts(), tallyPeers(r)
	p := OverviewPage{
		Title: "Overview", Empty: c.Elements == 0, Steps: steps(r, now),
		EventsURL: q.link(Query{Kind: Events}), PeersURL: q.link(Query{Kind: Peers}),
		Mesh: newMesh(r, now, smallMesh, q), PeerLines: peerLines(r, now, q), Registrar: registrar(r, now),
		Rates: rates(r, now), RatesFrom: minute(now.Add(-ratePoints * rateStep)), RatesUntil: minute(now),
	}
	for e := range r.Events() {
		if len(p.Events) == overviewEvents {
			break
		}
		row := eventRow(q, e)
		p.Events = append(p.Events, EventLine{strconv.Itoa(len(p.Events)), strings.TrimSuffix(clock(e.At.Time()), " UTC"), row.At, row.Name, row.Object, e.Text})
	}
	look := 0
	p.Problems, look = problems(r, now, q)
	p.Summary = overviewSummary(r, now, c.Elements, c.Suspect, look, t)
	if p.Empty {
		p.Title = "Ready, and nothing registered yet"
	}
	p.Look, p.Worst = Number(look), "Worst first"
	if look > len(p.Problems) {
		p.Worst = "The worst " + Number(len(p.Problems)) + " of " + Number(look)
	}
	p.figures(r, now, c, t)
	return p
}

func (p *OverviewPage) figures(r *replica.Replica, now time.Time, c replica.Counts, t tally) {
	p.Pools = Figure{Value: Number(c.Pools), Note: average(c.Elements, c.Pools), Class: "n"}
	p.Elements = Figure{Value: Number(c.Elements), Note: "all up", Class: "n"}
	switch {
	case c.Suspect > 0:
		p.Elements.Note, p.Elements.Class = Number(c.Suspect)+" suspect", "warn"
	case c.Expired > 0:
		p.Elements.Note, p.Elements.Class = Number(c.Expired)+" expired", "off"
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
	p.Associations = Figure{Value: Number(int(r.Counters().Associations)), Note: "of elements and users", Class: "n"} //nolint:gosec // a count
	p.Holds = Figure{Value: Number(inForce(r)), Note: "nobody is refused", Class: "n"}
	var first feed.Time
	for m := range r.Holds() {
		if m.State == feed.HoldInForce && (first == 0 || m.Until < first) {
			first = m.Until
		}
	}
	if first != 0 {
		p.Holds.Note = "ends in " + Span(first.Time().Sub(now))
	}
}

// average says how many elements a pool has.
func average(elements, pools int) string {
	if pools == 0 {
		return unknown
	}
	return perSecond(elements, pools) + " elements each"
}

func registrar(r *replica.Replica, now time.Time) Registrar {
	g := Registrar{
		State: chip("move", "ring", "Starting"), ENRP: endpoint(r.State().Information.Transport),
		Dialect: r.Hello().Dialect + ", " + r.Hello().Transport, Up: Span(now.Sub(r.Hello().Started.Time())) + ", since " + Stamp(r.Hello().Started.Time()),
	}
	switch r.State().Phase {
	case feed.Starting:
	case feed.Serving:
		g.State = chip("ok", "up", "Ready")
	case feed.Draining:
		g.State = chip("warn", "clock", "Leaving")
	}
	g.Sums, g.SumsBadge = ownSums(r)
	g.Mentor = mentor(r)
	return g
}

// mentor says whose handlespace this registrar started with (RFC 5353 section 3.2),
// as long as the feed remembers.
func mentor(r *replica.Replica) string {
	for p := range r.Peers() {
		if p.Mentor {
			return p.Peer.String() + ", download under way"
		}
	}
	for e := range r.Events() { // the newest first
		switch e.Name {
		case "mentor.completed":
			return e.Server.String() + ", " + e.Text
		case "registrar.alone":
			return "none, it started alone"
		}
	}
	return unknown
}

// share gives part of whole in percent.
func share(part, whole int) string { return Number((part*100+whole/2)/max(whole, 1)) + " %" }

func overviewSummary(r *replica.Replica, now time.Time, elements, suspect, look int, t tally) string {
	if elements == 0 {
		text := "This registrar has been up for " + Span(now.Sub(r.Hello().Started.Time()))
		if t.peers == 0 {
			text += " and is alone in its scope"
		}
		return text + ". A few commands make it useful; each one shows here as it happens."
	}
	switch {
	case look == 0:
		return "Nothing needs a look."
	case t.look == 0 && suspect == 0:
		return needs(look, "thing", "things")
	case t.look == 0:
		return needs(suspect, "element", "elements") + " Every registrar is in step."
	case suspect == 0:
		return needs(t.look, "registrar", "registrars")
	default:
		return plural(t.look, "registrar", "registrars") + " and " + plural(suspect, "element", "elements") + " need a look."
	}
}
