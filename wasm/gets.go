//go:build js && wasm

package main

import (
	"syscall/js"

	"rserpool/ui/view"
)

// askGets asks the registrar what a user of the page's pool would get.
func (p *program) askGets() {
	pool := p.query.Pool
	question := stringify(map[string]any{"pool": view.Key(pool), "items": view.GetsItems})
	p.fetch("POST", "api/v1/resolve", question, func(status int, body js.Value) {
		var ids []string
		if body.Truthy() && body.Get("elements").Truthy() {
			list := body.Get("elements")
			for i := range list.Length() {
				ids = append(ids, list.Index(i).Get("id").String())
			}
		}
		p.query.Answer = view.NewAnswer(pool, status, ids, member(body, "detail"))
		p.refresh()
	})
}
