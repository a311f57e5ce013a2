package node

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/feed"
	"rserpool/registrar/transport"
)

const (
	// lookEvery is how long after a look at how busy the process is the next follows, while
	// handles are resolved; looks of them are an interval, which the best of them counts for:
	// a late one is chance, all late are a queue.
	lookEvery = 20 * time.Millisecond
	looks     = 5
	interval  = looks * lookEvery
	// tardy is how late a turn may come to who wants one: later than where many ask as fast
	// as they are answered, and early enough for keep-alives, which may take seconds and wait
	// several times on their way.
	tardy = 40 * time.Millisecond
	// crowd is how many want a turn or a processor then, on each of these: fewer wait because
	// others on this machine are busy, which no refusal helps.
	crowd = 16
	// begins are the tardy intervals in a row that begin an overload, ends those without a
	// refusal that end it.
	begins = 2
	ends   = 10
	// fairShare is how many answers who asks for many gets in an interval, if no more are to
	// be had.
	fairShare = 4
	// always are answered in an interval, whatever it is that keeps the processors busy.
	always = 20
	// breath is how much more is read from who was refused, before it rests: refusals take
	// time, too. It rests for shortRest, and each time twice as long if it asks for too much
	// as soon as it is read again, up to longRest.
	breath    = 16
	shortRest = 250 * time.Millisecond
	longRest  = 2 * time.Second
)

// overload is what is done while more is asked than can be answered: some resolutions are
// refused, which costs next to nothing, so that all else comes in time.
//
// How many are answered in an interval goes down by a third while turns are tardy, unless
// it is refusals that take the time, and up by a quarter otherwise, as TCP finds its rate.
type overload struct {
	looking bool // a look is due
	at      time.Time
	timer   *time.Timer
	looks   int
	// late and waiting are those of all looks of this interval together.
	late    time.Duration
	waiting int
	// runnable are the goroutines that wait for a processor.
	runnable []metrics.Sample

	on    bool
	since time.Time
	shed  uint64 // since then
	// tardy and calm are intervals in a row.
	tardy, calm int
	// interval numbers them; asked and refused count its resolutions. rate is how many
	// are answered in one, left how many more are in this one.
	interval       uint64
	asked, refused int
	rate, left     int
	// askers are the associations that have asked in this interval, share is how many
	// answers each gets.
	askers, share int
}

// asks counts a resolution, and sees to it that how busy the process is is looked at.
func (n *Node) asks() {
	o := &n.overload
	o.asked++
	if !o.looking {
		o.looking, o.looks, o.late, o.waiting, o.asked = true, 0, 0, 0, 1
		n.lookLater(n.lap)
		return
	}
	if late := n.lap.Sub(o.at); o.late+late >= looks*tardy { // that is known before its turn comes
		n.looked(n.lap, o.asked)
		o.at = n.lap
	}
}

func (n *Node) lookLater(now time.Time) {
	n.overload.at = now.Add(lookEvery)
	n.overload.timer.Reset(lookEvery)
}

// look is what the timer calls: a turn like any other, for which who has waited longer
// for a processor, or to be read, goes first.
func (n *Node) look() {
	metrics.Read(n.overload.runnable)
	waiting := int(n.overload.runnable[0].Value.Uint64())/runtime.GOMAXPROCS(0) + n.queue.len() //nolint:gosec // in memory
	runtime.Gosched()
	transport.Behind(n.asap, func(read int) { n.put(time.Time{}, look{waiting + read}) })
}

// look are those that waited.
type look struct{ waiting int }

func (in look) event(n *Node) registrar.Event {
	if n.life.Err() != nil {
		return nil
	}
	now := n.watch.now()
	if n.looked(now, in.waiting) {
		n.lookLater(now)
	}
	return nil
}

// looked counts a look, behind so many that waited, and reports whether another one is
// wanted.
func (n *Node) looked(now time.Time, waiting int) bool {
	o := &n.overload
	o.late += now.Sub(o.at)
	o.waiting += waiting
	if o.looks++; o.looks < looks && o.late < looks*tardy {
		return true
	}
	n.judge(now)
	o.looking = o.on || o.asked > 0
	o.asked, o.refused = 0, 0
	return o.looking
}

// judge ends an interval, whose turns were late.
func (n *Node) judge(now time.Time) {
	o := &n.overload
	late := o.late / time.Duration(o.looks)
	isTardy := late >= tardy && o.waiting >= crowd*o.looks
	took := time.Duration(o.looks)*lookEvery + o.late
	answered := int(time.Duration(o.asked-o.refused) * interval / took)
	o.interval++
	o.looks, o.late, o.waiting = 0, 0, 0
	if isTardy {
		o.tardy++
		if o.refused <= o.asked/2 { // else it is refusals that take the time
			o.rate = max(always, o.rate*2/3)
		}
	} else {
		o.tardy = 0
		o.rate = max(always, o.rate, min(o.rate*5/4, 2*answered))
	}
	if o.calm++; isTardy || o.refused > 0 {
		o.calm = 0
	}
	switch {
	case !o.on && o.tardy >= begins:
		o.on, o.since, o.shed, o.calm = true, now, 0, 0
		o.rate = max(always, answered/2)
		n.note(now, registrar.Noted{Level: registrar.Warn, Event: feed.Event{
			Name: "overload.begun", Server: n.ID(),
			Text: fmt.Sprintf("turns come %v late with %d handle resolutions in %v: some of these are refused from now on, all else is done",
				late.Round(time.Millisecond), o.asked, took.Round(time.Millisecond)),
		}})
	case o.on && o.calm >= ends:
		o.on = false
		n.note(now, registrar.Noted{Level: registrar.Warn, Event: feed.Event{
			Name: "overload.ended", Server: n.ID(),
			Text: fmt.Sprintf("%d handle resolutions were refused in %v", o.shed, now.Sub(o.since).Round(100*time.Millisecond)),
		}})
	}
	o.left, o.share, o.askers = o.rate, max(fairShare, o.rate/max(o.askers, 1)), 0
}

// sheds reports whether a resolution that came over l is refused.
func (n *Node) sheds(l *link) bool {
	o := &n.overload
	if l.interval != o.interval {
		l.interval, l.answers = o.interval, 0
		o.askers++
	}
	if o.left > 0 && l.answers < o.share {
		o.left--
		l.answers++
		return false
	}
	o.refused++
	o.shed++
	l.refused.Store(true)
	return true
}

// rest follows a refusal: what has come already is taken, a breath of it, then nothing
// for a while. What is sent meanwhile waits in the association's window, and then with who
// sends it.
func (n *Node) rest(l *link) {
	for range breath {
		m, err := l.association.Recv(n.past)
		if err != nil || !n.handIn(l, m) {
			break // its end is found afterwards
		}
	}
	defer l.refused.Store(false)
	if began := time.Now(); began.Sub(l.rested) < l.rest {
		l.rest = min(2*l.rest, longRest)
	} else {
		l.rest = shortRest
	}
	n.pause(l, l.rest/2+rand.N(l.rest)) // not all at once
	l.rested = time.Now()
}
