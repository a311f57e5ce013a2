package registrar

import (
	"net/netip"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// announcer sends ASAP_SERVER_ANNOUNCE (RFC 5352 section 3.6).
type announcer struct{ timer timer }

// due sends one announce. The more registrars there are, the less often each
// announces itself; those that ENRP knows are counted, so the announces of others
// need not be heard for that (ASAP-3.6-03 allows it). Where one may use any UDP
// port to send it from: its transports tell the place.
func (a *announcer) due(r *Registrar) {
	data, err := asap.Append(nil, asap.ServerAnnounce{Server: r.id, Transports: r.places()})
	if err != nil {
		r.notePeer(Warn, "announce.failed", r.id, err.Error())
		return
	}
	r.tally.message(ASAP, Out, data)
	r.effect(Announce{Protocol: ASAP, Data: data})
	others := 0
	for _, p := range r.peers {
		if p.state == feed.Active {
			others++
		}
	}
	r.timers.set(&a.timer, r.now.Add(r.cfg.ServerAnnounce*(1+time.Duration(others))))
}

// places are the transports of ASAP here: SCTP, and TCP where that is on and the
// dialect has it, of which a parameter has one address (RFC 5354 section 3.5).
func (r *Registrar) places() []wire.Transport {
	list := []wire.Transport{r.cfg.ASAP.transport()}
	if !r.cfg.Dialect.announcesStream() {
		return list
	}
	for _, addr := range r.cfg.ASAPStream.Addrs {
		list = append(list, wire.Transport{
			Type: wire.TypeTCPTransport, Port: r.cfg.ASAPStream.Port, Addresses: []netip.Addr{addr},
		})
	}
	return list
}
