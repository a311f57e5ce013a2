package registrar

import (
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// element is what goes on with one pool element; what it is, is in the
// handlespace.
type element struct {
	ref handlespace.Ref
	// via is the association it is reached over, nil while there is none; slot
	// is its place there.
	via  *association
	slot int
	// owner is the identity that it is, "" where that is not known or names prove
	// nothing.
	owner string
	// udpPort is the encapsulation port it registered from.
	udpPort uint16

	// own: this registrar is its home. kind is how it became that, claimed when, and
	// from whom where it was a takeover.
	own     bool
	kind    kind
	from    wire.ServerID
	claimed time.Time

	// orphan: nobody is its home for now. suggested: its home hands it over.
	orphan, suggested bool
	// open: a keep-alive waits for its answer; call is the dial that it waits
	// for before.
	open bool
	// home: keep-alives say that this registrar is its home (the H bit) until one
	// is acknowledged. homeTold: the latest one acknowledged did.
	home, homeTold bool
	// suspect is shown: something made it doubtful that it lives.
	suspect bool
	// adopting: the answer is awaited that ends a takeover.
	adopting bool
	// reannounce it when it answers: a peer thought it gone.
	reannounce bool
	call       *dial
	// timer is the next keep-alive, or the end of the open one.
	timer timer
	// asked is when the latest keep-alive began.
	asked time.Time
	// contender registers under the same identifier, if this one is dead.
	contender *contender
}

// contender is a registration that waits for the answer of another element.
type contender struct {
	from AssociationID
	asap.Registration
}

// track gives the element's record, a new one if it has none.
func (r *Registrar) track(ref handlespace.Ref, own bool) *element {
	el := r.elements[ref]
	if el == nil {
		el = &element{ref: ref}
		el.timer.owner = el
		r.elements[ref] = el
	}
	el.own = own
	return el
}

// untrack forgets the record: the element is gone, or somebody else's affair.
func (r *Registrar) untrack(el *element) {
	if el.adopting {
		r.stepOf(el, feed.Gone)
	}
	r.elementEnded(el)
	r.timers.stop(&el.timer)
	r.detach(el)
	el.call = nil
	delete(r.elements, el.ref)
}

// attach makes a the association over which the element is reached.
func (r *Registrar) attach(el *element, a *association) {
	if el.via == a {
		return
	}
	r.detach(el)
	el.via, el.slot = a, len(a.elements)
	a.elements = append(a.elements, el)
}

// detach takes the element off its association. One that was opened to call
// elements ends with the last of them.
func (r *Registrar) detach(el *element) {
	a := el.via
	if a == nil {
		return
	}
	last := len(a.elements) - 1
	a.elements[el.slot] = a.elements[last]
	a.elements[el.slot].slot = el.slot
	a.elements[last] = nil
	a.elements = a.elements[:last]
	el.via = nil
	if a.opened && last == 0 {
		r.disconnect(a)
	}
}

// put stores an element as it is from now on and tells the feed. A contradiction
// to its pool is a *handlespace.ConflictError, and nothing changes.
func (r *Registrar) put(handle wire.PoolHandle, e wire.PoolElement, expires time.Time) error {
	held, had := r.space.Find(handle, e.ID)
	var was wire.ServerID
	healthy := false // as far as the feed was told
	if had {
		was = held.HomeServer()
		healthy = held.Reports() == 0 && held.Expires().Equal(expires)
	}
	outcome, err := r.space.Put(handle, e, expires)
	switch {
	case err != nil:
		return err
	case outcome == handlespace.Refreshed:
		if el := r.elements[handlespace.Ref{Handle: handle, ID: e.ID}]; !healthy || el != nil {
			r.healthChanged(held)
		}
		return nil
	case !had:
		held, _ = r.space.Find(handle, e.ID)
		r.returned(held.Ref())
	}
	r.elementChanged(held)
	if !had || was != e.HomeServer {
		r.touched(e.HomeServer)
		if had {
			r.touched(was)
			r.confirmed(was, handlespace.Ref{Handle: handle, ID: e.ID})
		}
	}
	return nil
}

// drop takes an element out, whoever its home is, and tells the feed.
func (r *Registrar) drop(ref handlespace.Ref, origin, why string) (handlespace.Element, bool) {
	e, ok := r.space.Remove(ref.Handle, ref.ID)
	if !ok {
		return e, false
	}
	delete(r.relics, ref)
	r.confirmed(e.HomeServer, ref)
	r.changed(enrp.HandleUpdate{IDs: enrp.IDs{Sender: r.id}, Action: enrp.DelPE, Handle: ref.Handle, Element: e.PoolElement})
	r.touched(e.HomeServer)
	r.poolChanged(ref.Handle)
	r.counted(origin)
	r.noteElement(Info, "element.removed", ref, e.HomeServer, origin, why)
	return e, true
}

// removeAnnounced takes an element out and tells all peers (RFC 5353 section
// 3.3.2). The update names the home the element had, which tells its receivers
// that it is not stale.
func (r *Registrar) removeAnnounced(ref handlespace.Ref, origin, why string) (told, peers int) {
	e, ok := r.drop(ref, origin, why)
	if !ok {
		return 0, 0
	}
	told, peers = r.announce(enrp.DelPE, ref.Handle, e.PoolElement)
	r.succeed(ref)
	return told, peers
}

// removeQuietly takes an element out that its peers know of.
func (r *Registrar) removeQuietly(ref handlespace.Ref, origin, why string) {
	if _, ok := r.drop(ref, origin, why); ok {
		r.succeed(ref)
	}
}

// succeed ends the record of a removed element and lets in who waited for that.
func (r *Registrar) succeed(ref handlespace.Ref) {
	if el := r.elements[ref]; el != nil {
		next := el.contender
		r.untrack(el)
		r.admit(next)
	}
}

// announce sends a HANDLE_UPDATE to all peers and says how many are reached now.
func (r *Registrar) announce(action enrp.Action, handle wire.PoolHandle, e wire.PoolElement) (told, peers int) {
	if !r.cfg.Dialect.carries(handle, e.UserTransport.Type) {
		return 0, 0
	}
	return r.tellAll(enrp.HandleUpdate{IDs: enrp.IDs{Sender: r.id}, Action: action, Handle: handle, Element: e})
}
