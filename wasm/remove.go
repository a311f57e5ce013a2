//go:build js && wasm

package main

import (
	"strings"
	"syscall/js"
	"time"

	"rserpool/registrar/wire"
	"rserpool/ui/view"
)

// toastAfter is how long an outcome stays when nothing more is to come.
const toastAfter = 10 * time.Second

// asking is the dialog that is open, if it is.
type asking struct {
	handle  wire.PoolHandle
	id      wire.PEIdentifier
	busy    bool
	refused string
}

// removal is a deregistration that the page tells of.
type removal struct {
	view.Removal
	said string
	over time.Time
}

func dialog() js.Value { return byID("ask") }

func (p *program) openAsk(element string) {
	ref, ok := p.query.ParseRef(element)
	if !ok {
		return
	}
	p.ask = asking{handle: ref.Handle, id: ref.ID}
	dialog().Call("querySelector", "form").Call("reset")
	p.showAsk(p.link.Clock(time.Now()))
	dialog().Call("showModal")
	dialog().Call("querySelector", "[data-act=cancel]").Call("focus")
}

// form reads what the operator has put into the dialog.
func form() view.Form {
	f := view.Form{Reason: byID("ask-reason").Get("value").String(), Typed: byID("ask-typed").Get("value").String()}
	if byID("ask-hold").Get("checked").Bool() {
		f.Hold = byID("ask-time").Get("value").String()
	}
	return f
}

// showAsk keeps the open dialog up to date.
func (p *program) showAsk(now time.Time) {
	if p.ask.id == 0 {
		return
	}
	d := view.Ask(p.replica, p.ask.handle, p.ask.id, now, p.link.Connection(time.Now()), form(), p.writer, p.query.Base, p.ask.refused)
	d.Busy = p.ask.busy
	d.Slots(p.page.set)
}

// deregister asks the registrar to remove the element.
func (p *program) deregister() {
	if p.ask.id == 0 || p.ask.busy {
		return
	}
	p.ask.busy, p.ask.refused = true, ""
	asked := p.ask
	p.remove(view.Delete(asked.handle, asked.id, form(), p.replica.Protected(asked.handle)), func(status int, body js.Value) {
		p.answered(asked, status, body)
	})
}

// remove asks for what is at an address, below the dashboard's root, to be deleted;
// status is 0 where no answer came.
func (p *program) remove(address string, answered func(status int, body js.Value)) {
	p.fetch("DELETE", address, "", func(status int, body js.Value) {
		answered(status, body)
		p.refresh()
	})
	p.refresh()
}

// answered shows what the registrar said.
func (p *program) answered(asked asking, status int, body js.Value) {
	if status != 200 {
		if status == 401 {
			p.writer = false
		}
		if p.ask.id == asked.id && p.ask.handle == asked.handle {
			p.ask.busy, p.ask.refused = false, view.Refusal(status, asked.id, member(body, "home_registrar"))
		}
		return
	}
	p.ask = asking{}
	dialog().Call("close")
	// Where the row went before the answer came, the focus is nowhere, or for the
	// moment still in the dialog.
	if at := document.Get("activeElement"); at.Equal(document.Get("body")) || dialog().Call("contains", at).Bool() {
		keepFocus(p.list("elements").element)
	}
	p.removal = &removal{Removal: view.Removal{Handle: asked.handle, ID: asked.id, At: p.link.Clock(time.Now())}}
	if body.Truthy() {
		p.removal.Told, p.removal.Peers = body.Get("propagated_to").Int(), body.Get("peers").Int()
		if hold := body.Get("hold"); hold.Truthy() {
			p.removal.Hold, _ = wire.ParseID(member(hold, "id"))
		}
	}
}

// endHold asks for the end of a hold, named as its row is.
func (p *program) endHold(key string) {
	id, _, _ := strings.Cut(key, "@")
	p.remove("api/v1/holds/"+id, func(status int, body js.Value) {
		text := ""
		if status != 200 {
			text = view.EndRefusal(status, member(body, "made_at"))
		}
		at := byID("holds-said")
		at.Set("textContent", text)
		at.Set("hidden", text == "")
		if text == "" {
			say("Hold ended")
		} else if p.query.Kind != view.Holds {
			say(text)
		}
	})
}

// undo ends the hold that the toast tells of.
func (p *program) undo() {
	if p.removal != nil && p.removal.Hold != 0 {
		p.endHold(wire.PEIdentifier(p.removal.Hold).String())
	}
}

// showRemoval keeps the toast up to date, and takes it away in time.
func (p *program) showRemoval(now time.Time) {
	m := p.removal
	if m == nil {
		return
	}
	m.Observe(p.replica, now)
	t := m.Toast(now)
	t.Slots(p.page.set)
	byID("toast").Set("hidden", false)
	if text := t.Summary(); text != m.said {
		m.said = text
		say(text)
	}
	if !m.Over(now) {
		return
	}
	if m.over.IsZero() {
		m.over = time.Now()
	}
	if time.Since(m.over) > toastAfter {
		p.dismiss()
	}
}

func (p *program) dismiss() {
	p.removal = nil
	byID("toast").Set("hidden", true)
}
