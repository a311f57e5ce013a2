package view

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// beat is one row of the table of steps, and one place of the playhead: one step,
// or several of one kind that belong together.
type beat struct {
	feed.TakeoverStep // the last one of them
	from              feed.Moment
	n                 int
}

const (
	// wholeAdoption is how many steps of elements are shown one by one; more are put
	// together in adoptionBeats parts.
	wholeAdoption = 16
	adoptionBeats = 12
)

// beats puts steps together where there are many, in the order of their ends.
func (s *story) beats() (list []beat) {
	elements := 0
	for _, m := range s.Steps {
		if aboutElement(m.Kind) {
			elements++
		}
	}
	part := feed.Moment(-1)
	if elements > wholeAdoption && s.won != 0 {
		part = max(s.Steps[len(s.Steps)-1].At-s.won, 1) / adoptionBeats
	}
	open := map[feed.StepKind]int{} // beats that take more, by kind
	for i, m := range s.Steps {
		at, ok := open[m.Kind]
		switch {
		case ok && aboutElement(m.Kind) && m.At-list[at].from <= part,
			ok && (m.Kind == feed.InitSent || m.Kind == feed.ServerSent) && s.Steps[i-1].Kind == m.Kind && m.At == list[at].At:
			list[at].TakeoverStep = m
			list[at].n++
		default:
			open[m.Kind] = len(list)
			list = append(list, beat{m, m.At, 1})
		}
	}
	order := make([]*beat, len(list)) // the page's program sorts pointers elsewhere too
	for i := range list {
		order[i] = &list[i]
	}
	slices.SortStableFunc(order, func(a, b *beat) int { return cmp.Compare(a.At, b.At) })
	sorted := make([]beat, len(list))
	for i, b := range order {
		sorted[i] = *b
	}
	return sorted
}

func aboutElement(k feed.StepKind) bool { return k >= feed.Asked && k <= feed.Moved }

// StepRow is one beat in words.
type StepRow struct {
	Number, Time, Message, Who, Meaning, RFC string
	// URL puts the playhead there; Current says that it is there.
	URL, Current, Class string
}

// Key is the number of the row.
func (r StepRow) Key() string { return r.Number }

// Slots gives the values of the row.
func (r StepRow) Slots(set Set) {
	set("time", r.Time)
	set("message", r.Message)
	set("who", r.Who)
	set("meaning", r.Meaning)
	set("rfc", r.RFC)
	set("url", r.URL)
	set("current", r.Current)
	set("class", r.Class)
}

// instant gives how long after the first moment another one was.
func instant(at, first feed.Moment) string {
	return "+" + fixed(int64(max(at-first, 0)), 1_000_000, 4) + " s"
}

// words fills in what a beat is and means.
func (s *story) words(b beat) (row StepRow) {
	peer := b.Peer.String()
	in, out := peer+" → here", "here → "+peer
	if b.Peer == s.Target {
		out = "here → the target"
	}
	if b.n > 1 {
		out = "here → " + plural(b.n, "registrar", "registrars")
	}
	it := "The element " + b.Element.String()
	if b.Element == 0 || b.n > 1 {
		it = ""
	}
	switch b.Kind {
	case feed.LastHeard:
		row = StepRow{Message: "any", Who: "target → here", Meaning: "The last message of the target", RFC: "4.1"}
	case feed.Doubted:
		row = StepRow{Message: "PRESENCE", Who: "here → the target", Meaning: "Silent for too long: asked for an answer", RFC: "3.4.3"}
	case feed.DeclaredDead:
		row = StepRow{Message: "–", Who: "here", Meaning: "No answer: dead, with " + plural(int(b.Count), "element", "elements"), RFC: "3.4.3"}
	case feed.InitSent:
		row = StepRow{Message: "INIT_TAKEOVER", Who: out, Meaning: "Asks for consent", RFC: "3.5.1"}
		if b.n > 1 {
			row.Meaning = "Asks for consent; the target may object"
		}
	case feed.InitReceived:
		row = StepRow{Message: "INIT_TAKEOVER", Who: in, Meaning: "It wants to take the target over", RFC: "3.5.1"}
	case feed.AckSent:
		row = StepRow{Message: "INIT_TAKEOVER_ACK", Who: out, Meaning: "Consent: the takeover is left to it", RFC: "3.5.1 (1)"}
	case feed.AckReceived:
		row = StepRow{Message: "INIT_TAKEOVER_ACK", Who: in, Meaning: awaits("Consent", b.Count), RFC: "3.5.1"}
	case feed.NotAwaited:
		row = StepRow{Message: "–", Who: peer, Meaning: awaits("Gone itself, not awaited any more", b.Count), RFC: "3.5.1"}
	case feed.Contested:
		row = StepRow{Message: "INIT_TAKEOVER", Who: in, Meaning: "Contest: it wants the target too, and its ID loses", RFC: "3.5.1 (2)"}
	case feed.Won:
		row = StepRow{Message: "–", Who: "here", Meaning: "Won: " + plural(int(b.Count), "element is", "elements are") + " at home here now", RFC: "3.5.2"}
	case feed.ServerSent:
		row = StepRow{Message: "TAKEOVER_SERVER", Who: out, Meaning: "Tells the new home of " + plural(int(b.Count), "element", "elements"), RFC: "3.5.2"}
	case feed.ServerReceived:
		row = StepRow{Message: "TAKEOVER_SERVER", Who: in, Meaning: "It is the home of " + plural(int(b.Count), "element", "elements") + " now", RFC: "3.5.2"}
	case feed.Asked:
		row = StepRow{Message: "ENDPOINT_KEEP_ALIVE", Who: elements("here → ", b), Meaning: said(it, " is told its new home", "Told their new home", b), RFC: "3.5.2"}
	case feed.Answered:
		row = StepRow{Message: "ENDPOINT_KEEP_ALIVE_ACK", Who: elements("", b) + " → here", Meaning: said(it, " is adopted", "Adopted", b), RFC: "3.5.2"}
	case feed.Gone:
		row = StepRow{Message: "HANDLE_UPDATE", Who: "here → peers", Meaning: said(it, " did not answer and is removed", "Did not answer and are removed", b), RFC: "3.5.2"}
	case feed.Moved:
		row = StepRow{Message: "HANDLE_UPDATE", Who: "peer → here", Meaning: said(it, " has registered elsewhere", "Have registered elsewhere", b), RFC: "3.3.1"}
	case feed.Adopted:
		row = StepRow{Message: "–", Who: "here", Meaning: "Over: " + plural(int(b.Count), "element", "elements") + " adopted", RFC: "3.5.2"}
	case feed.Cancelled:
		row = StepRow{Message: "any", Who: "target → here", Meaning: "The target was heard: it lives, the takeover stops", RFC: "3.5.1"}
	case feed.Dropped:
		row = StepRow{Message: "–", Who: "here", Meaning: "No element is its own any more: forgotten", RFC: "3.5.1"}
	default:
		row = StepRow{Message: "–", Who: "here", Meaning: "A step that this page does not know", RFC: "–"}
	}
	row.Time = instant(b.At, s.first())
	return row
}

func awaits(what string, left uint32) string {
	if left == 0 {
		return what + "; nobody else is awaited"
	}
	return what + "; " + Number(int(left)) + " still awaited"
}

func elements(before string, b beat) string {
	if b.n == 1 && b.Element != 0 {
		return before + "element"
	}
	return before + "elements"
}

// said is about one element, or says up to which of them it has come.
func said(it, one, many string, b beat) string {
	if it != "" {
		return it + one
	}
	return many + ": " + Number(int(b.Count)) + " by now"
}

// Cell is an element of the target, at the playhead.
type Cell struct {
	ID, Short, Title string
	State            Badge
}

// Key is the element's handle and identifier.
func (c Cell) Key() string { return c.ID }

// Slots gives the values of the cell.
func (c Cell) Slots(set Set) {
	set("short", c.Short)
	set("title", c.Title)
	set("class", c.State.Class)
	set("icon", c.State.Icon)
	set("word", c.State.Word)
}

// maxCells is how many elements the grid shows.
const maxCells = 200

// cells are the elements that the steps name, as they were at a moment.
func (s *story) cells(at feed.Moment) (list []Cell, unshown int) {
	places := map[elementKey]int{}
	for _, m := range s.Steps {
		if m.Element == 0 {
			continue
		}
		k := elementKey{m.Handle, m.Element}
		i, ok := places[k]
		if !ok {
			if len(list) == maxCells {
				continue
			}
			i = len(list)
			places[k] = i
			list = append(list, Cell{ID: hexBytes(m.Handle) + " " + m.Element.String(), Short: m.Element.String()[:6] + "…"})
			list[i].is(k, Badge{"cell off", "#i-ring", "still at " + s.Target.String()})
		}
		if m.At > at {
			continue
		}
		switch m.Kind {
		case feed.Asked:
			list[i].is(k, Badge{"cell move", "#i-clock", "asked"})
		case feed.Answered:
			list[i].is(k, Badge{"cell ok", "#i-up", "adopted"})
		case feed.Gone:
			list[i].is(k, Badge{"cell bad", "#i-removed", "removed"})
		case feed.Moved:
			list[i].is(k, Badge{"cell move", "#i-turn", "moved elsewhere"})
		default:
		}
	}
	return list, max(s.elements-len(list), 0)
}

type elementKey struct {
	handle wire.PoolHandle
	id     wire.PEIdentifier
}

func (c *Cell) is(k elementKey, b Badge) {
	c.State = b
	c.Title = k.id.String() + " of " + Handle(k.handle) + ": " + b.Word
}

// tallyAt says in words how many elements were where at a moment.
func (s *story) tallyAt(at feed.Moment) string {
	if s.won == 0 || at < s.won {
		if s.elements == 0 {
			return ""
		}
		return Number(s.elements) + " still at " + s.Target.String()
	}
	var answered, gone, moved int
	for _, m := range s.Steps {
		if m.At > at {
			break
		}
		switch m.Kind {
		case feed.Answered:
			answered = int(m.Count)
		case feed.Gone:
			gone = int(m.Count)
		case feed.Moved:
			moved = int(m.Count)
		default:
		}
	}
	text := Number(answered) + " of " + Number(s.elements) + " adopted"
	if gone > 0 {
		text += ", " + Number(gone) + " removed"
	}
	if moved > 0 {
		text += ", " + Number(moved) + " moved"
	}
	return text
}

// fewestWait and mostWait bound how long the replay rests at one beat.
const (
	fewestWait = 150 * time.Millisecond
	mostWait   = 1500 * time.Millisecond
)

// rest is how long the replay rests at a beat before the next one.
func rest(list []beat, i int) time.Duration {
	if i+1 >= len(list) {
		return mostWait
	}
	gap := time.Duration(list[i+1].At-list[i].At) * time.Microsecond
	return min(max(10*gap, fewestWait), mostWait)
}

func stepName(i int) string { return strconv.Itoa(i + 1) }
