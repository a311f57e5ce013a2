package registrar

import (
	"errors"
	"slices"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// listRequest answers with all registrars known, itself first and the asker left
// out (RFC 5353 section 3.2.2.2).
func (r *Registrar) listRequest(p *peer, a *association) {
	early := r.phase == feed.Starting && r.cfg.Dialect.listsEarly()
	if r.phase != feed.Serving && !early {
		r.sendENRP(a, enrp.ListResponse{IDs: r.to(p.id), Reject: true})
		return
	}
	m := enrp.ListResponse{IDs: r.to(p.id), Servers: []wire.ServerInformation{r.information()}}
	for _, q := range r.peers {
		if q != p && q.state != feed.Dead && len(q.endpoint.Addrs) > 0 {
			m.Servers = append(m.Servers, wire.ServerInformation{ID: q.id, Transport: q.endpoint.transport()})
		}
	}
	data, err := enrp.Append(nil, m)
	for errors.Is(err, wire.ErrTooLong) { // the rest is found through those listed
		m.Servers = m.Servers[:len(m.Servers)*3/4]
		data, err = enrp.Append(nil, m)
	}
	if err == nil {
		r.send(a, data)
	}
}

// listResponse makes the registrars listed known. An answer that nobody waits for
// does no more than that.
func (r *Registrar) listResponse(p *peer, a *association, m enrp.ListResponse) {
	if !m.Reject {
		for _, s := range m.Servers {
			r.learn(s)
		}
	}
	r.mentorListed(p, a, m.Reject)
}

// relist asks the mentor once more for its list, or all configured peers where there
// was none, when all who started together have had the time to greet theirs: they
// were on no list before, and nobody else would ever name them.
type relist struct {
	mentor wire.ServerID
	timer  timer
}

func (l *relist) due(r *Registrar) {
	if p := r.peer(l.mentor); p != nil && len(p.links) > 0 {
		r.sendENRP(p.links[0], enrp.ListRequest{IDs: r.to(p.id)})
		return
	}
	for _, p := range r.peers {
		configured := slices.ContainsFunc(r.seeds, func(s *seed) bool { return p.at(s) })
		if configured && p.state == feed.Active && len(p.links) > 0 {
			r.sendENRP(p.links[0], enrp.ListRequest{IDs: r.to(p.id)})
		}
	}
}

// learn makes a registrar known by hearsay and greets it.
func (r *Registrar) learn(s wire.ServerInformation) {
	if s.ID == 0 || s.ID == r.id {
		return
	}
	p := r.peer(s.ID)
	if p == nil {
		if p = r.addPeer(s.ID, feed.Discovered, Endpoint{}); p == nil {
			return
		}
	}
	if p.state != feed.Discovered || len(p.endpoint.Addrs) > 0 {
		return // what it says of itself is better
	}
	r.learnEndpoint(p, s.Transport)
	if len(p.endpoint.Addrs) > 0 {
		r.reach(p)
	}
}
