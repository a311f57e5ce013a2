package endpoint

import "rserpool/registrar/wire"

// probe finds out whether an element lives that has ended a channel in good order.
// It may have done what it was asked for, or be about to stop; but a system also
// ends the connections of a killed process so. Reported at once, it would be
// removed after a few users (MAX-BAD-PE-REPORT), however well it is.
type probe struct{ member member }

// doubt begins a probe of an element, unless one is under way.
func (e *Endpoint) doubt(handle wire.PoolHandle, pe wire.PoolElement) {
	m := member{handle, pe.ID}
	if _, doubted := e.peers.probes[m]; doubted {
		return
	}
	e.peers.probes[m] = struct{}{}
	e.connect(probe{m}, handle, pe.ID, pe.UserTransport) // a channel to be closed at once
}

func (p probe) up(e *Endpoint, c *channel) {
	delete(e.peers.probes, p.member)
	e.closeChannel(c)
}

func (p probe) refused(e *Endpoint, ev ConnectFailed) {
	delete(e.peers.probes, p.member)
	if !ev.Local {
		e.failed(p.member.handle, p.member.id)
	}
}

func (p probe) down(*Endpoint, ChannelDown) {} // up has closed it
