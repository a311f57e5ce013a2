//go:build js && wasm

package main

import (
	"syscall/js"

	"rserpool/ui/view"
)

// list is one element of the document whose children are rows.
type list struct {
	element js.Value
	row     js.Value // what a new row is cloned from
	shown   []view.Row
	rows    map[string]*row
	// long: only a window of the rows is here. Their order holds elsewhere, and rows
	// that leave are used again.
	long  bool
	spare []*row
	// own: the rows have an order of their own, pointed at or not.
	own bool
}

type row struct {
	element js.Value
	binder  *binder
	view    view.Row
}

// newList takes over the rows that are there.
func newList(name string) *list {
	l := &list{element: document.Call("querySelector", `[data-list="`+name+`"]`), rows: map[string]*row{}}
	l.own = l.element.Get("dataset").Get("order").Truthy()
	template := byID(l.element.Get("dataset").Get("row").String())
	l.row = template.Get("content").Get("firstElementChild")
	if l.row.Get("localName").String() == "svg" {
		l.row = l.row.Get("firstElementChild") // rows of a drawing are only one inside svg
	}
	children := l.element.Get("children")
	for i := range children.Length() {
		el := children.Index(i)
		key := painted(el.Get("dataset").Get("key").String())
		l.rows[string(key)] = &row{element: el, binder: rowBinder(el, false)}
		l.shown = append(l.shown, key)
	}
	return l
}

// painted is a row of the server's, of which only the key is known.
type painted string

func (p painted) Key() string    { return string(p) }
func (p painted) Slots(view.Set) {}

// show makes the list show these rows. A row that is there is kept, with its
// focus; what has not changed is not touched.
func (l *list) show(rows []view.Row) {
	if !l.long && !l.own && (l.element.Call("matches", "tbody:hover").Bool() || l.element.Call("contains", document.Get("activeElement")).Bool()) {
		rows = view.Hold(l.shown, rows)
	}
	focused := document.Get("activeElement")
	moved, lost := false, false
	for _, op := range view.Diff(keys(l.shown), keys(rows)) {
		if op.Kind == view.Remove {
			gone := l.rows[op.Key].element
			lost = lost || gone.Call("contains", focused).Bool()
			gone.Call("remove")
			if l.long && len(l.spare) < maxSpare {
				l.spare = append(l.spare, l.rows[op.Key])
			}
			delete(l.rows, op.Key)
			continue
		}
		r := l.rows[op.Key]
		if op.Kind == view.Insert {
			r = l.fresh()
			r.element.Call("setAttribute", "data-key", op.Key)
			l.rows[op.Key] = r
		}
		before := js.Null()
		if op.Before != "" {
			before = l.rows[op.Before].element
		}
		l.element.Call("insertBefore", r.element, before)
		moved = true
	}
	for _, v := range rows {
		if r := l.rows[v.Key()]; r.view != v {
			v.Slots(r.binder.set)
			r.view = v
		}
	}
	l.shown = rows
	// A row that is only a ghost any more has no buttons.
	if lost || l.element.Call("contains", focused).Bool() && !focused.Call("checkVisibility").Bool() {
		keepFocus(l.element)
	}
	if moved && focused.Truthy() && !document.Get("activeElement").Equal(focused) && focused.Get("isConnected").Bool() {
		focused.Call("focus", map[string]any{"preventScroll": true})
	}
}

// maxSpare is how many rows wait to be used again.
const maxSpare = 100

// fresh gives a row that shows nothing of use.
func (l *list) fresh() *row {
	if n := len(l.spare); n > 0 {
		r := l.spare[n-1]
		l.spare = l.spare[:n-1]
		return r
	}
	el := l.row.Call("cloneNode", true)
	return &row{element: el, binder: rowBinder(el, true)}
}

func keys(rows []view.Row) []string {
	list := make([]string, len(rows))
	for i, r := range rows {
		list[i] = r.Key()
	}
	return list
}

// keepFocus puts the focus on what scrolls the list: whoever works by keyboard
// goes on from there when the row is gone that had it.
func keepFocus(list js.Value) {
	if at := list.Call("closest", "[tabindex]"); at.Truthy() {
		at.Call("focus", map[string]any{"preventScroll": true})
	}
}
