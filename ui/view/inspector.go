package view

import (
	"slices"
	"strconv"
	"time"

	"rserpool/registrar/inspect"
	"rserpool/registrar/replica"
)

const (
	// messageRows is how many messages are shown at first: all of them may be others
	// at the next paint.
	messageRows = 50
	// patience is how long a request may be without an answer before that is odd.
	patience = time.Second
)

// InspectorPage shows the messages on the wire.
type InspectorPage struct {
	Summary string
	// Missed says what came too fast for the page.
	Missed string
	// Pause is what the button does, PauseIcon its shape.
	Pause, PauseIcon string
	DownloadURL      string
	RecordURL        string
	Presets          [4]MessagePreset
	Rate             string
	// Newer says how many messages wait behind the list, FollowURL leads to them.
	Newer, FollowURL string
	Table            Table
	Rows             []MessageRow
	Chosen           MessageDetail
}

// MessagePreset is a ready filter.
type MessagePreset struct {
	_          incomparable
	Label, URL string
	Current    bool
}

// MessageRow is one message of the list.
type MessageRow struct {
	ID, No, Time, Way, WayIcon, With, Protocol, Message, Says, Bytes, Answered string
	Note                                                                       Badge
	URL                                                                        string
	Current                                                                    bool
}

// Key is the number of the message.
func (r MessageRow) Key() string { return r.ID }

// Slots gives the values of the row.
func (r MessageRow) Slots(set Set) {
	set("no", r.No)
	set("time", r.Time)
	set("way", r.Way)
	set("way.icon", r.WayIcon)
	set("with", r.With)
	set("protocol", r.Protocol)
	set("message", r.Message)
	set("says", r.Says)
	set("bytes", r.Bytes)
	set("answered", r.Answered)
	r.Note.slots("note", set)
	set("note.none", yes(r.Note.Word == ""))
	set("url", r.URL)
	set("current", r.Aria())
}

// Aria is the value of aria-current.
func (r MessageRow) Aria() string { return yes(r.Current) }

// Aria is the value of aria-current.
func (p MessagePreset) Aria() string { return yes(p.Current) }

func (p InspectorPage) slots(set Set) {
	set("inspect.summary", p.Summary)
	set("inspect.missed", p.Missed)
	set("inspect.pause", p.Pause)
	set("inspect.pause.icon", p.PauseIcon)
	set("inspect.download", p.DownloadURL)
	set("inspect.record", p.RecordURL)
	for i, preset := range p.Presets {
		name := "inspect.preset" + strconv.Itoa(i)
		set(name, preset.Label)
		set(name+".url", preset.URL)
		set(name+".current", preset.Aria())
	}
	set("inspect.rate", p.Rate)
	set("inspect.newer", p.Newer)
	set("inspect.follow", p.FollowURL)
	set("inspect.follow.off", yes(p.FollowURL == ""))
	p.Table.slots("messages", set)
	p.Chosen.slots(set)
}

func (p InspectorPage) lists() []List {
	return []List{
		{"messages", rowsOf(p.Rows)},
		{"message.fields", rowsOf(p.Chosen.Fields)},
		{"message.lines", rowsOf(p.Chosen.Lines)},
		{"message.notes", rowsOf(p.Chosen.Notes)},
	}
}

// noted is the filter for messages with a note.
const noted = "note:*"

func inspectorPage(r *replica.Replica, now time.Time, q Query) InspectorPage {
	all := r.Captured()
	reckon(all)
	p := InspectorPage{
		Pause: "Pause", PauseIcon: "#i-pause", DownloadURL: q.Root() + "api/v1/messages.pcapng", RecordURL: q.Root() + "api/v1/messages.pcapng?for=30s",
		Table: Table{Filter: q.Filter},
	}
	if q.Paused {
		p.Pause, p.PauseIcon = "Go on", "#i-play"
	}
	p.Summary = "ENRP and ASAP as they pass, kept while someone looks."
	if len(all) > 0 {
		p.Summary = "ENRP and ASAP as they pass. Kept here while someone looks: the last " + plural(len(all), "message", "messages") +
			", " + Span(now.Sub(all[0].At())) + "."
	}
	if q.Paused {
		p.Summary = "Paused. The registrar goes on to keep what passes; the list stands still."
	}
	if n := r.Missed(); n > 0 {
		p.Missed = plural(int(n), "message", "messages") + " came faster than this page could take; messages.pcapng has the last 10,000." //nolint:gosec // a count
	}
	p.Rate = rateOf(all, now)
	f := parseFilter(q.Filter, "protocol", "type", "peer", "direction", "note", "pool", "element", "association", "bytes")
	p.Table.FilterNote = f.fault
	matching, with := 0, 0
	newer := 0
	for _, m := range slices.Backward(all) {
		s := m.Memo.(*messageMemo)
		note := s.badge(m, now)
		if note.Word != "" {
			with++
		}
		if !f.match(s.factsWith(note)) {
			continue
		}
		if q.Upto != 0 && m.Number > q.Upto {
			newer++
			continue
		}
		matching++
		if len(p.Rows) < q.messageRows() {
			p.Rows = append(p.Rows, s.row(m, note, q))
		}
	}
	if newer > 0 {
		to := q
		to.Message, to.Field = 0, 0
		p.Newer, p.FollowURL = plural(newer, "newer message", "newer messages")+", follow", q.link(to)
	}
	for i, preset := range [...]MessagePreset{{Label: "All"}, {Label: "ENRP", URL: "protocol:enrp"}, {Label: "ASAP", URL: "protocol:asap"}, {Label: "With notes " + Number(with), URL: noted}} {
		to := q
		to.Filter = preset.URL
		preset.Current, preset.URL = q.Filter == preset.URL, q.link(to)
		p.Presets[i] = preset
	}
	p.Table.window(q, len(p.Rows), matching, len(all)-newer)
	if len(all) == 0 {
		p.Table.Nothing = "No message since this page looks. Presences pass between registrars every few seconds, keep-alives to elements; with neither it is quiet."
	}
	if q.Message != 0 {
		i := slices.IndexFunc(all, func(m *replica.Message) bool { return m.Number == q.Message })
		if i < 0 {
			p.Chosen = MessageDetail{Shown: true, Head: "No. " + Number(int(q.Message)) + " is not here", Sub: "It has made room for newer ones, or never came here."} //nolint:gosec // a count
		} else {
			p.Chosen = detail(r, all[i], now, q)
		}
	}
	return p
}

func (q Query) messageRows() int {
	if q.Rows == 0 {
		return messageRows
	}
	return q.Rows
}

// rateOf counts the messages of the last ten seconds.
func rateOf(all []*replica.Message, now time.Time) string {
	const span = 10
	from := now.Add(-span * time.Second).UnixMicro()
	var enrp, asap int
	for _, m := range slices.Backward(all) {
		switch {
		case m.Micros < from:
		case m.ENRP:
			enrp++
		default:
			asap++
		}
	}
	return perSecond(enrp, span) + "/s ENRP, " + perSecond(asap, span) + "/s ASAP"
}

// perSecond gives a rate, with a tenth where it is small.
func perSecond(n, seconds int) string {
	if n >= 10*seconds {
		return Number(n / seconds)
	}
	tenths := n * 10 / seconds
	return strconv.Itoa(tenths/10) + "." + strconv.Itoa(tenths%10)
}

// badge is the heaviest note of a message, or that it has no answer yet.
func (s *messageMemo) badge(m *replica.Message, now time.Time) Badge {
	worst := inspect.Note{}
	for _, n := range s.notes {
		if n.Weight > worst.Weight {
			worst = n
		}
	}
	switch {
	case worst.Weight == inspect.Fault:
		return Badge{"st bad", "#i-dead", worst.Head}
	case s.answer != "" && s.partner == 0 && now.Sub(m.At()) > patience && !m.Group:
		return Badge{"st warn", "#i-suspect", "No answer yet"}
	case worst.Weight == inspect.Odd:
		return Badge{"st warn", "#i-suspect", worst.Head}
	default:
		return Badge{"st", "", ""}
	}
}

// row is the message in the list.
func (s *messageMemo) row(m *replica.Message, note Badge, q Query) MessageRow {
	to := q
	to.Message, to.Field = m.Number, 0
	r := MessageRow{
		ID: strconv.FormatUint(m.Number, 10), No: Number(int(m.Number)), Time: clockMillis(m.At()), Way: "in", WayIcon: "#i-in", //nolint:gosec // a count
		With: s.with, Protocol: s.protocol, Message: s.name, Says: s.says, Bytes: Number(int(m.Length)), Answered: unknown,
		Note: note, URL: q.link(to), Current: m.Number == q.Message,
	}
	if m.Out {
		r.Way, r.WayIcon = "out", "#i-out"
	}
	if s.partner != 0 && s.answers {
		r.Answered = took(s.took)
	}
	return r
}

// took gives a time between two messages in microseconds.
func took(micros int64) string {
	if micros >= 1_000_000 {
		return hundredths(micros/10_000) + " s"
	}
	return hundredths(micros/10) + " ms"
}

func hundredths(n int64) string { return strconv.FormatInt(n/100, 10) + "." + two(int(n%100)) }

// clockMillis gives the time of day in UTC to the millisecond.
func clockMillis(at time.Time) string {
	h, m, s := timeOfDay(at)
	ms := at.Nanosecond() / 1_000_000
	return two(h) + ":" + two(m) + ":" + two(s) + "." + string([]byte{byte('0' + ms/100), byte('0' + ms/10%10), byte('0' + ms%10)}) //nolint:gosec // digits
}
