package view

import (
	"strconv"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

// Speeds are how fast a replay may be.
var Speeds = [...]string{"1", "4", "16"}

// TheatrePage shows one takeover: how long each part took, who said what when, and
// what became of each element. Its playhead stands at one step.
type TheatrePage struct {
	Title string
	// Missing says why there is nothing to show; empty where there is.
	Missing string
	State   Badge
	// When is the time of the whole in words.
	When     string
	PeersURL string
	Acts     [3]Act
	Stage    Stage
	Rows     []StepRow
	Cells    []Cell
	// Elements says how they are at the playhead, Unshown how many the grid leaves
	// out.
	Elements, Unshown string
	// At is where the playhead is, in words; the addresses move it.
	At                           string
	First, Previous, Next, Final string
	Play                         string
	PlayIcon                     string
	// Pressed says which of Speeds is chosen.
	Pressed [len(Speeds)]string
	// Link is the URL of the page as it stands.
	Link string
	// Step and Steps are for the slider.
	Step, Steps string
}

func (p TheatrePage) slots(set Set) {
	set("theatre.title", p.Title)
	set("theatre.missing", p.Missing)
	set("theatre.gone", yes(p.Missing == ""))
	set("theatre.there", yes(p.Missing != ""))
	p.State.slots("theatre.state", set)
	set("theatre.when", p.When)
	set("theatre.peers", p.PeersURL)
	for i, name := range []string{"detection", "arbitration", "adoption"} {
		set("act."+name, p.Acts[i].Value)
		set("act."+name+".note", p.Acts[i].Note)
	}
	set("stage.box", p.Stage.ViewBox)
	set("stage.height", p.Stage.Height)
	set("stage.text", p.Stage.Text)
	set("theatre.elements", p.Elements)
	set("theatre.unshown", p.Unshown)
	set("play.at", p.At)
	set("play.first", p.First)
	set("play.previous", p.Previous)
	set("play.next", p.Next)
	set("play.final", p.Final)
	set("play.word", p.Play)
	set("play.icon", p.PlayIcon)
	for i, pressed := range p.Pressed {
		set("speed."+Speeds[i], pressed)
	}
	set("theatre.link", p.Link)
	set("play.step", p.Step)
	set("play.steps", p.Steps)
}

func (p TheatrePage) lists() []List {
	return []List{
		{"stage.lanes", rowsOf(p.Stage.Lanes)},
		{"stage.marks", rowsOf(p.Stage.Marks)},
		{"theatre.steps", rowsOf(p.Rows)},
		{"theatre.cells", rowsOf(p.Cells)},
	}
}

func theatrePage(r *replica.Replica, now time.Time, q Query) TheatrePage {
	p := TheatrePage{
		Title: q.Target.String(), PeersURL: q.link(Query{Kind: Peers}), State: chip("off", "unknown", "Not kept"), Play: "Play", PlayIcon: "#i-play", Link: q.Base + q.Path(),
	}
	if q.Playing {
		p.Play, p.PlayIcon = "Pause", "#i-pause"
	}
	for i, s := range Speeds {
		p.Pressed[i] = strconv.FormatBool(s == itoa(max(q.Speed, 1)))
	}
	t, ok := r.Takeover(q.Takeover)
	if !ok || t.Target != q.Target {
		p.Missing = "Takeover " + Number(int(q.Takeover)) + " is not kept here. A registrar keeps the latest 20 since its start."
		return p
	}
	s := newStory(t)
	clock := feed.MomentOf(now)
	list := s.beats()
	at, step := playhead(list, q, s.last(clock))
	p.State, p.Acts, p.When = s.badge(), s.told(clock), s.when(clock)
	for i, b := range list {
		row := s.words(b)
		row.Number, row.URL = stepName(i), q.stepURL(i+1)
		switch {
		case i == step-1 && q.Step > 0:
			row.Current, row.Class = "step", "now"
		case i >= step:
			row.Class = "later"
		}
		p.Rows = append(p.Rows, row)
	}
	p.Stage = s.stage(r, list, clock, at)
	var unshown int
	p.Cells, unshown = s.cells(at)
	p.Elements = s.tallyAt(at)
	switch {
	case s.won == 0:
		p.Unshown = "Elements are named here when this registrar asks them."
	case unshown > 0:
		p.Unshown = plural(unshown, "element is", "elements are") + " not shown."
	}
	p.At = "Step " + Number(step) + " of " + Number(len(list)) + ", " + instant(at, s.first())
	p.First, p.Previous = q.stepURL(1), q.stepURL(max(step-1, 1))
	p.Next, p.Final = q.stepURL(min(step+1, len(list))), q.stepURL(0)
	p.Step, p.Steps = itoa(step), itoa(len(list))
	return p
}

// playhead is the moment at which the page stands, and the number of the step.
func playhead(list []beat, q Query, end feed.Moment) (feed.Moment, int) {
	if q.Step < 1 || q.Step > len(list) {
		return end, len(list)
	}
	return list[q.Step-1].At, q.Step
}

// stepURL is the address of the page with the playhead at a step, 0 being the end.
func (q Query) stepURL(step int) string {
	q.Step = step
	return q.link(q)
}

// when says from when to when it was.
func (s *story) when(now feed.Moment) string {
	text := Stamp(s.first().Time())
	if !s.Ended {
		return text + " until now"
	}
	return text + " to " + clock(s.last(now).Time())
}

// Replay gives the next step of the query's takeover and how long to rest before
// it; ok is false at the end.
func Replay(r *replica.Replica, q Query) (next int, wait time.Duration, ok bool) {
	t, found := r.Takeover(q.Takeover)
	if q.Kind != Takeover || !found || t.Target != q.Target {
		return 0, 0, false
	}
	s := newStory(t)
	list := s.beats()
	if q.Step >= len(list) {
		return 0, 0, false
	}
	return q.Step + 1, rest(list, max(q.Step-1, 0)) / time.Duration(max(q.Speed, 1)), true
}

// TakeoverLine is one takeover in a list.
type TakeoverLine struct {
	ID, When, Target, Text, URL, Word string
}

// Key is its number.
func (l TakeoverLine) Key() string { return l.ID }

// Slots gives the values of the line.
func (l TakeoverLine) Slots(set Set) {
	set("when", l.When)
	set("target", l.Target)
	set("text", l.Text)
	set("url", l.URL)
	set("word", l.Word)
}

// takeoverLines are all that are kept, the newest first.
func takeoverLines(r *replica.Replica, q Query) (lines []TakeoverLine) {
	for t := range r.Takeovers() {
		s := newStory(t)
		word := "Replay"
		if !s.Ended {
			word = "Watch"
		}
		lines = append(lines, TakeoverLine{
			ID: itoa(int(t.Number)), When: Stamp(s.Steps[0].At.Time()), Target: t.Target.String(), Text: s.summary(),
			URL: q.link(Query{Kind: Takeover, Target: t.Target, Takeover: t.Number}), Word: word,
		})
	}
	return lines
}
