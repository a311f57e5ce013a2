package view

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

// maxProblems is how many the overview shows, the worst first.
const maxProblems = 6

// Problem is one thing that needs a look.
type Problem struct {
	ID    string
	State Badge
	// Head is what is wrong, Text what follows, Since when it was last well.
	Head, Text, Since, SinceAt string
	// Action leads on, to URL.
	Action, URL string
}

// Key tells problems apart: the same one keeps its row.
func (p Problem) Key() string { return p.ID }

// Slots gives the values of the row.
func (p Problem) Slots(set Set) {
	p.State.slots("state", set)
	set("head", p.Head)
	set("text", p.Text)
	set("since", p.Since)
	set("since.at", p.SinceAt)
	set("action", p.Action)
	set("url", p.URL)
}

// Problems are those that the overview shows, and how many there are.
func Problems(r *replica.Replica, now time.Time) (worst []Problem, all int) {
	return problems(r, now, Query{})
}

// problems gives the worst, and how many there are.
func problems(r *replica.Replica, now time.Time, q Query) (worst []Problem, all int) {
	var list []*Problem
	for p := range r.Peers() {
		if needsLook(p) {
			list = append(list, peerProblem(r, p, now, q))
		}
	}
	list = append(list, elementProblems(r, q)...)
	list = append(list, poolProblems(r, q, &all)...)
	all += len(list)
	slices.SortStableFunc(list, func(a, b *Problem) int { return a.State.rank() - b.State.rank() })
	for _, w := range list[:min(len(list), maxProblems)] {
		worst = append(worst, *w)
	}
	return worst, all
}

func peerProblem(r *replica.Replica, p replica.Peer, now time.Time, q Query) *Problem {
	id := p.Peer.String()
	name, theirs := "Registrar "+id, plural(p.Elements, "element", "elements")
	w := &Problem{ID: "peer " + id, State: peerBadge(p), Action: "Watch", URL: peerURL(q, p.Peer), Since: "heard " + Ago(p.Heard.Time(), now), SinceAt: Stamp(p.Heard.Time())}
	switch p.State {
	case feed.Suspect:
		w.Head = name + " is silent"
		w.Text = "Probed. Without an answer its " + theirs + " are taken over."
	case feed.TakingOver:
		w.Head, w.Text = name+" is being taken over", "Its "+theirs+" get a home here."
	case feed.Yielded:
		w.Head, w.Text = name+" is taken over by another registrar", "Its "+theirs+" get a home there."
	case feed.Dead:
		w.Head, w.Text = name+" is dead", "It comes back by a presence of its own; until then it has "+theirs+"."
	default:
		w.State, w.Action = agreementBadge(agree(p)), "Compare"
		w.Head = name + " holds other elements than this page"
		w.Text = "Told " + p.Told.String() + ", computed " + p.Computed.String() + "."
		if text := difference(r, now, p); text != "" {
			w.Text += " It " + text + "."
		}
	}
	return w
}

// elementProblems are one line for all elements of a kind.
func elementProblems(r *replica.Replica, q Query) (list []*Problem) {
	c := r.Counts()
	if c.Suspect > 0 {
		w := &Problem{
			ID: "suspect", State: elementBadge(feed.Unanswered), Action: "List " + Number(c.Suspect),
			Head: "1 element does not answer as it should", Text: "Users still get it: " + where(r, func(p replica.Pool) int { return p.Suspect }),
			URL: q.link(Query{Kind: Elements, Filter: "state:suspect"}),
		}
		if c.Suspect > 1 {
			w.Head = Number(c.Suspect) + " elements do not answer as they should"
			w.Text = "Users still get them: " + where(r, func(p replica.Pool) int { return p.Suspect })
		}
		list = append(list, w)
	}
	if c.Expired > 0 {
		list = append(list, &Problem{
			ID: "expired", State: elementBadge(feed.Expired), Action: "List " + Number(c.Expired),
			Head: plural(c.Expired, "copy", "copies") + " of peers' elements past the registration life",
			Text: "Their home registrars have to say what becomes of them: " + where(r, func(p replica.Pool) int { return p.Expired }),
			URL:  q.link(Query{Kind: Elements, Filter: "state:expired"}),
		})
	}
	return list
}

// where counts elements of the first pools that have any.
func where(r *replica.Replica, count func(replica.Pool) int) string {
	const most = 3
	var list []string
	more := 0
	for p := range r.Pools() {
		switch n := count(p); {
		case n == 0:
		case len(list) < most:
			list = append(list, Handle(p.Handle)+" "+Number(n))
		default:
			more++
		}
	}
	text := strings.Join(list, ", ")
	if more > 0 {
		text += " and " + plural(more, "more pool", "more pools")
	}
	return text + "."
}

// poolProblems are the pools with no element that is up, and those with a single one
// left; of more than can be shown it only counts the rest.
func poolProblems(r *replica.Replica, q Query, more *int) (list []*Problem) {
	none, last := 0, 0
	for p := range r.Pools() {
		up := p.Len - p.Suspect - p.Expired
		switch {
		case up <= 0:
			none++
		case up == 1 && p.Len > 1:
			last++
		default:
			continue
		}
		if up <= 0 && none > maxProblems || up == 1 && last > maxProblems {
			*more++
			continue
		}
		name := Handle(p.Handle)
		w := &Problem{
			ID: "pool " + Key(p.Handle), State: poolBadge(p), Action: "Open pool", URL: q.link(Query{Kind: Pool, Pool: p.Handle}),
			Head: name + " has no element that is up", Text: "Of " + strconv.Itoa(p.Len) + ": " + notUp(p) + ".",
		}
		if up == 1 {
			w.Head, w.Text = name+" is down to one element", "The others: "+notUp(p)+"."
			if r.Protected(p.Handle) {
				w.Text = "Protected pool. " + w.Text
			}
		}
		list = append(list, w)
	}
	return list
}
