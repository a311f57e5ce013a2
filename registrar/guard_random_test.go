package registrar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// However elements fall silent, die, move and come back: what the guard has counted is
// what there is (Verify, after each step), and while it is engaged nobody goes for silence
// who has not been replaced.
func TestGuardRandom(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := newFleet(t, 12, func(c *registrar.Config) {
			c.GuardTime = time.Minute
			c.GuardElements = rapid.IntRange(1, 12).Draw(rt, "elements")
			c.GuardShare = rapid.IntRange(1, 100).Draw(rt, "share")
		})
		one := func(t *rapid.T) wire.PEIdentifier { return wire.PEIdentifier(rapid.IntRange(1, 12).Draw(t, "element")) } //nolint:gosec // few
		judged := 0
		rt.Repeat(map[string]func(*rapid.T){
			"time": func(t *rapid.T) {
				f.run(time.Duration(rapid.IntRange(1, 12_000).Draw(t, "milliseconds")) * time.Millisecond)
			},
			"cut":    func(*rapid.T) { f.cut = !f.cut },
			"deafen": func(t *rapid.T) { id := one(t); f.deaf[id] = !f.deaf[id] },
			"lose": func(t *rapid.T) {
				f.step(registrar.AssociationDown{Association: f.to[one(t)], Reason: "lost", Lost: rapid.Bool().Draw(t, "silent")})
			},
			"register": func(t *rapid.T) { f.join(one(t)) },
			"leave": func(t *rapid.T) {
				id := one(t)
				f.asap(f.element(hostOf(id)), asap.Deregistration{Handle: "echo", ID: id})
			},
			"claim": func(t *rapid.T) {
				id := one(t)
				f.enrp(f.peer, add(0x60, "echo", pe(id, hostOf(id), life(wire.InfiniteLife))))
			},
			"stand still": func(*rapid.T) { f.standstill(time.Minute) },
			"": func(t *rapid.T) {
				f.answerAll()
				removed := f.gone("unreachable")
				if f.r.Tally().Guard.Engaged && len(removed) > judged {
					last := f.noted("element.removed")
					engaged := f.noted("guard.engaged")
					if e := engaged[len(engaged)-1]; last[len(last)-1].At > e.At {
						t.Fatalf("%v is removed while the guard is engaged", removed[len(removed)-1])
					}
				}
				judged = len(removed)
			},
		})
	})
}
