//go:build js && wasm

package main

import (
	"syscall/js"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/ui/view"
)

const (
	// flushEvery bounds the paints: ten a second are enough for people.
	flushEvery = 100 * time.Millisecond
	// restShare keeps a page with much to paint usable: it rests four times as
	// long as the last paint took.
	restShare = 4
	// tickEvery is the pace of the link's state machine.
	tickEvery = 250 * time.Millisecond
	// agesEvery is the pace of ages and countdowns.
	agesEvery = time.Second
)

// program is all state of the page.
type program struct {
	replica *replica.Replica
	link    view.Link
	socket  js.Value
	// handlers are the socket's, freed with it.
	handlers []js.Func
	// whole: the last frame ended a complete state, from which the feed can go on.
	whole bool
	// base is the URL path of the dashboard's root, ending in a slash.
	base  string
	query view.Query

	page  *binder
	lists map[string]*list
	longs map[string]*long
	kept  *view.Kept

	// prefix is a key that waits for another one.
	prefix string

	waiting         bool // a flush is under way
	flushed, ticked time.Time
	took            time.Duration
	phase           view.Phase

	ask     asking
	tryout  *tryout
	removal *removal
	writer  bool
	replay  replay
	// asked is what the registrar was told to send of the captured messages.
	asked feed.Messages
	// stopped: a button has, not scrolling, what makes the page Events follow.
	stopped bool
}

var (
	window   = js.Global()
	document = window.Get("document")
	root     = document.Get("documentElement")
)

func main() {
	p := &program{replica: replica.New(), socket: js.Null(), lists: map[string]*list{}, longs: map[string]*long{}, kept: &view.Kept{}}
	p.base = window.Get("URL").New(root.Get("dataset").Get("root"), document.Get("baseURI")).Get("pathname").String()
	p.writer = root.Get("dataset").Get("writer").String() == "true"
	if !p.locate() {
		return
	}
	p.page = newBinder(document, document.Call("querySelectorAll", "[data-t],[data-a]"), false)
	root.Get("dataset").Set("program", "")
	p.listen()
	p.listenKeys()
	window.Call("setInterval", js.FuncOf(func(js.Value, []js.Value) any {
		p.tick()
		return nil
	}), tickEvery.Milliseconds())
	p.tick()
	select {} // from here on the browser calls
}

// tick moves the link on, and time on the page.
func (p *program) tick() {
	now := time.Now()
	switch p.link.Next(now, chance()) {
	case view.Dial:
		p.dial()
	case view.Hangup:
		p.hangup()
	}
	if now.Sub(p.ticked) >= agesEvery {
		p.ticked = now
		p.wake()
	}
}

// wake makes what has come to be painted, unless the page is to stand still.
func (p *program) wake() {
	if !p.query.Paused {
		p.refresh()
	}
}

// refresh makes sure that a flush comes, soon but not too soon.
func (p *program) refresh() {
	if p.waiting {
		return
	}
	p.waiting = true
	rest := max(flushEvery, restShare*p.took) - time.Since(p.flushed)
	later(rest, func() {
		// A hidden page gets no animation frames.
		if document.Get("hidden").Bool() {
			p.flush()
			return
		}
		once("requestAnimationFrame", p.flush)
	})
}

// flush writes the present state into the document.
func (p *program) flush() {
	start := time.Now()
	p.waiting = false
	p.query.Link = p.link.Connection(start)
	if !p.replica.Synced() {
		if p.query.Link.Phase == view.Live {
			p.query.Link.Phase = view.Connecting // the snapshot is on its way
		}
		p.query.Link.Slots(time.Time{}, p.page.set)
		p.told(time.Time{})
	} else {
		now := p.link.Clock(start)
		p.query.Kept, p.query.Base = p.kept, window.Get("location").Get("origin").String()+p.base
		table := p.long()
		if table != nil {
			p.query.Window = table.look(p.query)
			p.kept.Hold(table.holds())
		}
		p.hold()
		p.want()
		page := view.Build(p.replica, now, p.query)
		page.Slots(p.page.set)
		for _, l := range page.Lists() {
			p.list(l.Name).show(l.Rows)
		}
		p.tryOut()
		if table != nil {
			table.fit(page.LongTable(), p.query.Window)
			table.reveal(p.query.Chosen, page.Drawer)
		}
		p.showAsk(now)
		p.showRemoval(now)
		p.told(now)
	}
	p.flushed = time.Now()
	p.took = p.flushed.Sub(start)
}

// told marks the document with the phase, and says in words when it matters.
func (p *program) told(now time.Time) {
	c := p.query.Link
	if c.Phase == p.phase {
		return
	}
	was := p.phase
	p.phase = c.Phase
	root.Get("classList").Call("toggle", "stale", c.Phase != view.Live)
	if text := c.Announcement(now); text != "" && was > view.Live {
		say(text)
	}
}

func (p *program) list(name string) *list {
	l := p.lists[name]
	if l == nil {
		l = newList(name)
		p.lists[name] = l
	}
	return l
}

// say hands a sentence to screen readers.
func say(text string) { byID("say").Set("textContent", text) }

// chance is a number from [0,1).
func chance() float64 { return window.Get("Math").Call("random").Float() }

func byID(id string) js.Value { return document.Call("getElementById", id) }

// later calls f after d, in the event loop.
func later(d time.Duration, f func()) { once("setTimeout", f, max(d, 0).Milliseconds()) }

// once hands f to a function of the browser that calls it one time.
func once(name string, f func(), args ...any) {
	var fn js.Func
	fn = js.FuncOf(func(js.Value, []js.Value) any {
		fn.Release()
		f()
		return nil
	})
	window.Call(name, append([]any{fn}, args...)...)
}
