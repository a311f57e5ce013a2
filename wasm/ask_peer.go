//go:build js && wasm

package main

import (
	"syscall/js"
	"time"

	"rserpool/ui/view"
)

// askPeer lets the registrar probe or resynchronise the peer of the button's row,
// and says what came of it.
func (p *program) askPeer(action string, button js.Value) {
	row := button.Call("closest", "[data-key]")
	if !row.Truthy() || p.query.Kind != view.Peers {
		return
	}
	id := row.Get("dataset").Get("key").String()
	p.wish(action, id, "peers/"+id+"/"+action)
}

// probeElement lets the registrar ask the open element whether it lives.
func (p *program) probeElement() {
	ref := p.query.Chosen
	p.wish("probe", ref.ID.String(), "pools/"+view.Key(ref.Handle)+"/elements/"+ref.ID.String()+"/probe")
}

// wish posts what an operator wants of a registrar or an element, and says what came
// of it while the same one is shown.
func (p *program) wish(action, id, address string) {
	kind, chosen := p.query.Kind, p.query.Chosen
	p.query.Said = view.PeerAsked(action, id)
	p.fetch("POST", "api/v1/"+address, "", func(status int, body js.Value) {
		text := member(body, "detail")
		if text == "" {
			text = member(body, "text")
		}
		after := 0.0
		if body.Truthy() && body.Get("after_ms").Truthy() {
			after = body.Get("after_ms").Float()
		}
		said := view.PeerOutcome(action, id, status, text, after)
		if kind == view.Peers && action == "probe" {
			p.kept.Probed(id, member(body, "outcome"), after, p.link.Clock(time.Now()))
		}
		if p.query.Kind == kind && p.query.Chosen == chosen {
			p.query.Said = said
		}
		p.refresh()
	})
	p.refresh()
}
