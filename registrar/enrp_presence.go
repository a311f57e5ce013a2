package registrar

import (
	"net/netip"
	"slices"

	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// heartbeat sends a PRESENCE to all peers at every PEER-HEARTBEAT-CYCLE (RFC 5353
// section 3.4.2).
type heartbeat struct{ timer timer }

func (h *heartbeat) due(r *Registrar) {
	r.timers.set(&h.timer, r.now.Add(r.cfg.PeerHeartbeatCycle))
	m := r.presence(0, false)
	if !r.cfg.Dialect.informs() {
		m.Information = wire.ServerInformation{}
	}
	r.tellAll(m)
	r.announcePresence(false)
	r.retrySeeds()
}

// checksum is that of a home, as it is told in this scope.
func (r *Registrar) checksum(home wire.ServerID) wire.Checksum {
	return r.cfg.Dialect.checksum(r.space.Sum(home))
}

// presence is the PRESENCE for a registrar that may not know this one: with its
// endpoint.
func (r *Registrar) presence(to wire.ServerID, replyRequired bool) enrp.Presence {
	return enrp.Presence{
		IDs: r.to(to), ReplyRequired: replyRequired,
		Checksum: r.checksum(r.id), HasChecksum: true, Information: r.information(),
	}
}

func (r *Registrar) information() wire.ServerInformation {
	return wire.ServerInformation{ID: r.id, Transport: r.cfg.ENRP.transport()}
}

func (r *Registrar) presenceReceived(p *peer, a *association, m enrp.Presence) {
	if m.Information.Present() {
		if m.Information.ID != p.id {
			r.discarded(a, DiscardInvalid, "server information of "+m.Information.ID.String()+" in a PRESENCE of "+p.id.String())
			return
		}
		r.learnEndpoint(p, m.Information.Transport)
	}
	if m.ReplyRequired {
		r.sendENRP(a, r.presence(p.id, false))
	}
	r.endProbes(p, AskDone, "PRESENCE received")
	r.approached(a)
	if !m.HasChecksum {
		return
	}
	if p.matched && p.told == m.Checksum && p.compared == r.space.Changes() {
		return // as ever
	}
	if matched := m.Checksum == r.checksum(p.id); !p.hasTold || p.told != m.Checksum || p.matched != matched {
		p.told, p.hasTold, p.matched = m.Checksum, true, matched
		r.showPeer(p)
	}
	p.compared = r.space.Changes()
	r.audit(p)
}

// learnEndpoint takes a peer's word for where its ENRP is. The encapsulation
// port is not part of it: it stays what was seen. Loopback addresses mean something
// only to a registrar that has one itself: elsewhere a call would reach this host.
func (r *Registrar) learnEndpoint(p *peer, t wire.Transport) {
	e := Endpoint{Port: t.Port}
	for _, addr := range t.Addresses {
		if unicast(addr) && (!addr.IsLoopback() || slices.ContainsFunc(r.cfg.ENRP.Addrs, netip.Addr.IsLoopback)) {
			e.Addrs = append(e.Addrs, addr)
		}
	}
	if e.Port == 0 || len(e.Addrs) == 0 {
		return
	}
	e.UDPPort = r.udpPort(p, e)
	if !sameTransport(p.endpoint.transport(), e.transport()) {
		p.endpoint = e
		r.showPeer(p)
	}
	p.endpoint = e
}

// udpPort is the encapsulation port to use for a peer at e, as seen on an
// association, or as configured.
func (r *Registrar) udpPort(p *peer, e Endpoint) uint16 {
	for _, a := range p.links {
		if a.remote.meets(e) {
			return a.remote.UDPPort
		}
	}
	for _, s := range r.seeds {
		if s.endpoint.meets(e) {
			return s.endpoint.UDPPort
		}
	}
	return 0
}
