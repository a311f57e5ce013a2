package view

import (
	"math"
	"strconv"
	"time"

	"rserpool/registrar/policy"
	"rserpool/registrar/replica"
	"rserpool/registrar/whatif"
	"rserpool/registrar/wire"
)

// WhatIfPage tries changes on a copy of a pool.
type WhatIfPage struct {
	Summary string
	// Pool is what was asked for, Key its key; None is set where no such pool is.
	Pool, Key string
	None      bool
	// Policy is the name that the form sends, Policies are the choices.
	Policy   string
	Policies []Choice
	// Selections and Seed are the fields' values.
	Selections, Seed string
	// Values heads the column of values; Plain is set where the policy has none.
	Values string
	Plain  bool
	// Changes says how many there are.
	Changes string
	Members []MemberRow
	Shares  []ShareRow
	// State says whether the chart is of this scenario.
	State                     Badge
	Fits, Largest, Hit, Moved Figure
	// Link repeats the run, FreshURL takes a new copy, Command compares.
	Link, FreshURL, Command string
}

// Choice is one of a few.
type Choice struct {
	Name, Label, URL string
	Current          bool
}

// Key is the name.
func (c Choice) Key() string { return c.Name }

// Aria is the value of aria-current.
func (c Choice) Aria() string { return yes(c.Current) }

// Slots gives the values of the choice.
func (c Choice) Slots(set Set) {
	set("label", c.Label)
	set("url", c.URL)
	set("current", c.Aria())
}

// MemberRow is an element of the copy, to be changed.
type MemberRow struct {
	ID, Name, Value, Fault string
	Plain                  bool
	State                  Badge
	Fails                  bool
}

// Key is the element's ID.
func (r MemberRow) Key() string { return r.ID }

// Slots gives the values of the row.
func (r MemberRow) Slots(set Set) {
	set("id", r.ID)
	set("name", r.Name)
	set("value", r.Value)
	set("fault", r.Fault)
	set("invalid", yes(r.Fault != ""))
	set("plain", yes(r.Plain))
	set("fails", yes(r.Fails))
	r.State.slots("state", set)
}

// ShareRow is the share of an element: observed, ideal, and ideal without changes.
type ShareRow struct {
	ID                    string
	Bar, Ideal, Live      string // in pixels
	Observed, Want, Notes string
	Failed, Unknown       bool
}

// Key is the element's ID.
func (r ShareRow) Key() string { return r.ID }

// Slots gives the values of the row.
func (r ShareRow) Slots(set Set) {
	set("id", r.ID)
	set("bar", r.Bar)
	set("ideal", r.Ideal)
	set("live", r.Live)
	set("observed", r.Observed)
	set("want", r.Want)
	set("notes", r.Notes)
	set("unknown", yes(r.Unknown))
}

// Trial is a run of a scenario that the page's program has made.
type Trial struct {
	scenario Scenario
	pool     wire.PoolHandle
	counts   []int
	took     time.Duration
}

// shareWidth is the width of the chart in pixels.
const shareWidth = 400

func (p WhatIfPage) slots(set Set) {
	set("whatif.summary", p.Summary)
	set("whatif.pool", p.Pool)
	set("whatif.key", p.Key)
	set("whatif.none", yes(p.None))
	set("whatif.there", yes(!p.None))
	set("whatif.policy", p.Policy)
	set("whatif.n", p.Selections)
	set("whatif.seed", p.Seed)
	set("whatif.values", p.Values)
	set("whatif.plain", yes(p.Plain))
	set("whatif.changes", p.Changes)
	p.State.slots("whatif.state", set)
	p.Fits.slots("whatif.fits", set)
	p.Largest.slots("whatif.largest", set)
	p.Hit.slots("whatif.hit", set)
	p.Moved.slots("whatif.moved", set)
	set("whatif.link", p.Link)
	set("whatif.fresh", p.FreshURL)
	set("whatif.command", p.Command)
}

func (p WhatIfPage) lists() []List {
	return []List{
		{"whatif.policies", rowsOf(p.Policies)}, {"whatif.members", rowsOf(p.Members)}, {"whatif.shares", rowsOf(p.Shares)},
	}
}

func whatIfPage(r *replica.Replica, q Query) WhatIfPage {
	h, q := whatIfPool(r, q)
	_, there := r.Pool(h)
	s := q.Scenario
	p := WhatIfPage{
		Pool: argument(h), Key: Key(h), None: !there, Policy: s.Policy,
		Selections: strconv.Itoa(s.selections()), Seed: strconv.FormatUint(s.seed(), 10),
		FreshURL: q.link(Query{Kind: WhatIf, Pool: h, Scenario: Scenario{Selections: s.Selections, Seed: s.Seed}}),
	}
	p.State, p.Summary = quiet("off", "unknown", "Not run yet"), "Pick a pool. What is tried here stays in this page."
	if !there {
		if h != "" {
			p.Summary = "No pool has the handle " + Handle(h) + " now."
		}
		p.Fits, p.Largest, p.Hit, p.Moved = noFigure, noFigure, noFigure, noFigure
		return p
	}
	m, live := s.model(r, h)
	p.Values, p.Plain = valueName(m.rule.Type), len(m.rule.Fields) == 0
	p.Summary = "A copy of " + Handle(h) + ", in this page only. Nothing you change here reaches the registrar."
	if m.left > 0 {
		p.Summary += " It has the first " + Number(maxMembers) + " elements; " + Number(m.left) + " are left out."
	}
	p.policies(q, live)
	changes := m.changes(live)
	p.Changes = plural(changes, "change", "changes")
	for _, e := range m.members {
		p.Members = append(p.Members, memberRow(e, p.Plain))
	}
	whole := s
	whole.Members = m.text()
	p.Link = Query{Kind: WhatIf, Pool: h, Scenario: whole}.Path()
	p.Command = "registrar resolve " + shellQuoted(argument(h)) + " --repeat " + strconv.Itoa(s.selections()) + " --distribution"
	p.outcome(q, h, m, live)
	return p
}

// whatIfPool is the pool asked for, or the first there is.
func whatIfPool(r *replica.Replica, q Query) (wire.PoolHandle, Query) {
	if q.Pool == "" {
		for pool := range r.Pools() {
			q.Pool = pool.Handle
			break
		}
	}
	return q.Pool, q
}

func (p *WhatIfPage) policies(q Query, live model) {
	choice := func(short, label string) {
		to := q
		to.Scenario.Policy, to.Scenario.Members, to.Tried = short, "", nil
		p.Policies = append(p.Policies, Choice{Name: "p-" + short, Label: label, URL: q.link(to), Current: q.Scenario.Policy == short})
	}
	choice("", "As it is: "+live.rule.Short)
	for _, rule := range policy.Rules() {
		if rule.NewSet != nil && rule.Type != live.rule.Type {
			choice(rule.Short, rule.Title)
		}
	}
}

// changes counts the differences from the pool as it is.
func (m model) changes(live model) int {
	n := 0
	if m.rule.Type != live.rule.Type {
		n++
	}
	was := make(map[wire.PEIdentifier]wire.Policy, len(live.members))
	for _, e := range live.members {
		was[e.ID] = converted(e.Policy, m.rule)
	}
	for _, e := range m.members {
		p, ok := was[e.ID]
		if !ok || p != e.Policy || e.Fails {
			n++
		}
		delete(was, e.ID)
	}
	return n + len(was)
}

func memberRow(e member, plain bool) MemberRow {
	row := MemberRow{ID: e.ID.String(), Name: "v-" + e.ID.String(), Value: e.value, Fault: e.fault, Plain: plain, Fails: e.Fails, State: quiet("ok", "up", "runs")}
	if e.Fails {
		row.State = chip("bad", "dead", "fails")
	}
	return row
}

// Due is the run that the page's program has to make for the page that q asks
// for, nil where there is none or it was made.
func Due(r *replica.Replica, q Query) (*whatif.Run, int) {
	h, q := whatIfPool(r, q)
	if _, there := r.Pool(h); !there || q.Kind != WhatIf {
		return nil, 0
	}
	m, _ := q.Scenario.model(r, h)
	if q.Tried.of(q.Scenario, h, m) {
		return nil, 0
	}
	run, err := whatif.New(m.trial(), q.Scenario.seed())
	if err != nil {
		return nil, 0 // an element twice in the address
	}
	return run, q.Scenario.selections()
}

// Ended makes a trial of a run that has come to its end.
func Ended(r *replica.Replica, q Query, run *whatif.Run, took time.Duration) *Trial {
	h, q := whatIfPool(r, q)
	m, _ := q.Scenario.model(r, h)
	s := q.Scenario
	s.Members = m.text()
	return &Trial{scenario: s, pool: h, counts: run.Counts(), took: took}
}

// of reports whether the trial is one of that scenario.
func (t *Trial) of(s Scenario, h wire.PoolHandle, m model) bool {
	s.Members = m.text()
	return t != nil && t.pool == h && t.scenario == s
}

var noFigure = Figure{Value: unknown, Class: "n"}

// outcome fills the chart and what it says.
func (p *WhatIfPage) outcome(q Query, h wire.PoolHandle, m, live model) {
	n := q.Scenario.selections()
	ideal, promised := whatif.Ideal(m.trial(), n)
	liveIdeal, _ := whatif.Ideal(live.trial(), n)
	before := make(map[wire.PEIdentifier]float64, len(liveIdeal))
	for i, share := range liveIdeal {
		before[live.members[i].ID] = share
	}
	var counts []int
	if q.Tried.of(q.Scenario, h, m) {
		counts = q.Tried.counts
		p.State = quiet("ok", "up", "Run of "+strconv.FormatInt(max(q.Tried.took.Milliseconds(), 1), 10)+" ms in this page")
	}
	p.shares(m, counts, ideal, before, n)
	p.Fits, p.Largest, p.Hit, p.Moved = noFigure, noFigure, noFigure, noFigure
	p.moved(m, ideal, before)
	switch {
	case counts == nil:
		p.Fits.Note = "not run yet"
	case !promised:
		p.Fits.Note = "the policy promises no shares, or nobody is left"
	default:
		p.judge(whatif.Judge(m.trial(), counts, ideal), m)
	}
}

func (p *WhatIfPage) judge(v whatif.Verdict, m model) {
	p.Fits = Figure{Value: "Yes", Note: "as often as the policy says", Class: "ok"}
	if !v.Fits {
		p.Fits.Value, p.Fits.Class, p.Fits.Note = "No", "bad", "another share than the policy says"
	}
	if v.ByChance {
		p.Fits.Note = "chi² " + decimal(v.Chi2, 1) + " at " + plural(max(v.Degrees, 0), "degree", "degrees") + ", p " + decimal(v.P, 2)
	}
	p.Largest = Figure{Value: decimal(v.Deviation*100, 2), Unit: "points", Note: m.members[v.At].ID.String(), Class: "mono"}
}

// moved says who gets more than before, and how much goes elsewhere.
func (p *WhatIfPage) moved(m model, ideal []float64, before map[wire.PEIdentifier]float64) {
	var moved, worst float64
	at := -1
	for i, e := range m.members {
		was, more := before[e.ID], ideal[i]-before[e.ID]
		moved += max(more, 0)
		if was > 0 && more/was > worst {
			worst, at = more/was, i
		}
	}
	p.Moved = Figure{Value: decimal(moved*100, 1) + " %", Note: "go to another element than before", Class: "n"}
	p.Hit = Figure{Value: "–", Note: "nobody gets more than before", Class: "n"}
	if at >= 0 && worst > 0.0005 {
		p.Hit = Figure{Value: "+" + decimal(worst*100, 0) + " %", Note: m.members[at].ID.String(), Class: "mono"}
	}
}

func (p *WhatIfPage) shares(m model, counts []int, ideal []float64, before map[wire.PEIdentifier]float64, n int) {
	largest := 0.0
	for i, e := range m.members {
		largest = max(largest, ideal[i], before[e.ID])
		if counts != nil {
			largest = max(largest, float64(counts[i])/float64(n))
		}
	}
	px := func(share float64) string {
		if largest == 0 {
			return "0"
		}
		return strconv.Itoa(int(math.Round(share / largest * shareWidth)))
	}
	for i, e := range m.members {
		row := ShareRow{
			ID: e.ID.String(), Bar: "0", Ideal: px(ideal[i]), Live: px(before[e.ID]), Observed: unknown,
			Want: decimal(ideal[i]*100, 2) + " %", Failed: e.Fails, Unknown: counts == nil,
		}
		if counts != nil {
			share := float64(counts[i]) / float64(n)
			row.Bar, row.Observed = px(share), decimal(share*100, 2)+" %"
		}
		if e.Fails {
			row.Notes = "failed; its " + decimal(before[e.ID]*100, 1) + " % go to the others"
		}
		p.Shares = append(p.Shares, row)
	}
}

// decimal gives v with so many digits behind the point.
func decimal(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }
