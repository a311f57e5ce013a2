package view

import (
	"slices"
	"strconv"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// story is what the steps of a takeover add up to. A moment that did not come
// is 0.
type story struct {
	*replica.Takeover
	// heard and doubted are before the death; dead is when the takeover began here,
	// whoever began it.
	heard, doubted, dead feed.Moment
	won, adopted         feed.Moment
	// over is the end, when this registrar did not win.
	over feed.Moment
	end  feed.StepKind
	// rival is whom it was left to, or who has done it.
	rival wire.ServerID
	// asked are the peers that had to consent, acks how many did.
	asked                  []wire.ServerID
	acks, contests, absent int
	// elements is how many there were; the others are what became of them.
	elements, toldOf, answered, gone, moved int
}

func newStory(t *replica.Takeover) story {
	s := story{Takeover: t, end: feed.StepKind(255)}
	for _, m := range t.Steps {
		s.step(m)
	}
	return s
}

func (s *story) step(m feed.TakeoverStep) {
	begin := func() {
		if s.dead == 0 {
			s.dead = m.At
		}
	}
	switch m.Kind {
	case feed.LastHeard:
		s.heard = m.At
	case feed.Doubted:
		if s.dead == 0 {
			s.doubted = m.At
		}
	case feed.DeclaredDead:
		begin()
		s.elements, s.rival = int(m.Count), 0
	case feed.InitSent:
		if m.Peer != s.Target && !slices.Contains(s.asked, m.Peer) {
			s.asked = append(s.asked, m.Peer)
		}
	case feed.InitReceived:
		begin()
	case feed.AckSent:
		s.rival = m.Peer
	case feed.AckReceived:
		s.acks++
	case feed.NotAwaited:
		s.absent++
	case feed.Contested:
		s.contests++
	case feed.Won:
		s.won, s.elements, s.rival = m.At, int(m.Count), 0
	case feed.ServerReceived:
		begin()
		s.over, s.end, s.rival, s.elements = m.At, m.Kind, m.Peer, int(m.Count)
	case feed.Asked:
		s.toldOf = int(m.Count)
	case feed.Answered:
		s.answered = int(m.Count)
	case feed.Gone:
		s.gone = int(m.Count)
	case feed.Moved:
		s.moved = int(m.Count)
	case feed.Adopted:
		s.adopted = m.At
	case feed.Cancelled, feed.Dropped:
		begin()
		s.over, s.end = m.At, m.Kind
	case feed.ServerSent:
	}
}

// first is the moment from which the times of the story count.
func (s *story) first() feed.Moment {
	if s.heard != 0 {
		return s.heard
	}
	return s.Steps[0].At
}

// last is the moment of the last step, or now while it goes on.
func (s *story) last(now feed.Moment) feed.Moment {
	if s.Ended {
		return s.Steps[len(s.Steps)-1].At
	}
	return max(now, s.Steps[len(s.Steps)-1].At)
}

// badge says how it ended.
func (s *story) badge() Badge {
	switch {
	case s.adopted != 0:
		return chip("ok", "takeover", "Won by this registrar")
	case s.won != 0 && !s.Ended:
		return chip("move", "takeover", "Adopting")
	case s.end == feed.ServerReceived:
		return chip("off", "yielded", "Won by "+s.rival.String())
	case s.end == feed.Cancelled:
		return chip("ok", "turn", "Stopped, it was heard")
	case s.end == feed.Dropped:
		return chip("off", "removed", "Over, nothing was left")
	case s.rival != 0:
		return chip("off", "yielded", "Left to "+s.rival.String())
	default:
		return chip("move", "takeover", "Running")
	}
}

// summary says it in one line of a list.
func (s *story) summary() string {
	switch {
	case s.adopted != 0:
		return "by this registrar: " + Number(s.answered) + " of " + plural(s.elements, "element", "elements") + " in " + lapse(s.adopted-s.first())
	case s.won != 0:
		return "by this registrar: " + Number(s.answered) + " of " + plural(s.elements, "element", "elements") + " so far"
	case s.end == feed.ServerReceived:
		return "by " + s.rival.String() + ": " + plural(s.elements, "element", "elements") + " in " + lapse(s.over-s.first())
	case s.end == feed.Cancelled:
		return "stopped: it was heard in time"
	case s.end == feed.Dropped:
		return "left to others: no element is its own any more"
	case s.rival != 0:
		return "left to " + s.rival.String()
	default:
		return "running: " + Number(s.acks) + " of " + Number(len(s.asked)) + " have consented"
	}
}

// act is one of the three parts of a takeover.
type act struct {
	from, to feed.Moment
	// runs: its end is not known yet.
	runs bool
}

// there reports whether it has begun.
func (a act) there() bool { return a.from != 0 }

// acts are detection, arbitration and adoption.
func (s *story) acts(now feed.Moment) (list [3]act) {
	if s.heard != 0 && s.dead != 0 {
		list[0] = act{from: s.heard, to: s.dead}
	}
	to, runs := s.won, false
	if to == 0 {
		to = s.over
	}
	if to == 0 {
		to, runs = max(now, s.dead), true
	}
	if s.dead != 0 {
		list[1] = act{from: s.dead, to: to, runs: runs}
	}
	if s.won != 0 {
		list[2] = act{from: s.won, to: s.adopted}
		if s.adopted == 0 {
			list[2] = act{s.won, s.last(now), !s.Ended}
		}
	}
	return list
}

// Act is one of the three durations at the top.
type Act struct{ Value, Note string }

func (s *story) told(now feed.Moment) (list [3]Act) {
	for i, a := range s.acts(now) {
		list[i] = Act{unknown, "not here"}
		if a.there() {
			list[i].Value = lapse(a.to - a.from)
		}
		if a.runs {
			list[i].Value += " so far"
		}
	}
	switch {
	case s.heard == 0:
		list[0].Note = "It was never heard here."
	case s.doubted != 0:
		list[0].Note = lapse(s.doubted-s.heard) + " of silence, then " + lapse(s.dead-s.doubted) + " for an answer"
	default:
		list[0].Note = "Another registrar was first to find it silent."
	}
	switch {
	case s.won == 0 && s.rival != 0:
		list[1].Note = "Left to " + s.rival.String()
	case len(s.asked) == 0:
		list[1].Note = "Nobody else had to be asked."
	default:
		list[1].Note = Number(s.acks) + " of " + Number(len(s.asked)) + " acknowledged"
	}
	if s.absent > 0 {
		list[1].Note += ", " + Number(s.absent) + " gone themselves"
	}
	if s.contests > 0 {
		list[1].Note += ", " + plural(s.contests, "contest", "contests") + " decided by the ID"
	}
	switch {
	case s.won != 0:
		list[2].Note = Number(s.answered) + " of " + plural(s.elements, "element", "elements") + " answered"
		if s.gone > 0 {
			list[2].Note += ", " + Number(s.gone) + " removed"
		}
		if s.moved > 0 {
			list[2].Note += ", " + Number(s.moved) + " moved on"
		}
	case s.end == feed.ServerReceived:
		list[2].Note = plural(s.elements, "element", "elements") + " went to " + s.rival.String()
	case s.Ended:
		list[2].Note = "None: no element changed its home."
	default:
		list[2].Note = "Not begun"
	}
	return list
}

// lapse gives a duration to three digits: 0.62 ms, 41 ms, 5.04 s, 66.0 s.
func lapse(d feed.Moment) string {
	us := int64(max(d, 0))
	switch {
	case us < 10_000:
		return fixed(us, 1000, 2) + " ms"
	case us < 1_000_000:
		return strconv.FormatInt(us/1000, 10) + " ms"
	case us < 10_000_000:
		return fixed(us, 1_000_000, 2) + " s"
	case us < 600_000_000:
		return fixed(us, 1_000_000, 1) + " s"
	default:
		return Span(time.Duration(us) * time.Microsecond)
	}
}

// fixed gives v/unit with so many places.
func fixed(v, unit int64, places int) string {
	text := strconv.FormatInt(v/unit, 10)
	rest := v % unit
	for i := range places {
		if i == 0 {
			text += "."
		}
		unit /= 10
		text += strconv.FormatInt(rest/unit, 10)
		rest %= unit
	}
	return text
}
