//go:build js && wasm

package main

import (
	"strconv"
	"syscall/js"

	"rserpool/ui/view"
)

// replay is a playhead that moves by itself; runs counts the times it began, so
// that a timer of an earlier one is not heard.
type replay struct{ runs int }

// playOrPause answers the button.
func (p *program) playOrPause() {
	if p.query.Kind != view.Takeover {
		return
	}
	p.replay.runs++
	p.query.Playing = !p.query.Playing
	if p.query.Playing {
		if _, _, more := view.Replay(p.replica, p.query); !more || p.query.Step == 0 {
			p.query.Step = 1
		}
		p.playOn()
	}
	p.flush()
}

// setSpeed answers the buttons of the speed; a rest under way is not shortened.
func (p *program) setSpeed(text string) {
	if speed, err := strconv.Atoi(text); err == nil {
		p.query.Speed = speed
		p.flush()
	}
}

// playOn moves the playhead when its rest is over.
func (p *program) playOn() {
	next, wait, more := view.Replay(p.replica, p.query)
	if !more {
		p.query.Playing = false
		return
	}
	run := p.replay.runs
	later(wait, func() {
		if run != p.replay.runs || !p.query.Playing {
			return
		}
		p.seek(next)
		p.playOn()
		p.flush()
	})
}

// seek puts the playhead at a step, without a new entry in the history.
func (p *program) seek(step int) {
	p.query.Step = step
	window.Get("history").Call("replaceState", nil, "", p.address())
}

// sought answers the slider; true where it was that.
func (p *program) sought(input js.Value) bool {
	if !input.Call("hasAttribute", "data-seek").Bool() {
		return false
	}
	step, err := strconv.Atoi(input.Get("value").String())
	if err == nil && p.query.Kind == view.Takeover {
		p.query.Playing = false
		p.seek(step)
		p.flush()
	}
	return true
}

// stepKey answers the keyboard: space plays, brackets step. Where the focus is on
// something that has a use for the key, it keeps it.
func (p *program) stepKey(event js.Value) {
	if p.query.Kind != view.Takeover || event.Get("target").Call("closest", "input,textarea,button,a,dialog").Truthy() {
		return
	}
	for _, key := range []string{"ctrlKey", "metaKey", "altKey", "defaultPrevented"} {
		if event.Get(key).Bool() {
			return
		}
	}
	link := ""
	switch event.Get("key").String() {
	case " ":
		p.playOrPause()
	case "[":
		link = "play.previous"
	case "]":
		link = "play.next"
	default:
		return
	}
	event.Call("preventDefault")
	if link != "" {
		document.Call("querySelector", `#page-takeover .replay a[data-a="href=`+link+`"]`).Call("click")
	}
}
