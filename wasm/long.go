//go:build js && wasm

package main

import (
	"math"
	"syscall/js"

	"rserpool/registrar/replica"
	"rserpool/ui/view"
)

const (
	// beyond is how many rows above and below those in sight are in the document,
	// so that a turn of the wheel finds them there.
	beyond = 12
	// rowHeight is what rows are taken to be high before one was measured.
	rowHeight = 36
)

// long is a table of which only the rows in sight are in the document. What is
// above and below is blank space of the same height.
type long struct {
	list          *list
	region        js.Value
	before, after js.Value
	height        float64 // of a row
	head          float64
	drawn         view.Window
	spaces        [2]float64
	address       string // of the rows that it showed last
	chosen        replica.Ref
	moving        bool
}

// long gives the long table of the page that is shown, nil where it has none.
func (p *program) long() *long {
	name := p.query.LongTable()
	if name == "" {
		return nil
	}
	if t := p.longs[name]; t != nil {
		return t
	}
	t := &long{list: p.list(name), height: rowHeight}
	t.list.long = true
	t.region = t.list.element.Call("closest", ".long")
	spaces := t.region.Call("querySelectorAll", ".space")
	t.before, t.after = spaces.Index(0), spaces.Index(1)
	p.longs[name] = t
	return t
}

// look takes the window from how far the table is scrolled.
func (t *long) look(q view.Query) view.Window {
	if at := q.TableAddress(); at != t.address {
		t.region.Set("scrollTop", 0)
		t.address = at
	}
	if n := len(t.list.shown); n > 1 {
		first := t.list.rows[t.list.shown[0].Key()].element.Call("getBoundingClientRect")
		last := t.list.rows[t.list.shown[n-1].Key()].element.Call("getBoundingClientRect")
		if h := (last.Get("top").Float() - first.Get("top").Float()) / float64(n-1); h >= 1 {
			t.height = h
		}
		t.head = t.list.element.Get("offsetTop").Float()
	}
	at := t.region.Get("scrollTop").Float()
	top := int(at/t.height + 0.5)
	seen := int((at+math.Max(t.region.Get("clientHeight").Float()-t.head, t.height))/t.height+0.5) - top
	rows := int(window.Get("innerHeight").Float()/t.height) + 1 // more than can be in sight
	return view.Window{From: max(top-beyond, 0), Rows: rows + 2*beyond, Top: top, Seen: seen}
}

// holds reports whether somebody points at a row or works in it.
func (t *long) holds() bool {
	return t.list.element.Call("matches", "tbody:hover").Bool() || t.list.element.Call("contains", document.Get("activeElement")).Bool()
}

// fit makes the blank space as high as the rows that are left out.
func (t *long) fit(table view.Table, w view.Window) {
	t.drawn = w
	t.drawn.From, t.drawn.Rows = table.From, len(t.list.shown)
	t.space(0, t.before, float64(table.From)*t.height)
	t.space(1, t.after, float64(table.Matching-table.From-len(t.list.shown))*t.height)
}

func (t *long) space(i int, el js.Value, height float64) {
	if t.spaces[i] != height {
		t.spaces[i] = height
		el.Get("style").Set("height", js.Global().Get("String").Invoke(height).String()+"px")
	}
}

// reveal brings the row of an element into sight when it has been opened.
func (t *long) reveal(chosen replica.Ref, d view.Drawer) {
	if chosen == t.chosen || !d.Shown {
		t.chosen = chosen
		return
	}
	t.chosen = chosen
	at, sight := float64(d.Index)*t.height, t.region.Get("clientHeight").Float()-t.head
	top := t.region.Get("scrollTop").Float()
	if d.Index >= 0 && (at < top || at+t.height > top+sight) {
		t.region.Set("scrollTop", math.Max(at-sight/2, 0))
	}
}

// scrolled paints at once where rows come into sight that are not there yet.
func (p *program) scrolled() {
	t := p.long()
	if t == nil || t.moving {
		return
	}
	w := t.look(p.query)
	missing := w.Top < t.drawn.From || w.Top+w.Seen+1 > t.drawn.From+t.drawn.Rows
	if near := w.Top - t.drawn.From; !missing && near > beyond/2 && near < 2*beyond {
		p.refresh() // what is in sight is there
		return
	}
	t.moving = true
	once("requestAnimationFrame", func() {
		t.moving = false
		p.flush()
	})
}
