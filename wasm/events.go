//go:build js && wasm

package main

import "rserpool/ui/view"

// farDown is how far the page Events may be scrolled and still follow.
const farDown = 80

// reading stops following where somebody reads older events, and goes on at the top.
func (p *program) reading() {
	if p.query.Kind != view.Events || p.stopped {
		return
	}
	switch far := window.Get("scrollY").Float() > farDown; {
	case far && p.query.Upto == 0:
		p.standStill()
	case !far:
		p.query.Upto = 0
	}
	p.refresh()
}

// standStill keeps newer events than those that are here off the list.
func (p *program) standStill() {
	for e := range p.replica.Events() {
		p.query.Upto = e.Number
		return
	}
}

// newest goes to the newest events, and follows.
func (p *program) newest() {
	p.query.Upto, p.stopped = 0, false
	window.Call("scrollTo", 0, 0)
	p.refresh()
}

// follows lets new events enter at the top, or no more.
func (p *program) follows() {
	if p.query.Upto != 0 {
		p.newest()
		return
	}
	p.standStill()
	p.stopped = p.query.Upto != 0
	p.refresh()
}
