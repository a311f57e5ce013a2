//go:build js && wasm

package main

import (
	"syscall/js"
	"time"

	"rserpool/registrar/whatif"
	"rserpool/ui/view"
)

// runSlice is how many selections are made between two looks at the user: a few
// milliseconds of work.
const runSlice = 5000

// tryout is a run under way on the page What-if.
type tryout struct {
	run   *whatif.Run
	left  int
	began time.Time
	query view.Query // what it is for
}

// scenario takes what the form of the page says now.
func (p *program) scenario(form js.Value) {
	data := window.Get("FormData").New(form)
	text := window.Get("URLSearchParams").New(data).Call("toString").String()
	q, ok := view.Route(view.WhatIf.String(), text)
	if !ok {
		return
	}
	before := p.query
	p.query = q
	p.carry(before)
	window.Get("history").Call("replaceState", nil, "", p.address())
	p.refresh()
}

// tryOut begins the run that the page wants, unless that is under way.
func (p *program) tryOut() {
	if t := p.tryout; t != nil && same(t.query, p.query) {
		return
	}
	p.tryout = nil
	run, n := view.Due(p.replica, p.query)
	if run == nil {
		return
	}
	t := &tryout{run: run, left: n, began: time.Now(), query: p.query}
	p.tryout = t
	later(0, func() { p.goOn(t) })
}

func same(a, b view.Query) bool {
	return a.Kind == b.Kind && a.Pool == b.Pool && a.Scenario == b.Scenario
}

// goOn makes some selections, and shows the outcome after the last.
func (p *program) goOn(t *tryout) {
	if p.tryout != t || !same(t.query, p.query) {
		return
	}
	n := min(t.left, runSlice)
	t.run.Select(n)
	if t.left -= n; t.left > 0 {
		later(0, func() { p.goOn(t) })
		return
	}
	p.query.Tried = view.Ended(p.replica, p.query, t.run, time.Since(t.began))
	p.tryout = nil
	p.refresh()
}
