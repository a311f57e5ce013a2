package registrar

import (
	"math"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// element is what goes on with one pool element; what it is, is in the
// handlespace. There may be a million of them: it has 64 bytes and no pointers (see
// records.go), and times are those since timers.epoch.
type element struct {
	// place is the element's number in the handlespace.
	place uint32
	// via is the association it is reached over, by its number, 0 while there is
	// none. slot is its place there; while there is none, the dial that an open
	// keep-alive waits for, if it does (see waitsFor).
	via, slot uint32
	// owner is the identity that it is, by its number (see Registrar.owner).
	owner uint32

	// own: this registrar is its home. kind is how it became that, claimed when, and
	// from whom where it was a takeover.
	from wire.ServerID
	kind kind
	own  bool
	// udpPort is the encapsulation port it registered from.
	udpPort uint16
	claimed time.Duration
	// asked is when the latest keep-alive began.
	asked time.Duration
	// clock is the next keep-alive, or the end of the open one.
	clock clock

	// orphan: nobody is its home for now. suggested: its home hands it over.
	orphan, suggested bool
	// open: a keep-alive waits for its answer.
	open bool
	// home: keep-alives say that this registrar is its home (the H bit) until one
	// is acknowledged.
	home bool
	// suspect is shown: something made it doubtful that it lives.
	suspect bool
	// adopting: the answer is awaited that ends a takeover.
	adopting bool
	marks    marks
	sound    sound
}

// marks are what else is remembered of an element.
type marks uint8

const (
	// homeTold: the latest keep-alive that it acknowledged had the H bit.
	homeTold marks = 1 << iota
	// reannounce it when it answers: a peer thought it gone.
	reannounce
)

func (m marks) has(x marks) bool { return m&x != 0 }

func (m *marks) set(x marks, on bool) {
	if *m &^= x; on {
		*m |= x
	}
}

// never is when that was which has not been.
const never time.Duration = math.MinInt64 / 2

// since is how long ago that was.
func (r *Registrar) since(at time.Duration) time.Duration { return r.timers.mark(r.now) - at }

// contender is a registration that waits for the answer of another element.
type contender struct {
	from AssociationID
	asap.Registration
}

// track gives the element's record, a new one if it has none. It must be in the
// handlespace.
func (r *Registrar) track(ref handlespace.Ref, own bool) *element {
	e, _ := r.space.Find(ref.Handle, ref.ID)
	el := r.recordIn(e)
	if el == nil {
		el = r.records.add(e.Number())
	}
	el.own = own
	return el
}

// untrack forgets the record: the element is gone, or somebody else's affair. el is
// spent then.
func (r *Registrar) untrack(el *element, ref handlespace.Ref) {
	if el.adopting {
		r.stepOf(el, ref, feed.Gone)
	}
	r.elementEnded(el, ref)
	r.reckon(el, unheard)
	r.timers.halt(&el.clock)
	r.detach(el)
	r.records.remove(el)
}

// setClock sets when the next thing is to be done with the element.
func (r *Registrar) setClock(el *element, at time.Time) {
	r.timers.wind(&el.clock, whose(r.records.number(el)), at)
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
		if !healthy || r.recordIn(held) != nil {
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

// drop takes an element out, whoever its home is, and tells the feed. Its record, if
// it had one, is left to succeed.
func (r *Registrar) drop(ref handlespace.Ref, origin, why string) (e handlespace.Element, el *element, ok bool) {
	held, ok := r.space.Find(ref.Handle, ref.ID)
	if !ok {
		return e, nil, false
	}
	e, el = held.Element(), r.recordIn(held)
	delete(r.reporters, held.Number())
	r.space.Drop(held)
	delete(r.relics, ref)
	r.confirmed(e.HomeServer, ref)
	r.changed(enrp.HandleUpdate{IDs: enrp.IDs{Sender: r.id}, Action: enrp.DelPE, Handle: ref.Handle, Element: e.PoolElement})
	r.touched(e.HomeServer)
	r.poolChanged(ref.Handle)
	r.counted(origin)
	r.noteElement(Info, "element.removed", ref, e.HomeServer, origin, why)
	return e, el, true
}

// removeAnnounced takes an element out and tells all peers (RFC 5353 section
// 3.3.2). The update names the home the element had, which tells its receivers
// that it is not stale.
func (r *Registrar) removeAnnounced(ref handlespace.Ref, origin, why string) (told, peers int) {
	e, el, ok := r.drop(ref, origin, why)
	if !ok {
		return 0, 0
	}
	told, peers = r.announce(enrp.DelPE, ref.Handle, e.PoolElement)
	r.succeed(el, ref)
	return told, peers
}

// removeQuietly takes an element out that its peers know of.
func (r *Registrar) removeQuietly(ref handlespace.Ref, origin, why string) {
	if _, el, ok := r.drop(ref, origin, why); ok {
		r.succeed(el, ref)
	}
}

// succeed ends the record of a removed element and lets in who waited for that.
func (r *Registrar) succeed(el *element, ref handlespace.Ref) {
	if el != nil {
		next := r.contender(el)
		r.untrack(el, ref)
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
