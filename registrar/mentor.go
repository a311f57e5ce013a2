package registrar

import (
	"fmt"
	"strings"
	"time"

	"rserpool/registrar/enrp"
)

// mentorHunt is the start-up of a registrar that has configured peers or a
// multicast group (RFC 5353 sections 3.2.2 and 3.2.3): ask one for the list of
// registrars, then for the handle table; go on to the next where one fails, and
// start alone after all have failed often enough, and nobody was heard on the
// group.
type mentorHunt struct {
	step  huntStep
	at    int // the candidate, an index of seeds
	round int
	// lives: a candidate of this round was reached, so another round may help.
	lives bool
	peer  *peer // the mentor, once it has answered
	timer timer
	hearsay
	// until is how long to wait for somebody on the group.
	until time.Time
}

// huntStep is what the start-up waits for.
type huntStep uint8

const (
	huntAssociation huntStep = iota
	huntList
	huntTable
	huntPause
	// huntGroup: there is nobody to ask who was not asked in vain; the group may
	// tell of another.
	huntGroup
)

// rests reports whether nobody is being asked.
func (h *mentorHunt) rests() bool { return h.step == huntPause || h.step == huntGroup }

func (r *Registrar) beginMentor() {
	r.mentor = &mentorHunt{}
	r.mentor.timer.owner = r.mentor
	if r.cfg.AnnounceENRP {
		r.mentor.until = r.now.Add(r.cfg.MentorDiscovery)
	}
	r.beginRound()
}

// beginRound calls all candidates, so that backups are there when needed, and
// asks the first.
func (r *Registrar) beginRound() {
	h := r.mentor
	h.round++
	h.at, h.lives = 0, false
	for _, s := range r.seeds {
		r.trySeed(s)
	}
	if r.mentor == h && h.step != huntList { // it may have been up
		r.askMentor()
	}
}

// askMentor asks the candidate, or the next one that there is hope for.
func (r *Registrar) askMentor() {
	h := r.mentor
	for ; h.at < len(r.seeds); h.at++ {
		s := r.seeds[h.at]
		r.timers.set(&h.timer, r.now.Add(r.cfg.MaxTimeNoResponse))
		if s.association != nil {
			r.requestList(s.association)
			return
		}
		if s.dial != nil || s.awaited {
			h.step = huntAssociation
			return
		}
	}
	r.endRound()
}

func (r *Registrar) requestList(a *association) {
	r.mentor.step, r.mentor.lives = huntList, true
	r.sendENRP(a, enrp.ListRequest{IDs: r.to(0)})
}

func (r *Registrar) endRound() {
	h := r.mentor
	if h.lives && h.round < r.cfg.MentorRounds {
		h.step = huntPause
		r.timers.set(&h.timer, r.now.Add(r.cfg.RetryWait))
		return
	}
	if r.now.Before(h.until) {
		h.step = huntGroup
		r.timers.set(&h.timer, h.until)
		return
	}
	r.alone()
}

// alone ends the start-up without a mentor.
func (r *Registrar) alone() {
	r.timers.stop(&r.mentor.timer)
	var names []string
	for _, s := range r.seeds {
		if !s.stranger {
			names = append(names, s.endpoint.String())
		}
	}
	switch {
	case len(names) > 0:
		r.notePeer(Warn, "registrar.alone", r.id, fmt.Sprintf("no mentor among %s: starting with an empty handlespace; tried again every %v",
			strings.Join(names, ", "), r.cfg.PeerHeartbeatCycle))
	case r.cfg.AnnounceENRP:
		r.notePeer(Info, "registrar.alone", r.id, "no mentor on the multicast group: starting with an empty handlespace")
	default:
		r.notePeer(Info, "registrar.alone", r.id, "no peer is configured any more: starting with an empty handlespace")
	}
	r.serve()
}

// due: the candidate did not answer, or the pause is over.
func (h *mentorHunt) due(r *Registrar) {
	switch h.step {
	case huntPause:
		h.step = huntAssociation
		r.beginRound()
	case huntGroup:
		r.alone()
	case huntAssociation, huntList:
		r.mentorFailed("no answer in "+r.cfg.MaxTimeNoResponse.String(), h.step == huntList)
	case huntTable: // the download has a timer of its own
	}
}

// mentorFailed gives the candidate up. It may live nonetheless.
func (r *Registrar) mentorFailed(why string, lives bool) {
	h := r.mentor
	if h == nil || h.rests() {
		return
	}
	r.notePeer(Info, "mentor.failed", 0, fmt.Sprintf("%v: %s", r.seeds[h.at].endpoint, why))
	if p := h.peer; p != nil {
		h.peer = nil
		p.mentor = false
		r.closeDownload(p)
		r.showPeer(p)
		r.doubtAll(&h.hearsay)
	}
	h.lives = h.lives || lives
	h.at++
	h.step = huntAssociation
	r.askMentor()
}

// mentorUp: a configured peer is reached; is it the one to ask?
func (r *Registrar) mentorUp(s *seed) {
	h := r.mentor
	if h != nil && h.step == huntAssociation && h.at < len(r.seeds) && r.seeds[h.at] == s {
		r.timers.set(&h.timer, r.now.Add(r.cfg.MaxTimeNoResponse))
		r.requestList(s.association)
	}
}

// mentorDown: a configured peer is not reached, or not any more.
func (r *Registrar) mentorDown(s *seed) {
	h := r.mentor
	if h != nil && !h.rests() && h.at < len(r.seeds) && r.seeds[h.at] == s {
		r.mentorFailed("no association", false)
	}
}

// mentorListed: the list is here, now the table.
func (r *Registrar) mentorListed(p *peer, a *association, rejected bool) {
	h := r.mentor
	if h == nil || h.step != huntList || r.seeds[h.at].association != a {
		return
	}
	if rejected {
		r.mentorFailed("not ready to be a mentor", true)
		return
	}
	r.timers.stop(&h.timer)
	h.step, h.peer = huntTable, p
	p.mentor = true
	r.showPeer(p)
	r.beginDownload(p, false)
}

// mentorLoaded: the table is complete.
func (r *Registrar) mentorLoaded(p *peer) {
	if r.mentor == nil || r.mentor.peer != p {
		return
	}
	p.mentor = false
	r.showPeer(p)
	r.dropDoubtful(&r.mentor.hearsay)
	r.relist.mentor = p.id
	r.notePeer(Info, "mentor.completed", p.id, count(r.space.Len(), "element")+" downloaded")
	r.serve()
}
