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

func (p *pool) conflict(pe wire.PoolElement) error {
	first := p.first().Element
	has, want := pe.UserTransport, first.UserTransport
	switch {
	case pe.Policy.Type != first.Policy.Type:
		return &ConflictError{
			p.handle,
			wire.Cause{Code: wire.CauseInconsistentPolicy, Info: first.Policy.TLV()},
			"want policy type " + first.Policy.Type.String() + ", have " + pe.Policy.Type.String(),
		}
	case has.Type != want.Type:
		return &ConflictError{
			p.handle,
			wire.Cause{Code: wire.CauseInconsistentTransport, Info: want.TLV()},
			"want transport type " + want.Type.String() + ", have " + has.Type.String(),
		}
	case has.Use != want.Use:
		return &ConflictError{
			p.handle,
			wire.Cause{Code: wire.CauseInconsistentDataControl},
			"want transport use " + use(want.Use) + ", have " + use(has.Use),
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
