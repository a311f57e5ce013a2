package registrar

import (
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
)

// Counters is how often things have happened up to the latest step, counted where
// they happen: nobody has to add events up.
func (r *Registrar) Counters() feed.Counters {
	c := r.counters.Counters
	c.At = feed.At(r.now)
	return c
}

// counters are the registrar's own.
type counters struct{ feed.Counters }

// sentENRP counts a message of ENRP by its first byte.
func (c *counters) sentENRP(data []byte) {
	c.ENRPOut++
	switch enrp.MessageType(data[0]) {
	case enrp.TypeHandleUpdate:
		c.UpdatesOut++
	case enrp.TypePresence:
		c.PresencesOut++
	default: // only in the sum
	}
}

// counted counts a removal.
func (r *Registrar) counted(origin string) {
	c := &r.counters
	switch origin {
	case byPE:
		c.ByPE++
	case byOperator:
		c.ByOperator++
	case byExpiry:
		c.ByExpiry++
	case byUnreachable:
		c.ByUnreachable++
	case byPeer:
		c.ByPeer++
	}
}
