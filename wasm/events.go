//go:build js && wasm

package main

import "rserpool/ui/view"

// farDown is how far the page Events may be scrolled and still follow.
const farDown = 80

// reading stops following where somebody reads older events, and goes on at the top.
func (p *program) reading() {
	if p.query.Kind != view.Events {
		return
	}
	switch far := window.Get("scrollY").Float() > farDown; {
	case far && p.query.Upto == 0:
		for e := range p.replica.Events() {
			p.query.Upto = e.Number
			break
		}
	case !far:
		p.query.Upto = 0
	}
	p.refresh()
}
