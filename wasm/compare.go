//go:build js && wasm

package main

import (
	"syscall/js"
	"time"

	"rserpool/ui/view"
)

// compare compares the digest of this page's handlespace with the registrar's.
func (p *program) compare() {
	if p.kept.Digests.Begin() {
		p.askDigest()
	}
	p.refresh()
}

func (p *program) askDigest() {
	p.fetch("GET", "api/v1/status", "", func(status int, body js.Value) {
		sequence := 0
		if body.Truthy() {
			sequence = body.Get("seq").Int()
		}
		p.kept.Digests.Told(status, member(body, "digest"), uint64(sequence)) //nolint:gosec // counts from 0
		p.compareOn()
	})
}

// compareOn goes on with a comparison, if one waits for the feed.
func (p *program) compareOn() {
	if !p.kept.Digests.Waits() {
		return
	}
	switch p.kept.Digests.Next(p.replica, p.link.Clock(time.Now())) {
	case view.CompareStatus:
		p.askDigest()
	case view.ComparePools:
		p.fetch("GET", "api/v1/handlespace", "", p.comparePools)
	}
	p.refresh()
}

// comparePools finds the pools that differ.
func (p *program) comparePools(_ int, export js.Value) {
	d := &p.kept.Digests
	told := export.Truthy() && export.Get("pools").Truthy()
	if told {
		pools := export.Get("pools")
		for i := range pools.Length() {
			elements := pools.Index(i).Get("elements")
			for j := range elements.Length() {
				for _, name := range view.LocalFields {
					elements.Index(j).Delete(name)
				}
			}
			d.Pool(p.replica, member(pools.Index(i), "handle_b64"), stringify(elements))
		}
	}
	d.End(p.replica, told)
	p.refresh()
}
