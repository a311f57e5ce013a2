package handlespace

import "rserpool/registrar/wire"

// ConflictError says that an element contradicts its pool. Cause is what RFC 5352
// section 3.1 wants the element to hear: Inconsistent Pooling Policy with the
// pool's policy, Inconsistent Transport Type with a transport of the pool, or
// Inconsistent Data/Control Configuration.
type ConflictError struct {
	Handle wire.PoolHandle
	Cause  wire.Cause
	what   string
}

func (c *ConflictError) Error() string {
	return "handlespace: element contradicts its pool: " + c.what
}

func (h *Handlespace) conflict(p *pool, pe *wire.PoolElement) error {
	has := pe.UserTransport
	switch {
	case pe.Policy.Type != p.policy:
		return &ConflictError{
			p.handle,
			wire.Cause{Code: wire.CauseInconsistentPolicy, Info: h.overall(p).TLV()},
			"want policy type " + p.policy.String() + ", have " + pe.Policy.Type.String(),
		}
	case has.Type != p.transport:
		return &ConflictError{
			p.handle,
			wire.Cause{Code: wire.CauseInconsistentTransport, Info: Entry{h, p.first}.PoolElement().UserTransport.TLV()},
			"want transport type " + p.transport.String() + ", have " + has.Type.String(),
		}
	case has.Use != p.use:
		return &ConflictError{
			p.handle,
			wire.Cause{Code: wire.CauseInconsistentDataControl},
			"want transport use " + use(p.use) + ", have " + use(has.Use),
		}
	}
	return nil
}

func use(u wire.TransportUse) string {
	if u == wire.DataAndControl {
		return "data and control"
	}
	return "data only"
}
