//go:build js && wasm

package main

import (
	"strconv"
	"strings"
	"syscall/js"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
	"rserpool/ui/view"
)

// wanted is what the page needs of the captured messages.
func (p *program) wanted() feed.Want {
	w := feed.Want{After: p.replica.LastCaptured()}
	if p.query.Kind == view.Inspector {
		w.Messages = feed.SendMessages
		if p.query.Paused {
			w.Messages = feed.KeepMessages
		}
	}
	return w
}

// want tells the registrar what the page needs of the captured messages, when that
// has changed or the connection is new.
func (p *program) want() {
	want := p.wanted()
	if want.Messages == p.asked || !p.socket.Truthy() || !p.replica.Synced() {
		return
	}
	if p.link.Stream() {
		p.link.Redial()
		p.hangup()
		p.tick()
	} else if p.send(want.AppendTo(nil)) {
		p.asked = want.Messages
	}
}

// wantStream puts what the page needs into the address of an event stream.
func (p *program) wantStream(url js.Value) {
	want := p.wanted()
	p.asked = want.Messages
	if want.Messages != feed.NoMessages {
		url.Get("searchParams").Call("set", "want", wire.Hex(want.AppendTo(nil)))
	}
}

// hold stops the list of messages where somebody points at it or has chosen one.
func (p *program) hold() {
	q := &p.query
	if q.Kind != view.Inspector {
		return
	}
	rows := p.list("messages").element
	stop := q.Message != 0 || rows.Call("matches", ":hover").Bool() || rows.Call("contains", document.Get("activeElement")).Bool()
	switch {
	case !stop:
		q.Upto = 0
	case q.Upto == 0:
		q.Upto = p.replica.LastCaptured()
	}
}

// listenInspector hears what is done with the chosen message.
func (p *program) listenInspector() {
	tree, bytes := byID("fields"), byID("bytes")
	for _, at := range []js.Value{tree, bytes} {
		on(at, "pointermove", func(event js.Value) { p.preview(p.fieldAt(event)) })
		on(at, "pointerleave", func(js.Value) { p.preview(-1) })
		on(at, "click", func(event js.Value) {
			if i := p.fieldAt(event); i >= 0 {
				p.choose(i)
			}
		})
	}
	on(tree, "focusout", func(event js.Value) {
		if !tree.Call("contains", event.Get("relatedTarget")).Bool() {
			p.preview(-1)
		}
	})
	on(tree, "keydown", func(event js.Value) {
		item := event.Get("target").Call("closest", "[role=treeitem]")
		if !item.Truthy() || event.Get("ctrlKey").Bool() || event.Get("altKey").Bool() || event.Get("metaKey").Bool() {
			return
		}
		to := js.Null()
		switch event.Get("key").String() {
		case "ArrowDown":
			to = item.Get("nextElementSibling")
		case "ArrowUp":
			to = item.Get("previousElementSibling")
		case "ArrowRight":
			if next := item.Get("nextElementSibling"); next.Truthy() && level(next) > level(item) {
				to = next
			}
		case "ArrowLeft":
			for to = item.Get("previousElementSibling"); to.Truthy() && level(to) >= level(item); {
				to = to.Get("previousElementSibling")
			}
		case "Home":
			to = tree.Get("firstElementChild")
		case "End":
			to = tree.Get("lastElementChild")
		case "Enter", " ":
			p.choose(index(item))
		default:
			return
		}
		event.Call("preventDefault")
		if to.Truthy() {
			p.preview(index(to))
			p.flush()
			to.Call("focus")
		}
	})
}

// preview lights a field up; -1 goes back to the chosen one.
func (p *program) preview(i int) {
	if p.query.Preview != i+1 {
		p.query.Preview = i + 1
		p.refresh()
	}
}

// choose keeps a field, also in the address.
func (p *program) choose(i int) {
	p.query.Field, p.query.Preview = i, i+1
	window.Get("history").Call("replaceState", nil, "", p.address())
	p.flush()
}

// fieldAt is the place in the tree of what the pointer is at, -1 for nothing.
func (p *program) fieldAt(event js.Value) int {
	target := event.Get("target")
	if item := target.Call("closest", "[role=treeitem]"); item.Truthy() {
		return index(item)
	}
	text, row := target.Call("closest", ".hx, .tx"), target.Call("closest", "[data-key]")
	if !text.Truthy() || !row.Truthy() {
		return -1
	}
	var b strings.Builder
	parts := text.Get("children")
	for i := range parts.Length() {
		b.WriteString(parts.Index(i).Get("textContent").String())
	}
	box, length := text.Call("getBoundingClientRect"), len([]rune(b.String()))
	if length == 0 {
		return -1
	}
	column := int((event.Get("clientX").Float() - box.Get("left").Float()) / box.Get("width").Float() * float64(length))
	i, ok := view.FieldAt(p.replica, p.query.Message, index(row), column, text.Get("classList").Call("contains", "tx").Bool())
	if !ok {
		return -1
	}
	return i
}

func index(el js.Value) int {
	n, err := strconv.Atoi(el.Get("dataset").Get("key").String())
	if err != nil {
		return -1
	}
	return n
}

func level(el js.Value) int {
	n, _ := strconv.Atoi(el.Call("getAttribute", "aria-level").String())
	return n
}
