package node

import (
	"fmt"
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
	// tardy is how late a turn may come to who wants one: later than where many ask as fast
	// as they are answered, and early enough for keep-alives, which may take seconds and wait
	// several times on their way.
	tardy = 40 * time.Millisecond
	// crowd is how many want a turn or a processor then, and lines, on each of these: fewer
	// wait because others on this machine are busy, which it does not help to answer less.
	crowd = 16
	// begins are the tardy intervals in a row that begin an overload, ends those in which
	// nothing waits that end it.
	begins = 2
	ends   = 10
	// always are answered at a look, whatever it is that keeps the processors busy.
	always = 4
)

// overload is what is done while more is asked than can be answered: resolutions wait,
// those of each association in a line of their own, and all else is done at once. Of the
// lines some are answered from time to time, and some refused where they are too long.
//
// After each interval, how many are answered at a look goes down by a third if turns were
// tardy, and up by a quarter otherwise, as TCP finds its rate.
type overload struct {
	looking bool // a look is due
	at      time.Time
	timer   *time.Timer
	looks   int
	// late and wanting are those of all looks of this interval together.
	late    time.Duration
	wanting int
	// runnable are the goroutines that wait for a processor.
	runnable []metrics.Sample

	on    bool
	since time.Time
	shed  uint64 // since then
	// tardy and calm are intervals in a row.
	tardy, calm int
	// asked and answered count the resolutions of this interval; rate is how many are
	// answered at a look.
	asked, answered, rate int

	lines lines
	// look numbers the looks. At each, some that wait are due; then left more are answered,
	// and refusals more refused, as they come.
	look           uint64
	due            bool
	left, refusals int
}

// asks counts a resolution, and sees to it that how busy the process is is looked at.
func (n *Node) asks() {
	o := &n.overload
	o.asked++
	if !o.looking {
		o.looking, o.looks, o.late, o.wanting, o.asked, o.answered = true, 0, 0, 0, 1, 0
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
	wanting := int(n.overload.runnable[0].Value.Uint64())/runtime.GOMAXPROCS(0) + n.queue.len() //nolint:gosec // in memory
	runtime.Gosched()
	transport.Behind(n.asap, func(read int) { n.put(time.Time{}, look{wanting + read}) })
}

// look are those that wanted a turn or a processor meanwhile.
type look struct{ wanting int }

func (in look) event(n *Node) registrar.Event {
	if n.life.Err() != nil {
		return nil
	}
	now := n.watch.now()
	if n.looked(now, in.wanting) {
		n.lookLater(now)
	}
	return nil
}

// looked counts a look, behind so many that wanted a turn, and reports whether another one
// is due.
func (n *Node) looked(now time.Time, wanting int) bool {
	o := &n.overload
	o.late += now.Sub(o.at)
	o.wanting += wanting + len(o.lines.order)
	o.look++
	o.due = true
	if o.looks++; o.looks < looks && o.late < looks*tardy {
		return true
	}
	n.judge(now)
	o.looking = o.on || o.asked > 0
	o.asked, o.answered = 0, 0
	return o.looking
}

// judge ends an interval, whose turns were late.
func (n *Node) judge(now time.Time) {
	o := &n.overload
	late := o.late / time.Duration(o.looks)
	isTardy := late >= tardy && o.wanting >= crowd*o.looks
	took := time.Duration(o.looks)*lookEvery + o.late
	answered := o.answered / o.looks
	if isTardy {
		o.tardy++
		o.rate = max(always, o.rate*2/3)
	} else {
		o.tardy = 0
		o.rate = max(always, min(o.rate*5/4+1, 2*answered))
	}
	o.looks, o.late, o.wanting = 0, 0, 0
	if o.calm++; isTardy || o.lines.waiting > 0 {
		o.calm = 0
	}
	switch {
	case !o.on && o.tardy >= begins:
		o.begin(now, took)
		n.note(now, registrar.Noted{Level: registrar.Warn, Event: feed.Event{
			Name: "overload.begun", Server: n.ID(),
			Text: fmt.Sprintf("turns come %v late with %d handle resolutions in %v: these wait from now on or are refused, all else is done",
				late.Round(time.Millisecond), o.asked, took.Round(time.Millisecond)),
		}})
	case o.on && o.calm >= ends:
		o.on = false
		n.note(now, registrar.Noted{Level: registrar.Warn, Event: feed.Event{
			Name: "overload.ended", Server: n.ID(),
			Text: fmt.Sprintf("%d handle resolutions were refused in %v", o.shed, now.Sub(o.since).Round(100*time.Millisecond)),
		}})
	}
}

// begin is an overload after an interval that took so long: half as many as were answered
// in it are to be.
func (o *overload) begin(now time.Time, took time.Duration) {
	o.on, o.since, o.shed, o.calm = true, now, 0, 0
	o.rate = max(always, int(time.Duration(o.answered)*lookEvery/took/2))
}
