//go:build js && wasm

package main

import (
	"syscall/js"

	"rserpool/ui/view"
)

// goTo are the pages behind the key g.
var goTo = [...]struct {
	key  string
	page view.Kind
}{
	{"o", view.Overview}, {"p", view.Pools}, {"e", view.Elements}, {"r", view.Peers},
	{"v", view.Events}, {"i", view.Inspector}, {"w", view.WhatIf}, {"h", view.Holds},
}

// keysOff is where the browser keeps that keys do nothing.
const keysOff = "keys-off"

// key does what a key says, and reports whether it did anything.
func (p *program) key(event js.Value) bool {
	for _, name := range []string{"ctrlKey", "metaKey", "altKey", "defaultPrevented", "isComposing"} {
		if event.Get(name).Bool() {
			return false
		}
	}
	at := event.Get("target")
	if document.Call("querySelector", "dialog[open]").Truthy() {
		return false // its keys are the browser's
	}
	key := event.Get("key").String()
	if at.Call("matches", "input, textarea, select").Bool() {
		if key == "Escape" {
			at.Call("blur")
		}
		return key == "Escape"
	}
	if !byID("keys-on").Get("checked").Bool() {
		return key == "?" && showKeys()
	}
	after := p.prefix
	p.prefix = ""
	if after == "g" {
		for _, to := range goTo {
			if to.key == key {
				return p.open(to.page)
			}
		}
		return false
	}
	switch key {
	case "g":
		p.prefix = "g"
		return true
	case "/":
		return focus("#find") || p.search()
	case "f":
		return p.search()
	case "j", "ArrowDown":
		return p.step(at, 1, key == "j")
	case "k", "ArrowUp":
		return p.step(at, -1, key == "k")
	case "c":
		return p.copy(at)
	case " ":
		if at.Call("closest", "a, button, summary").Truthy() {
			return false
		}
		return p.press("#pause")
	case "[":
		return p.press("[data-step=previous]")
	case "]":
		return p.press("[data-step=next]")
	case "D":
		return p.press("#drawer [data-act=ask]") || p.press("tr:focus-within [data-act=ask]")
	case "Escape":
		return p.press("[data-close]")
	case "?":
		return showKeys()
	}
	return false
}

// showKeys lists what the keyboard does.
func showKeys() bool {
	byID("keys").Call("showModal")
	return true
}

// press clicks the first element in sight that fits.
func (p *program) press(selector string) bool {
	list := document.Call("querySelectorAll", selector)
	for i := range list.Length() {
		if el := list.Index(i); el.Call("checkVisibility").Bool() {
			el.Call("click")
			return true
		}
	}
	return false
}

// open goes to a page.
func (p *program) open(page view.Kind) bool {
	if !p.replica.Synced() {
		return false
	}
	p.leave(view.Query{Kind: page})
	return true
}

// search goes to the field that narrows the page's table; where it has none, to
// that of all elements.
func (p *program) search() bool {
	const fields = "main > section:not([hidden]) input[type=search]"
	return focus(fields) || p.open(view.Elements) && focus(fields)
}

// focus puts the focus into a field that is in sight, and selects what it holds.
func focus(selector string) bool {
	field := document.Call("querySelector", selector)
	if !field.Truthy() || !field.Call("checkVisibility").Bool() {
		return false
	}
	field.Call("focus")
	field.Call("select")
	return true
}

// step moves the focus to the next row of the table or the one before. Arrows do
// so only within a table: elsewhere they scroll.
func (p *program) step(at js.Value, by int, anywhere bool) bool {
	row := at.Call("closest", "tbody tr[data-key]")
	if !row.Truthy() {
		if !anywhere && !at.Call("matches", ".region").Bool() {
			return false
		}
		row = document.Call("querySelector", "main > section:not([hidden]) tbody tr[aria-current]")
		if !row.Truthy() {
			row, by = document.Call("querySelector", "main > section:not([hidden]) tbody tr[data-key]"), 0
		}
		if !row.Truthy() {
			return false
		}
	}
	switch {
	case by > 0:
		row = row.Get("nextElementSibling")
	case by < 0:
		row = row.Get("previousElementSibling")
	}
	if !row.Truthy() {
		return true // the end of the table
	}
	link := row.Call("querySelector", "th a, a, button")
	if link.Truthy() {
		link.Call("focus", map[string]any{"preventScroll": true})
		row.Call("scrollIntoView", map[string]any{"block": "nearest"})
	}
	return true
}

// copy copies the ID of the row that has the focus, else of the open element, else
// the registrar's.
func (p *program) copy(at js.Value) bool {
	if row := at.Call("closest", "tr[data-key]"); row.Truthy() {
		if id := row.Call("querySelector", "th code, th a"); id.Truthy() {
			text, refused := id.Get("textContent").String(), func() { say("This browser copies on the keyboard's command only.") }
			board := window.Get("navigator").Get("clipboard")
			if !board.Truthy() { // plain HTTP from another machine
				refused()
				return true
			}
			then(board.Call("writeText", text), func(js.Value) { say("Copied: " + text) }, refused)
			return true
		}
	}
	return p.press("#drawer [data-copy=drawer-id]") || p.press(".self [data-copy]")
}

// listenKeys hears the keyboard; what it may do is kept in this browser.
func (p *program) listenKeys() {
	field := byID("keys-on")
	if stored := js.Global().Get("localStorage"); stored.Truthy() {
		field.Set("checked", !stored.Call("getItem", keysOff).Truthy())
		on(field, "change", func(js.Value) {
			if field.Get("checked").Bool() {
				stored.Call("removeItem", keysOff)
			} else {
				stored.Call("setItem", keysOff, "1")
			}
		})
	}
	on(document, "keydown", func(event js.Value) {
		if p.key(event) {
			event.Call("preventDefault")
		}
	})
}

// pause stops the paints, or lets them go on; the feed is followed all the same. The
// registrar keeps the messages that pass meanwhile.
func (p *program) pause() {
	p.query.Paused = !p.query.Paused
	root.Get("classList").Call("toggle", "paused", p.query.Paused)
	byID("pause").Call("setAttribute", "aria-pressed", p.query.Paused)
	if p.query.Paused {
		say("Paused. The page stands still; Space goes on.")
	} else {
		say("Live again.")
	}
	p.refresh()
}
