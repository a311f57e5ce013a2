//go:build js && wasm

package main

import "syscall/js"

// fetch asks for what is at an address below the dashboard's root, with JSON where
// there is some to send. The answer's body is null where it is no JSON, and status 0
// where no answer came.
func (p *program) fetch(method, address, question string, answered func(status int, body js.Value)) {
	how := map[string]any{"method": method, "cache": "no-store"}
	if question != "" {
		how["body"], how["headers"] = question, map[string]any{"Content-Type": "application/json"}
	}
	then(window.Call("fetch", p.base+address, how), func(response js.Value) {
		status := response.Get("status").Int()
		then(response.Call("json"), func(body js.Value) { answered(status, body) }, func() { answered(status, js.Null()) })
	}, func() { answered(0, js.Null()) })
}

// stringify gives a value as JSON.
func stringify(v any) string { return window.Get("JSON").Call("stringify", v).String() }

// member is a text in an answer, empty where there is none.
func member(body js.Value, name string) string {
	if body.Truthy() && body.Get(name).Truthy() {
		return body.Get(name).String()
	}
	return ""
}

// then calls one of the functions when the promise is settled.
func then(promise js.Value, done func(js.Value), failed func()) {
	var ok, bad js.Func
	release := func() { ok.Release(); bad.Release() }
	ok = js.FuncOf(func(_ js.Value, args []js.Value) any {
		release()
		done(args[0])
		return nil
	})
	bad = js.FuncOf(func(js.Value, []js.Value) any {
		release()
		failed()
		return nil
	})
	promise.Call("then", ok, bad)
}
