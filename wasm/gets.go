//go:build js && wasm

package main

import (
	"syscall/js"

	"rserpool/ui/view"
)

// askGets asks the registrar what a user of the page's pool would get.
func (p *program) askGets() {
	pool := p.query.Pool
	tell := func(status int, body js.Value) {
		var ids []string
		detail := ""
		if body.Truthy() {
			if list := body.Get("elements"); list.Truthy() {
				for i := range list.Length() {
					ids = append(ids, list.Index(i).Get("id").String())
				}
			}
			if v := body.Get("detail"); v.Truthy() {
				detail = v.String()
			}
		}
		p.query.Answer = view.NewAnswer(pool, status, ids, detail)
		p.refresh()
	}
	question := window.Get("JSON").Call("stringify", map[string]any{"pool": view.Key(pool), "items": view.GetsItems})
	answer := window.Call("fetch", p.base+"api/v1/resolve", map[string]any{
		"method": "POST", "credentials": "same-origin", "body": question, "headers": map[string]any{"Content-Type": "application/json"},
	})
	then(answer, func(response js.Value) {
		status := response.Get("status").Int()
		then(response.Call("json"), func(body js.Value) { tell(status, body) }, func() { tell(status, js.Null()) })
	}, func() { tell(0, js.Null()) })
}
