package registrar

import (
	"rserpool/registrar/asap"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// deregistration answers an ASAP_DEREGISTRATION (RFC 5352 section 3.2), at the
// element's home or elsewhere: the element may have lost its home.
func (r *Registrar) deregistration(a *association, m asap.Deregistration, invalid *wire.Error) {
	switch why := r.mayNotBeElement(a); {
	case a.stream: // TCP is for users
		r.deregistered(a, m, []wire.Cause{{Code: wire.CauseRejectedSecurity}})
		return
	case why != "":
		r.forbidDeregistration(a, m, why)
		return
	case invalid != nil:
		r.deregistered(a, m, invalidCause(invalid))
		return
	case r.phase == feed.Starting:
		r.deregistered(a, m, []wire.Cause{{Code: wire.CauseLackOfResources}})
		return
	}
	ref := handlespace.Ref{Handle: m.Handle, ID: m.ID}
	el := r.record(ref)
	if why := r.mayNotBe(a, ref, r.ownerIfAny(el)); why != "" {
		r.forbidDeregistration(a, m, why)
		return
	}
	e, ok := r.space.Element(m.Handle, m.ID)
	if !ok {
		r.deregistered(a, m, nil) // gone already is what was wanted
		return
	}
	if !r.isSame(a, el, e) {
		r.complain(feed.Event{
			Name: "deregistration.refused", Handle: m.Handle, Element: m.ID, Server: e.HomeServer, Origin: byPE,
			Text: "asked for by another endpoint, " + a.remote.String(),
		})
		r.deregistered(a, m, []wire.Cause{{Code: wire.CauseRejectedSecurity}})
		return
	}
	r.deregistered(a, m, nil)
	r.removeAnnounced(ref, byPE, "deregistered")
}

// forbidDeregistration refuses what the credential of the sender does not allow.
func (r *Registrar) forbidDeregistration(a *association, m asap.Deregistration, why string) {
	r.deregistered(a, m, []wire.Cause{{Code: wire.CauseRejectedSecurity}})
	r.complain(feed.Event{Name: "deregistration.refused", Handle: m.Handle, Element: m.ID, Server: r.id, Origin: byPE, Text: why})
}

func (r *Registrar) deregistered(a *association, m asap.Deregistration, causes []wire.Cause) {
	r.sendASAP(a, asap.DeregistrationResponse{
		Handle: m.Handle, ID: m.ID, Causes: wire.FitCauses(causes, wire.MaxMessage-32-wire.Padded(len(m.Handle))),
	})
}

// expire removes the own elements whose registration life has ended and tells
// them (RFC 5352 section 3.2), but those that the guard spares. Copies of peers' elements
// have no expiry here.
func (r *Registrar) expire() {
	if at, ok := r.space.NextExpiry(); !ok || at.After(r.now) {
		return
	}
	for _, ref := range r.space.Expired(r.now) {
		e, _ := r.space.Find(ref.Handle, ref.ID)
		if r.outlives(r.recordIn(e)) {
			r.space.Prolong(e, r.now.Add(r.cfg.KeepAliveInterval+r.cfg.KeepAliveTimeout))
			r.healthChanged(e)
			continue
		}
		if e.HomeServer() != r.id {
			r.removeQuietly(ref, byExpiry, "not announced again within its life")
			continue
		}
		r.endRegistration(ref, byExpiry, "registration life has ended")
	}
}

// endRegistration removes an own element that did not ask for it.
func (r *Registrar) endRegistration(ref handlespace.Ref, origin, why string) (told, peers int) {
	if el := r.record(ref); el != nil && el.via != 0 && r.cfg.Dialect.tellsEnd() {
		r.sendASAP(r.via(el), asap.DeregistrationResponse{Handle: ref.Handle, ID: ref.ID})
	}
	return r.removeAnnounced(ref, origin, why)
}
