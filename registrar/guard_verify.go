package registrar

import (
	"fmt"

	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
)

// verifyGuard: its counts are those of the elements, and it holds exactly where they say.
func (r *Registrar) verifyGuard() error {
	g := &r.guard
	var n guard
	for e := range r.space.Table(handlespace.Position{}, 0) {
		el := r.recordIn(e)
		if el == nil {
			continue
		}
		s := el.sound &^ sentenced
		switch {
		case s != unheard && (!el.own || r.cfg.GuardShare == 0):
			return fmt.Errorf("registrar: the guard has counted %v, which is none of its elements", e.Ref())
		case s == unheard && el.own && el.kind == registered && r.cfg.GuardShare > 0:
			return fmt.Errorf("registrar: the guard has not counted %v, which has registered here", e.Ref())
		case el.sound != s && !s.silent():
			return fmt.Errorf("registrar: %v is to be removed, but not silent", e.Ref())
		case s == unheard:
			continue
		case s.silent():
			n.silent++
			if s >= silentAt {
				p := &n.hosts[s-silentAt]
				p.at = r.callAddress(el).first().Addr()
				if p.n++; p.at != g.hosts[s-silentAt].at {
					return fmt.Errorf("registrar: %v is counted at %v, and is at %v", e.Ref(), g.hosts[s-silentAt].at, p.at)
				}
			}
		}
		n.heard++
	}
	if n.heard != g.heard || n.silent != g.silent {
		return fmt.Errorf("registrar: the guard counts %d elements and %d silent ones, there are %d and %d", g.heard, g.silent, n.heard, n.silent)
	}
	for i := range g.hosts {
		if g.hosts[i].n != n.hosts[i].n {
			return fmt.Errorf("registrar: the guard counts %d silent at %v, there are %d", g.hosts[i].n, g.hosts[i].at, n.hosts[i].n)
		}
	}
	most := r.guardThreshold()
	switch {
	case g.engaged != (g.timer.place != 0), g.engaged && (r.phase != feed.Serving || 2*g.silent < most):
		return fmt.Errorf("registrar: the guard is engaged %t, phase %v, %d silent of %d, threshold %d", g.engaged, r.phase, g.silent, g.heard, most)
	case r.phase == feed.Serving && !g.engaged && r.cfg.GuardShare > 0 && g.silent >= most && g.scattered() && !g.spent:
		return fmt.Errorf("registrar: the guard is not engaged, %d silent of %d, threshold %d", g.silent, g.heard, most)
	case r.phase == feed.Serving && g.spent && 2*g.silent < most:
		return fmt.Errorf("registrar: the guard is spent, %d silent of %d, threshold %d", g.silent, g.heard, most)
	}
	return nil
}
