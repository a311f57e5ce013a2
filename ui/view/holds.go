package view

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// HoldsPage is what operators refuse, and what came of what they have refused.
type HoldsPage struct {
	Summary string
	// Nothing says why no hold is in force, NoneEnded why none is over.
	Nothing, NoneEnded string
	Rows               []HoldRow
	Ended              []EndedRow
}

// HoldRow is a hold in force.
type HoldRow struct {
	// ID names the hold, by its registrar too.
	ID                     string
	State                  Badge
	Element, Pool, PoolURL string
	// Left is how long it goes on, Until its end.
	Left, Until string
	Bar         Bar
	// Refused counts the registrations refused, here and at peers.
	Refused string
	Some    bool
	// Honoured says which registrars refuse it, Not which do not.
	Honoured, Not string
	Reason, Who   string
	// Elsewhere says who may end it, where this registrar may not; Blocked why nothing
	// can be ended now.
	Elsewhere, Blocked string
}

// Key is the hold's ID, then its registrar.
func (r HoldRow) Key() string { return r.ID }

// Slots gives the values of the row.
func (r HoldRow) Slots(set Set) {
	r.State.slots("state", set)
	set("element", r.Element)
	set("pool", r.Pool)
	set("url", r.PoolURL)
	set("left", r.Left)
	set("until", r.Until)
	r.Bar.slots("left", set)
	set("refused", r.Refused)
	set("refused.class", r.RefusedClass())
	set("honoured", r.Honoured)
	set("not", r.Not)
	set("all", yes(r.Not == ""))
	set("reason", r.Reason)
	set("who", r.Who)
	set("elsewhere", r.Elsewhere)
	set("theirs", yes(r.Elsewhere != ""))
	set("mine", yes(r.Elsewhere == ""))
	set("blocked", r.Blocked)
	set("disabled", yes(r.Blocked != ""))
}

// RefusedClass is the style of the count.
func (r HoldRow) RefusedClass() string { return zero(!r.Some) }

func zero(b bool) string {
	if b {
		return "zero"
	}
	return "n"
}

// EndedRow is a hold that is over.
type EndedRow struct {
	ID                     string
	State                  Badge
	Element, Pool, PoolURL string
	// Ended says when and how, EndedAt when in full.
	Ended, EndedAt string
	Refused        string
	Some           bool
	// Came is what came of it.
	Came string
}

// Key is the hold's ID, then its registrar.
func (r EndedRow) Key() string { return r.ID }

// Slots gives the values of the row.
func (r EndedRow) Slots(set Set) {
	r.State.slots("state", set)
	set("element", r.Element)
	set("pool", r.Pool)
	set("url", r.PoolURL)
	set("ended", r.Ended)
	set("ended.at", r.EndedAt)
	set("refused", r.Refused)
	set("refused.class", r.RefusedClass())
	set("came", r.Came)
}

// RefusedClass is the style of the count.
func (r EndedRow) RefusedClass() string { return zero(!r.Some) }

func (p HoldsPage) slots(set Set) {
	set("holds.summary", p.Summary)
	set("holds.nothing", p.Nothing)
	set("holds.none", p.NoneEnded)
}

func (p HoldsPage) lists() []List {
	return []List{{"holds", rowsOf(p.Rows)}, {"holds.ended", rowsOf(p.Ended)}}
}

// holdsPage shows those in force, the next to end first, then those that are over,
// the latest first.
func holdsPage(r *replica.Replica, now time.Time, q Query) HoldsPage {
	var p HoldsPage
	var list, over []*feed.Hold
	for m := range r.Holds() {
		list = append(list, &m)
	}
	slices.SortStableFunc(list, func(a, b *feed.Hold) int { return cmp.Compare(a.Until, b.Until) })
	for _, m := range list {
		if m.State == feed.HoldInForce {
			p.Rows = append(p.Rows, holdRow(r, *m, now, q))
		} else {
			over = append(over, m)
		}
	}
	slices.SortStableFunc(over, func(a, b *feed.Hold) int { return cmp.Compare(b.Ended, a.Ended) })
	for _, m := range over {
		p.Ended = append(p.Ended, endedRow(r, *m, now, q))
	}
	p.Summary = "No hold is in force."
	if n := len(p.Rows); n > 0 {
		p.Summary = plural(n, "hold", "holds") + " in force. A held element is answered with R=1, cause 0xa, until its hold ends."
	} else {
		p.Nothing = "No element is held. Deregister one and choose \"Refuse it for a while\"."
	}
	if len(p.Ended) == 0 {
		p.NoneEnded = "None since this registrar started."
	}
	return p
}

// inForce counts the holds that are.
func inForce(r *replica.Replica) (n int) {
	for m := range r.Holds() {
		if m.State == feed.HoldInForce {
			n++
		}
	}
	return n
}

func holdID(m feed.Hold) string { return m.ID.String() + "@" + m.Maker.String() }

func holdRow(r *replica.Replica, m feed.Hold, now time.Time, q Query) HoldRow {
	left, whole := m.Until.Time().Sub(now), m.Until.Time().Sub(m.Since.Time())
	row := HoldRow{
		ID: holdID(m), State: chip("bad", "held", "Held"),
		Element: m.Element.String(), Pool: Handle(m.Handle), PoolURL: q.link(Query{Kind: Pool, Pool: m.Handle}),
		Left: Span(left), Until: Stamp(m.Until.Time()),
		Bar:     newBar(uint64(max(left, 0)), uint64(max(whole, 1)), uint64(max(whole, 1))), //nolint:gosec // not negative
		Refused: Number(m.Total()), Some: m.Total() > 0,
		Reason: m.Reason, Who: clock(m.Since.Time()),
	}
	if row.Reason == "" {
		row.Reason = "no reason given"
	}
	names := []string{"this registrar"}
	for _, h := range m.Honoured {
		names = append(names, h.Peer.String())
	}
	switch {
	case m.Maker != r.Self():
		names = append(names, m.Maker.String())
		row.Who = "told by " + m.Maker.String() + ", " + row.Who
		if p, ok := r.Peer(m.Maker); ok && p.State != feed.Dead {
			row.Elsewhere = "Made at " + m.Maker.String() + ", end it there"
		}
	case m.By != "":
		row.Who = "operator at " + m.By + ", " + row.Who
	}
	row.Honoured = strings.Join(names, ", ")
	if e, ok := r.Element(m.Handle, m.Element); ok {
		row.Not = "registered at " + e.HomeServer.String()
	} else if n := len(Dishonour(r, m)); n > 0 {
		row.Not = plural(n, "peer does not", "peers do not")
	}
	if row.Elsewhere == "" && q.Link.Phase != Live && q.Link.Phase != Painted {
		row.Blocked = "Not while the registrar is out of reach"
	}
	return row
}

// Dishonour lists the peers that have not said that they honour a hold made here.
func Dishonour(r *replica.Replica, m feed.Hold) (list []wire.ServerID) {
	if m.Maker != r.Self() || m.State != feed.HoldInForce {
		return nil
	}
	for p := range r.Peers() {
		honours := slices.ContainsFunc(m.Honoured, func(h feed.Honour) bool { return h.Peer == p.Peer })
		if !honours && p.State != feed.Dead {
			list = append(list, p.Peer)
		}
	}
	return list
}

func endedRow(r *replica.Replica, m feed.Hold, now time.Time, q Query) EndedRow {
	ended := m.Ended.Time()
	row := EndedRow{
		ID: holdID(m), Element: m.Element.String(), Pool: Handle(m.Handle), PoolURL: q.link(Query{Kind: Pool, Pool: m.Handle}),
		Ended: Ago(ended, now), EndedAt: Stamp(ended), Refused: Number(m.Total()), Some: m.Total() > 0,
	}
	switch {
	case m.State == feed.HoldRanOut:
		row.Ended += ", ran out"
	case m.EndedBy != "":
		row.Ended += ", ended by an operator at " + m.EndedBy
	case m.Maker != r.Self():
		row.Ended += ", ended at " + m.Maker.String()
	default:
		row.Ended += ", ended"
	}
	back := m.Returned.Time()
	switch after := back.Sub(ended); {
	case back.IsZero():
		row.State, row.Came = chip("off", "removed", "Gone"), "has not registered since"
	case after < time.Second:
		row.State, row.Came = chip("move", "turn", "Returned"), "came back at once"
	default:
		row.State, row.Came = chip("move", "turn", "Returned"), "came back "+Span(after)+" later"
	}
	return row
}
