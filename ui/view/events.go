package view

import (
	"strconv"
	"strings"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

// EventsPage says who did what, and why.
type EventsPage struct {
	Summary string
	Presets []EventPreset
	Table   Table
	Rows    []EventRow
	// Bars are the last 60 minutes, From and To their ends, Chart what they say.
	Bars            []EventBar
	From, To, Chart string
	// New says how many came since the page stopped following, empty while it
	// follows.
	New string
	// DownloadURL gives all events as JSON lines.
	DownloadURL string
	// SinceName is the choice of Since in the address.
	SinceName string
	sinces    []EventPreset
}

// Follow is the value of aria-pressed: new events enter at the top.
func (p EventsPage) Follow() string {
	if p.New == "" {
		return "true"
	}
	return "false"
}

// EventPreset is a filter to choose.
type EventPreset struct {
	_                       incomparable
	Name, Label, URL, Count string
	Current                 bool
}

// Aria is the value of aria-current.
func (p EventPreset) Aria() string { return yes(p.Current) }

// EventRow is one event. What happened to what, at whose word, and for what reason.
type EventRow struct {
	ID, Time, At   string
	Name           Badge
	Object         string
	Pool, URL      string
	What, Who, Why string
}

// Key is the event's number.
func (r EventRow) Key() string { return r.ID }

// Slots gives the values of the row.
func (r EventRow) Slots(set Set) {
	set("time", r.Time)
	set("at", r.At)
	r.Name.slots("name", set)
	set("object", r.Object)
	set("pool", r.Pool)
	set("url", r.URL)
	set("nopool", yes(r.Pool == ""))
	set("what", r.What)
	set("who", r.Who)
	set("why", r.Why)
}

// EventBar is one minute of the histogram.
type EventBar struct {
	ID, X           string
	Y, Height       string
	BadY, BadHeight string
	all, problems   int
}

// Key is its place.
func (b EventBar) Key() string { return b.ID }

// Slots gives the values of the bar.
func (b EventBar) Slots(set Set) {
	set("x", b.X)
	set("y", b.Y)
	set("height", b.Height)
	set("bad.y", b.BadY)
	set("bad.height", b.BadHeight)
}

func (p EventsPage) slots(set Set) {
	set("events.summary", p.Summary)
	for _, list := range [2][]EventPreset{p.Presets, p.Since()} {
		for _, c := range list {
			name := "events.preset." + c.Name
			set(name, c.URL)
			set(name+".count", c.Count)
			set(name+".current", c.Aria())
		}
	}
	set("events.from", p.From)
	set("events.to", p.To)
	set("events.chart", p.Chart)
	set("events.new", p.New)
	set("events.follows", yes(p.New == ""))
	set("events.follow", p.Follow())
	set("events.download", p.DownloadURL)
	p.Table.slots("events", set)
}

var eventKeys = []string{"event", "origin", "pool", "element", "registrar", "who", "is"}

const (
	problem = "problem"
	removed = "element.removed"
)

func eventFacts(e feed.Event) (f facts) {
	f.add("event", e.Name, true)
	f.add("origin", e.Origin, true)
	f.add("who", e.Actor, true)
	f.add("text", e.Text, true)
	if e.Handle != "" {
		f.add("pool", Handle(e.Handle), true)
	}
	if e.Element != 0 {
		f.add("element", e.Element.String(), true)
	}
	if e.Server != 0 {
		f.add("registrar", e.Server.String(), true)
	}
	if isProblem(e) {
		f.add("is", problem, false)
	}
	if ofRegistrar(e) {
		f.add("is", "registrar", false)
	}
	return f
}

// EventFilter reads a filter of the page Events; fault says what is wrong with it.
func EventFilter(text string) (match func(feed.Event) bool, fault string) {
	f := parseFilter(text, eventKeys...)
	return func(e feed.Event) bool { return len(f.terms) == 0 || f.match(eventFacts(e)) }, f.fault
}

func ofRegistrar(e feed.Event) bool { return e.Handle == "" && e.Server != 0 }

func isProblem(e feed.Event) bool {
	class := eventBadge(e.Name).Class
	return class == "st warn" || class == "st bad"
}

// presetOf are the filters to choose and what each lets pass.
var presetOf = []struct {
	name, label, filter string
	fits                func(feed.Event) bool
}{
	{"all", "All", "", func(feed.Event) bool { return true }},
	{"problems", "Problems", "is:problem", isProblem},
	{"removals", "Removals", "event:" + removed, func(e feed.Event) bool { return e.Name == removed }},
	{"operators", "Operators", "origin:operator", func(e feed.Event) bool { return e.Origin == "operator" }},
	{"registrars", "Registrars", "is:registrar", ofRegistrar},
}

func eventsPage(r *replica.Replica, now time.Time, q Query) EventsPage {
	p := EventsPage{Table: newTable(q, ""), SinceName: sinceName(q.Since), sinces: since(q), DownloadURL: q.Root() + "api/v1/events?format=jsonl"}
	if q.Filter != "" {
		p.DownloadURL += "&q=" + escape(q.Filter)
	}
	match, fault := EventFilter(q.Filter)
	p.Table.FilterNote = fault
	counts := make([]int, len(presetOf))
	bars := newEventBars(now, q.Since)
	all, matching, fresh := 0, 0, 0
	var oldest feed.Time
	for e := range r.Events() {
		if q.Since > 0 && now.Sub(e.At.Time()) > q.Since {
			break
		}
		all++
		oldest = e.At
		for i, c := range presetOf {
			if c.fits(e) {
				counts[i]++
			}
		}
		if !match(e) {
			continue
		}
		bars.count(e)
		if q.Upto != 0 && e.Number > q.Upto {
			fresh++
			continue
		}
		if matching++; len(p.Rows) < q.rows() {
			p.Rows = append(p.Rows, eventRow(q, e))
		}
	}
	for i, c := range presetOf {
		p.Presets = append(p.Presets, EventPreset{
			Name: c.name, Label: c.label, Count: Number(counts[i]), Current: q.Filter == c.filter,
			URL: q.link(Query{Kind: Events, Filter: c.filter, Since: q.Since}),
		})
	}
	p.draw(bars)
	p.Table.window(q, len(p.Rows), matching, all-fresh)
	if q.Upto != 0 {
		p.New = Number(fresh) + " new, show them"
	}
	p.Summary = "The page keeps the last 1,000 events."
	switch {
	case all == 0 && q.Since > 0:
		p.Table.Nothing = "Nothing has happened in the last " + Span(q.Since) + "."
	case all == 0:
		p.Table.Nothing = "Nothing has happened yet."
	default:
		p.Summary = plural(all, "event", "events") + " since " + Stamp(oldest.Time()) + ". " + p.Summary
	}
	return p
}

func eventRow(q Query, e feed.Event) EventRow {
	row := EventRow{
		ID: strconv.FormatUint(e.Number, 10), Time: moment(e.At.Time()), At: Stamp(e.At.Time()),
		Name: eventBadge(e.Name), What: e.Text, Who: eventActor(e), Why: eventReason(e),
	}
	row.Name.Word = e.Name
	switch {
	case e.Name == removed:
		row.What, row.Why = "origin "+e.Origin, e.Text
	case strings.HasSuffix(e.Name, ".refused"):
		row.What, row.Why = "refused", e.Text
	}
	if e.Element != 0 {
		row.Object = e.Element.String()
	} else if ofRegistrar(e) {
		row.Object = e.Server.String()
	}
	if e.Handle != "" {
		row.Pool, row.URL = Handle(e.Handle), q.link(Query{Kind: Pool, Pool: e.Handle})
	}
	return row
}

// moment is the time of day with milliseconds.
func moment(at time.Time) string {
	if at.IsZero() {
		return unknown
	}
	ms := strconv.Itoa(at.Nanosecond() / 1_000_000)
	return strings.TrimSuffix(clock(at), " UTC") + "." + "000"[len(ms):] + ms
}

// eventActor is at whose word it happened, or what made it happen.
func eventActor(e feed.Event) string {
	switch {
	case e.Actor != "":
		return e.Actor
	case e.Origin == "operator":
		return "an operator"
	case e.Origin == "expiry":
		return "timer"
	default:
		return "this registrar"
	}
}

// eventReason is what it follows from, where the text does not say so.
func eventReason(e feed.Event) string {
	switch {
	case e.Name == "checksum.mismatch":
		return "PRESENCE"
	case e.Name == "element.reported":
		return "ENDPOINT_UNREACHABLE"
	case e.Origin == "pe":
		return "the element says so"
	case e.Origin == "peer":
		return "a registrar says so"
	case e.Origin == "operator":
		return "an operator wants it"
	default:
		return unknown
	}
}

// eventBadge is the shape and tone of an event.
func eventBadge(name string) Badge {
	switch name {
	case "element.registered", "peer.active", "resync.completed", "registrar.serving", "mentor.completed":
		return quiet("ok", "up", "")
	case removed, "peer.yielded", "hold.ended", "registrar.ended":
		return quiet("off", "removed", "")
	case "checksum.mismatch":
		return quiet("bad", "differ", "")
	case "peer.dead":
		return quiet("bad", "dead", "")
	case "element.moved", "peer.discovered", "peer.taking_over", "takeover.completed", "takeover.seen":
		return quiet("move", "turn", "")
	}
	for _, end := range []string{".suspect", ".refused", ".failed", ".error", ".unreachable", ".reported", ".orphaned", ".refuted", ".slow", ".unsent"} {
		if strings.HasSuffix(name, end) {
			return quiet("warn", "suspect", "")
		}
	}
	return quiet("off", "ring", "")
}
