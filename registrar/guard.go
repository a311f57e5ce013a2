package registrar

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"rserpool/registrar/feed"
)

// The guard keeps a registrar from emptying its handlespace because its own network is
// down. RFC 5352 section 3.5 takes an element that does not answer for gone. From where a
// registrar stands that is a host that has died, or the way there; where most elements
// fall silent within seconds, the way is by far the likelier, and with it the own one.
// The harm is not equal either: a dead element that stays listed costs its users one
// failover, and they report it; all elements removed, and the scope told so, cost
// everybody the service.
//
// Evidence is silence of own elements that were heard before: an association that its
// transport found lost, a keep-alive that is overdue, a call that nobody answered or that
// the network did not take. An element is counted as soon as it is in doubt for that, not
// when its time is up, since the count must be there when the first verdict is due. It is
// no evidence where a host answers that it wants no association, nor where a life ends of
// an element that acknowledges: such elements end at once, as without the guard. Nor are
// adopted elements that have not answered here yet: they may have died with their home.
//
// It engages where silent elements are at least as many as Config.GuardElements and as
// GuardShare of the own ones, and on guardHosts hosts or more, by their first ASAP
// address: the death of one host, or of a pair, is no outage of this registrar, however
// many elements were there, and in how many programs. On fewer it engages where no other
// registrar is heard either, and one of them is on another host.
// From then on nobody is removed for silence: the silent are shown as suspect, are
// answered to users, and asked again once an interval; deregistrations, users' reports
// and operators remove as ever, and no peer hears of any of it. (A peer that takes this
// registrar for dead meanwhile takes its elements over, as it should: it reaches them.)
//
// It releases when those silent are less than half of what engages it; when GuardTime is
// over, since an outage that long is one of the elements, or somebody has to look; or as
// the registrar stops. Who is silent then is asked once more, in peace, and removed if
// that is in vain: after the time was over at a bounded rate, and without the guard,
// until those silent are less than that half.
//
// Before, while it may still become an outage, verdicts wait (see patient).

// guardHosts is on how many hosts elements must be silent; tracked is how many are looked
// at, so that counting costs the same however many there are. Where more are silent, and
// all that are tracked are heard again, the guard does not know of three until others fall
// silent: the outage is ending then.
const (
	guardHosts = 3
	tracked    = 16
)

// sound is what was heard of an element, as far as the guard wants to know.
type sound uint8

const (
	// unheard: it is not at home here, or has not been heard since it is.
	unheard sound = iota
	heard
	// silent: it was heard, and is not any more. From silentAt on it is one of those
	// that are counted on the tracked host of that number.
	silent
	silentAt
	// sentenced: GuardTime is over, and it has its turn to be removed. It is added.
	sentenced sound = 1 << 7
)

func (s sound) silent() bool { return s&^sentenced >= silent }

// guard counts own elements by their sound, and holds while it is engaged.
type guard struct {
	heard, silent int // the silent are among the heard
	hosts         [tracked]silentHost
	// soundAt is when any own element was heard last.
	soundAt time.Duration

	engaged bool
	// until is when it releases at the latest, released when it last did.
	until    time.Time
	released time.Duration
	// spent: its time was over, and too many are silent still. turn is when the next of
	// them may be removed.
	spent bool
	turn  time.Time
	timer timer
}

// silentHost is one with silent elements.
type silentHost struct {
	at netip.Addr
	n  int
}

// reckon notes what was heard of an element. Only one that was heard gets silent.
func (r *Registrar) reckon(el *element, to sound) {
	g, was := &r.guard, el.sound
	el.sound &^= sentenced
	if r.cfg.GuardShare == 0 || el.sound == to {
		return
	}
	if was.silent() {
		g.silent--
		if at := el.sound; at >= silentAt {
			g.hosts[at-silentAt].n--
		}
	}
	if was == unheard {
		g.heard++
	}
	el.sound = to
	switch to {
	case unheard:
		g.heard--
	case silent:
		g.silent++
		el.sound = g.count(r.callAddress(el).first().Addr())
	default: // heard
	}
	r.weigh()
}

// count counts one more on a host, where it is tracked.
func (g *guard) count(at netip.Addr) sound {
	free := -1
	for i := range g.hosts {
		switch p := &g.hosts[i]; {
		case p.n == 0 && free < 0:
			free = i
		case p.n > 0 && p.at == at:
			p.n++
			return silentAt + sound(i) //nolint:gosec // below tracked
		}
	}
	if free < 0 {
		return silent
	}
	g.hosts[free] = silentHost{at, 1}
	return silentAt + sound(free) //nolint:gosec // below tracked
}

// scattered: the silent are on so many hosts that it is not for one.
func (g *guard) scattered() bool {
	n := 0
	for i := range g.hosts {
		if g.hosts[i].n > 0 {
			n++
		}
	}
	return n >= guardHosts
}

// peersSilent: no other registrar is heard, and it is not for one host with elements.
func (r *Registrar) peersSilent() bool {
	elsewhere := false
	for _, p := range r.peers {
		switch {
		case p.state == feed.Active:
			return false
		case p.state != feed.Discovered && r.now.Sub(p.heard) < r.cfg.GuardTime && !r.guard.counts(p.endpoint.first().Addr()):
			elsewhere = true
		}
	}
	return elsewhere
}

// counts reports whether elements on that host are silent.
func (g *guard) counts(at netip.Addr) bool {
	return slices.ContainsFunc(g.hosts[:], func(h silentHost) bool { return h.n > 0 && h.at == at })
}

// guardThreshold is how many silent elements engage the guard.
func (r *Registrar) guardThreshold() int {
	return max(r.cfg.GuardElements, (r.guard.heard*r.cfg.GuardShare+99)/100)
}

// weigh engages or releases the guard, as the counts are now.
func (r *Registrar) weigh() {
	g, most := &r.guard, r.guardThreshold()
	switch {
	case r.phase != feed.Serving:
	case 2*g.silent < most:
		g.spent = false
		r.release("they are heard again")
	case g.silent >= most && !g.engaged && !g.spent && (g.scattered() || g.silent > 0 && r.peersSilent()):
		r.engage()
	}
}

func (r *Registrar) engage() {
	g := &r.guard
	g.engaged, g.until = true, r.now.Add(r.cfg.GuardTime)
	r.tally.Guard.Engagements++
	r.timers.set(&g.timer, g.until)
	r.note(Warn, feed.Event{Name: "guard.engaged", Server: r.id, Text: fmt.Sprintf(
		"%d of %s are silent, %d or more are an outage: none is removed for that for %v at most; is the network of this registrar up?",
		g.silent, count(g.heard, "own element"), r.guardThreshold(), r.cfg.GuardTime)})
}

// release lets elements be removed again that do not answer once more.
func (r *Registrar) release(why string) {
	g := &r.guard
	if !g.engaged {
		return
	}
	g.engaged, g.released = false, r.timers.mark(r.now)
	r.timers.stop(&g.timer)
	r.note(Warn, feed.Event{Name: "guard.released", Server: r.id, Text: fmt.Sprintf(
		"%s after %v: %d of %s are silent still, and removed unless they answer now", why,
		r.now.Sub(g.until.Add(-r.cfg.GuardTime)).Round(time.Millisecond), g.silent, count(g.heard, "own element"))})
}

// due: it has held for as long as it may.
func (g *guard) due(r *Registrar) {
	g.spent, g.turn = true, r.now
	r.release("its time is over")
}

// GuardState is how the guard against mass expiry stands.
type GuardState struct {
	// Threshold is how many silent elements engage it, 0 where it is off.
	Threshold int
	// Engaged: it keeps Held elements, which are silent, of Own, for Left at most.
	Engaged   bool
	Held, Own int
	Left      time.Duration
	// Engagements is how often it was since the start.
	Engagements uint64
}

// guardState is that of now.
func (r *Registrar) guardState() GuardState {
	s, g := r.tally.Guard, &r.guard
	if r.cfg.GuardShare > 0 {
		s.Threshold, s.Own, s.Engaged = r.guardThreshold(), g.heard, g.engaged
	}
	if g.engaged {
		s.Held, s.Left = g.silent, g.until.Sub(r.now)
	}
	return s
}
