package registrar

import (
	"fmt"
	"time"

	"rserpool/registrar/feed"
)

// standsStill is how late a deadline is that nobody could keep, because the process was
// stopped or its machine paused. A busy driver is not that late.
const standsStill = time.Second

// resume finds out that nothing ran here for a while, before anything that came due in it
// is acted on. Silence in that time proves nothing: what others have said waits in
// sockets, or is lost because nobody was there to take it. So all who owe a word get the
// time of one answer from now on: keep-alives that are open, registrations that end, and
// what other registrars are waited for. Who stands still again and again is lenient again
// and again: it hears too little to say that somebody is gone.
func (r *Registrar) resume() {
	if r.ended {
		return
	}
	at, ok := r.Deadline()
	late := r.now.Sub(at)
	if !ok || late < standsStill {
		return
	}
	r.tally.Standstills++
	lives := r.grantLives(late)
	keepAlives, answers := r.grantAnswers(late)
	r.note(Warn, feed.Event{Name: "registrar.stood_still", Server: r.id, Text: fmt.Sprintf(
		"nothing ran here for %v or more; time is given once more for %s, %s and %s of other registrars",
		late.Round(time.Millisecond), count(keepAlives, "keep-alive"), count(lives, "registration"), count(answers, "answer"))})
}

// grantAnswers puts off what would be taken for silence: for open keep-alives and for
// other registrars. Keep-alives that were to be sent meanwhile are not all sent at once.
func (r *Registrar) grantAnswers(late time.Duration) (keepAlives, answers int) {
	now := r.timers.mark(r.now)
	keepAlive, answer := max(r.cfg.KeepAliveTimeout, standsStill), max(r.cfg.MaxTimeNoResponse, standsStill)
	spread := min(late, max(r.cfg.KeepAliveInterval, r.cfg.KeepAliveTimeout))
	for _, t := range r.timers.heap { // what is put off stays in its place
		c := r.timers.clock(t.whose)
		var grace time.Duration
		if t.whose&ofFew != 0 {
			x := *r.timers.few.At(uint32(t.whose &^ ofFew))
			if c.at >= now+answer || !r.isWait(x.owner, late) {
				continue
			}
			grace = answer
			answers++
		} else {
			switch el := r.timers.elements.At(uint32(t.whose)); {
			case el.open && c.at < now+keepAlive:
				el.asked, grace = now, keepAlive // asked anew, as it were
				keepAlives++
			case !el.open && c.at <= now:
				grace = r.between(0, spread)
			default:
				continue
			}
		}
		r.timers.wind(c, t.whose, r.now.Add(grace))
	}
	return keepAlives, answers
}

// isWait reports whether a timer ends the waiting for another registrar.
func (r *Registrar) isWait(o owner, late time.Duration) bool {
	switch o := o.(type) {
	case *peer, *probes, *download, *upload, *seed:
		return true
	case *mentorHunt:
		if o.until.After(r.now.Add(-late)) { // the group was not listened to
			o.until = r.now.Add(max(r.cfg.MaxTimeNoResponse, standsStill))
		}
		return true
	}
	return false
}

// grantLives prolongs the registrations that have ended, or would before an answer. The
// time in which nobody could register here again does not count, but no life is longer
// than a new one.
func (r *Registrar) grantLives(late time.Duration) int {
	grace := r.now.Add(max(late, r.cfg.KeepAliveTimeout, standsStill))
	if at, ok := r.space.NextExpiry(); !ok || !at.Before(grace) {
		return 0
	}
	refs := r.space.Expired(grace.Add(-1))
	for _, ref := range refs {
		e, _ := r.space.Find(ref.Handle, ref.ID)
		until := grace
		if all := r.expiry(e.Life()); !all.IsZero() && all.Before(until) {
			until = all
		}
		if until.After(e.Expires()) {
			r.space.Prolong(e, until)
			r.healthChanged(e)
		}
	}
	return len(refs)
}
