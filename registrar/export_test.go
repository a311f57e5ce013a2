package registrar

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"rserpool/registrar/handlespace"
)

// Dump writes down all that a registrar holds of others, for tests in which
// nothing of that may change.
func (r *Registrar) Dump() string {
	var b strings.Builder
	fmt.Fprintf(&b, "phase %v, %d inbound, %d strangers, dials %v, checksum %v\n",
		r.phase, r.inbound, r.strangers, slices.Sorted(maps.Keys(r.dials)), r.checksum(r.id))
	for e := range r.space.Table(handlespace.Position{}, 0) {
		fmt.Fprintf(&b, "%s %+v until %v, %d reports\n", e.Handle(), e.PoolElement(), e.Expires(), e.Reports())
	}
	for e := range r.space.Table(handlespace.Position{}, 0) {
		el := r.recordIn(e)
		if el == nil {
			continue
		}
		fmt.Fprintf(&b, "record of %v: own %t, owner %q, kind %v, open %t, asked %v, suspect %t, contended %t, via %v, timer %v\n",
			e.Ref(), el.own, r.owner(el), el.kind, el.open, el.asked, el.suspect, r.contender(el) != nil, el.via != 0, el.clock.place > 0)
	}
	for _, p := range r.peers {
		fmt.Fprintf(&b, "peer %v: %v at %v, told %v, heard %v, %d links, %d waiting, dialling %t\n",
			p.id, p.state, p.endpoint, p.told, p.heard, len(p.links), len(p.queue), p.dial != nil)
	}
	for _, s := range r.seeds {
		fmt.Fprintf(&b, "seed at %v: up %t, dialling %t, stranger %t\n", s.endpoint, s.association != nil, s.dial != nil, s.stranger)
	}
	fmt.Fprintf(&b, "%d remotes, %d relics, %d watches, %d downloads, %d timers\n",
		len(r.remotes), len(r.relics), len(r.watches), r.downloads, len(r.timers.heap))
	return b.String()
}
