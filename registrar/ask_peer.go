package registrar

import (
	"fmt"
	"time"

	"rserpool/registrar/feed"
)

// maxAsked is how many wishes of operators about one peer wait for their outcome.
const maxAsked = 32

// asked is an operator's wish about a peer that has no outcome yet.
type asked struct {
	request uint64
	since   time.Time
}

// answer gives a wish its outcome.
func (r *Registrar) answer(request uint64, o AskOutcome, after time.Duration, text string) {
	r.effect(Answered{Request: request, Outcome: o, After: after, Text: text})
}

// probePeer asks a peer for a PRESENCE at an operator's wish; its answer, or that
// there is none in the time of one, is the outcome.
func (r *Registrar) probePeer(ev ProbePeer) {
	p := r.peer(ev.Peer)
	switch {
	case p == nil:
		r.answer(ev.Request, AskUnknown, 0, "no such peer is known here")
		return
	case r.phase == feed.Draining:
		r.answer(ev.Request, AskNotNow, 0, "this registrar is stopping")
		return
	case len(p.probes.list) >= maxAsked:
		r.answer(ev.Request, AskNotNow, 0, "others wait for an answer of it already")
		return
	}
	p.probes.list = append(p.probes.list, asked{ev.Request, r.now})
	if p.probes.timer.place == 0 {
		p.probes.peer, p.probes.timer.owner = p, &p.probes
		r.timers.set(&p.probes.timer, r.now.Add(r.cfg.MaxTimeNoResponse))
	}
	r.note(Info, feed.Event{Name: "operator.probe", Server: p.id, Origin: byOperator, Text: "asked whether it lives"})
	r.tellPeer(p, r.presence(p.id, true))
}

// probes are the wishes of operators for a sign of life, until one comes.
type probes struct {
	peer  *peer
	list  []asked
	timer timer
}

// due: there was no answer.
func (b *probes) due(r *Registrar) {
	r.endProbes(b.peer, AskSilent, "no answer in "+r.cfg.MaxTimeNoResponse.String())
}

// endProbes gives all of them their outcome.
func (r *Registrar) endProbes(p *peer, o AskOutcome, text string) {
	if len(p.probes.list) == 0 {
		return
	}
	r.timers.stop(&p.probes.timer)
	list := p.probes.list
	p.probes.list = nil
	for _, a := range list {
		r.answer(a.request, o, r.now.Sub(a.since), text)
	}
}

// resyncPeer asks a peer for its own elements at an operator's wish, whether their
// checksums differ or not.
func (r *Registrar) resyncPeer(ev ResyncPeer) {
	p := r.peer(ev.Peer)
	switch {
	case p == nil:
		r.answer(ev.Request, AskUnknown, 0, "no such peer is known here")
	case r.phase != feed.Serving:
		r.answer(ev.Request, AskNotNow, 0, "this registrar is "+r.phase.String())
	case p.state == feed.Dead, p.state == feed.TakingOver:
		r.answer(ev.Request, AskNotNow, 0, "the peer is "+p.state.String()+": there is nobody to ask")
	case p.download != nil && (!p.download.ownOnly || len(p.download.wishes) >= maxAsked):
		r.answer(ev.Request, AskNotNow, 0, "its table is on its way already")
	default:
		if p.download == nil {
			r.note(Info, feed.Event{Name: "operator.resync", Server: p.id, Origin: byOperator, Text: "asking for its elements"})
			r.beginDownload(p, true)
		}
		p.download.wishes = append(p.download.wishes, asked{ev.Request, r.now})
	}
}

// endResync gives the wishes for a resynchronisation their outcome.
func (r *Registrar) endResync(d *download, o AskOutcome, text string) {
	if d.ownOnly { // else it is a mentor's whole table
		r.tally.Resyncs[o]++
	}
	for _, a := range d.wishes {
		r.answer(a.request, o, r.now.Sub(a.since), text)
	}
	d.wishes = nil
}

// resynced is what a resynchronisation has done, in words.
func (d *download) resynced(gone int) string {
	if d.differ == 0 {
		return count(d.received, "element") + ", the same as here"
	}
	return fmt.Sprintf("%s, %d new here, %d of ours were not there", count(d.received, "element"), d.differ-gone, gone)
}
