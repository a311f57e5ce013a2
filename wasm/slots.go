//go:build js && wasm

package main

import (
	"strings"
	"syscall/js"
)

// spot is one place in the document that shows a slot: the text of an element,
// or one of its attributes.
type spot struct {
	element   js.Value
	slot      string
	attribute string // empty: the text
	value     string
	known     bool // value is what the document has
}

// binder writes slots into the elements that name them.
type binder struct{ spots map[string][]*spot }

// newBinder finds the spots in a list of elements. Rows of lists below root have
// binders of their own. Of a clone nothing is known yet, so all is written.
func newBinder(root, elements js.Value, clone bool) *binder {
	b := &binder{map[string][]*spot{}}
	for i := range elements.Length() {
		el := elements.Index(i)
		row := el.Call("closest", "[data-key]")
		if row.Truthy() && !row.Equal(root) {
			continue
		}
		b.add(el, clone)
	}
	return b
}

// rowBinder finds the spots in a row: its element and those below.
func rowBinder(row js.Value, clone bool) *binder {
	b := newBinder(row, row.Call("querySelectorAll", "[data-t],[data-a]"), clone)
	b.add(row, clone)
	return b
}

func (b *binder) add(el js.Value, clone bool) {
	if slot := el.Call("getAttribute", "data-t"); slot.Truthy() {
		s := &spot{element: el, slot: slot.String()}
		if !clone {
			s.value, s.known = el.Get("textContent").String(), true
		}
		b.spots[s.slot] = append(b.spots[s.slot], s)
	}
	attributes := el.Call("getAttribute", "data-a")
	if !attributes.Truthy() {
		return
	}
	for pair := range strings.FieldsSeq(attributes.String()) {
		attribute, slot, _ := strings.Cut(pair, "=")
		b.spots[slot] = append(b.spots[slot], &spot{element: el, slot: slot, attribute: attribute})
	}
}

// set writes one slot where it is shown.
func (b *binder) set(name, value string) {
	for _, s := range b.spots[name] {
		if s.known && s.value == value {
			continue
		}
		s.value, s.known = value, true
		switch {
		case s.attribute == "":
			s.element.Set("textContent", value)
		case s.attribute == "value":
			if !document.Get("activeElement").Equal(s.element) {
				s.element.Set("value", value)
			}
		case s.attribute == "checked":
			s.element.Set("checked", value != "")
		case value == "":
			s.element.Call("removeAttribute", s.attribute)
		default:
			s.element.Call("setAttribute", s.attribute, value)
		}
	}
}
