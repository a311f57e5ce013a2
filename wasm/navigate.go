//go:build js && wasm

package main

import (
	"strings"
	"syscall/js"

	"rserpool/ui/view"
)

// locate takes the query from the address of the page; false where the
// dashboard has no such page.
func (p *program) locate() bool {
	q, ok := p.route(window.Get("location"))
	if ok {
		p.query = q
	}
	return ok
}

// route reads a location or URL of the browser.
func (p *program) route(at js.Value) (view.Query, bool) {
	path, ok := strings.CutPrefix(at.Get("pathname").String(), p.base)
	if !ok {
		return view.Query{}, false
	}
	return view.Route(path, strings.TrimPrefix(at.Get("search").String(), "?"))
}

// listen hears what the user does.
func (p *program) listen() {
	on(document, "click", func(event js.Value) {
		target := event.Get("target")
		if button := target.Call("closest", "button[data-act]"); button.Truthy() {
			p.act(button, event)
		} else if a := target.Call("closest", "a[href]"); a.Truthy() {
			p.follow(a, event)
		} else if row := target.Call("closest", ".long tr[data-key]"); row.Truthy() {
			if a := row.Call("querySelector", "th a"); a.Truthy() {
				p.follow(a, event)
			}
		}
	})
	on(window, "popstate", func(js.Value) {
		before := p.query
		if p.locate() {
			p.carry(before)
			if p.query.Path() != before.Path() { // else only the fragment is another
				p.turn(false)
			}
		}
	})
	on(document, "keydown", p.stepKey)
	on(document, "input", func(event js.Value) {
		if p.sought(event.Get("target")) {
			return
		}
		form := event.Get("target").Get("form")
		if form.Truthy() && form.Call("hasAttribute", "data-scenario").Bool() {
			p.scenario(form)
		} else if form.Truthy() && dialog().Call("contains", form).Bool() {
			if event.Get("target").Get("id").String() == "ask-time" {
				byID("ask-hold").Set("checked", true)
			}
			p.refresh()
		} else if form.Truthy() && form.Get("dataset").Get("filter").Truthy() {
			p.query.Filter = event.Get("target").Get("value").String()
			p.query.Rows = 0
			window.Get("history").Call("replaceState", nil, "", p.address())
			p.refresh()
		}
	})
	on(document, "submit", func(event js.Value) {
		// A filter was applied as it was typed; Enter in a reason decides nothing.
		form := event.Get("target")
		if form.Call("hasAttribute", "data-find").Bool() {
			if !p.replica.Synced() {
				return // the server finds it
			}
			p.find(form)
		}
		event.Call("preventDefault")
	})
	on(dialog(), "close", func(js.Value) {
		if !dialog().Get("open").Bool() { // it comes late: another may be open by now
			p.ask = asking{}
		}
	})
	document.Call("addEventListener", "scroll", js.FuncOf(func(js.Value, []js.Value) any {
		p.scrolled()
		return nil
	}), true) // it does not bubble
	on(window, "scroll", func(js.Value) { p.reading() })
	p.listenInspector()
	on(document, "visibilitychange", func(js.Value) { p.tick() })
}

func on(target js.Value, name string, f func(event js.Value)) {
	target.Call("addEventListener", name, js.FuncOf(func(_ js.Value, args []js.Value) any {
		f(args[0])
		return nil
	}))
}

// act does what a button says. Theme and copy are the boot script's.
func (p *program) act(button, event js.Value) {
	off := button.Call("getAttribute", "aria-disabled").Truthy()
	switch button.Get("dataset").Get("act").String() {
	case "retry":
		p.link.Retry()
		p.tick()
	case "ask":
		at := button.Call("closest", "[data-key],[data-element]")
		if !at.Truthy() || off {
			break
		}
		key := at.Call("getAttribute", "data-key")
		if !key.Truthy() {
			key = at.Call("getAttribute", "data-element")
		}
		p.openAsk(key.String())
	case "deregister":
		if !off {
			p.deregister()
		}
	case "apply":
		p.kept.Apply()
		p.flush()
	case "undo":
		p.undo()
	case "end-hold":
		if row := button.Call("closest", "[data-key]"); row.Truthy() && !off {
			p.endHold(row.Get("dataset").Get("key").String())
		}
	case "pause":
		p.pause()
	case "keys":
		showKeys()
	case "close-keys":
		byID("keys").Call("close")
	case "cancel":
		dialog().Call("close")
	case "run":
		p.query.Tried = nil
		p.refresh()
	case "gets":
		p.askGets()
	case "probe", "resync":
		p.askPeer(button.Get("dataset").Get("act").String(), button)
	case "compare":
		p.compare()
	case "probe-element":
		p.probeElement()
	case "play":
		p.playOrPause()
	case "speed":
		p.setSpeed(button.Get("dataset").Get("speed").String())
	case "newest":
		p.newest()
	case "follow":
		p.follows()
	case "dismiss":
		p.dismiss()
	default:
		return
	}
	event.Call("preventDefault")
}

// follow goes to another page of the dashboard without leaving the document; any
// other link, and any click that asks for a new tab, is the browser's.
func (p *program) follow(a, event js.Value) {
	for _, key := range []string{"ctrlKey", "metaKey", "shiftKey", "altKey", "defaultPrevented"} {
		if event.Get(key).Bool() {
			return
		}
	}
	href := a.Call("getAttribute", "href").String()
	if event.Get("button").Int() != 0 || a.Call("hasAttribute", "download").Bool() || strings.HasPrefix(href, "#") || !p.replica.Synced() {
		return
	}
	url := window.Get("URL").New(href, document.Get("baseURI"))
	if url.Get("origin").String() != window.Get("location").Get("origin").String() {
		return
	}
	q, ok := p.route(url)
	if !ok {
		return
	}
	event.Call("preventDefault")
	q.Tried = p.query.Tried
	sameTable := q.Kind == p.query.Kind && q.Pool == p.query.Pool
	p.enter(q)
	p.turn(sameTable)
	if hash := url.Get("hash").String(); hash != "" {
		window.Get("location").Call("replace", hash)
	}
}

// carry keeps what is not of the address.
func (p *program) carry(before view.Query) {
	p.query.Link, p.query.Base, p.query.Tried = before.Link, before.Base, before.Tried
	p.query.Paused, p.query.Speed = before.Paused, before.Speed
	if p.query.Kind == before.Kind {
		p.query.Upto, p.query.Answer = before.Upto, before.Answer
	} else {
		p.stopped = false
	}
}

// enter makes q the page's query, and a step of the browser's history.
func (p *program) enter(q view.Query) {
	before := p.query
	p.query = q
	p.carry(before)
	window.Get("history").Call("pushState", nil, "", p.address())
}

// leave goes to another page, as a link does.
func (p *program) leave(q view.Query) {
	p.enter(q)
	p.turn(false)
}

// find goes where the search in the bar leads, and empties it.
func (p *program) find(form js.Value) {
	field := form.Get("elements").Get("q")
	q, anchor := view.Find(p.replica, strings.TrimSpace(field.Get("value").String()))
	field.Set("value", "")
	p.leave(q)
	if anchor != "" {
		window.Get("location").Call("replace", "#"+anchor)
	}
}

// address is the URL of what is shown.
func (p *program) address() string { return p.base + p.query.Path() }

// turn paints another query at once. On a new page reading starts at its top.
func (p *program) turn(sameTable bool) {
	if more := byID("more"); more.Call("matches", ":popover-open").Bool() {
		more.Call("hidePopover")
	}
	p.flush()
	if !sameTable {
		window.Call("scrollTo", 0, 0)
		byID("main").Call("focus", map[string]any{"preventScroll": true})
	}
}
