package endpoint

import "time"

const (
	// maxRefusals is how often a resolution is put off; after that it is refused. The
	// pauses come to 7 s in the mean.
	maxRefusals = 4
	// firstPause is the mean of the first pause, doubled each time.
	firstPause = 500 * time.Millisecond
)

// bearWith takes a refusal for want of resources: the server has too much to do, or has
// just begun. What was known before serves a while longer, so that nobody asks again at
// once, and who has nothing asks a little later. It reports false where that was tried
// often enough.
func (e *Endpoint) bearWith(r *request, c *cached) bool {
	pause := firstPause << min(r.refusals, maxRefusals)
	pause = pause/2 + time.Duration(e.cfg.Rand.Int64N(int64(pause)))
	switch {
	case c != nil && c.choice.Left() > 0 && covers(c.items, r.items) && !c.watch.on && !r.fresh:
		c.fresh = true
		e.timers.start(&c.stale, e.now.Add(pause))
		e.answer(r, Resolved{Policy: c.policy, Elements: c.elements})
	case r.refusals < maxRefusals:
		r.refusals++
		r.sent, r.putOff = 0, true
		e.timers.start(&r.t1, e.now.Add(pause))
	default:
		return false
	}
	return true
}
