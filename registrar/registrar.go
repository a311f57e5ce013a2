package registrar

import (
	"container/list"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/index"
	"rserpool/registrar/wire"
)

// Registrar is one ENRP server as a state machine: events in, effects out. It
// is not safe for concurrent use; one driver owns it.
type Registrar struct {
	cfg   Config
	id    wire.ServerID
	rand  *rand.Rand
	phase feed.Phase

	space   *handlespace.Handlespace
	records records

	associations map[AssociationID]*association
	// numbers are their numbers in records.
	numbers index.Slab[*association]
	// inbound are those that others opened, strangers those of them without a
	// credential.
	inbound, strangers int
	// idle has them, those that have said nothing for longest first; leaving is how many
	// have given way and are there still.
	idle    list.List
	leaving int
	// remotes finds the association to a place.
	remotes  map[remote]*association
	dials    map[DialID]*dial
	lastDial DialID
	// callbacks are the dials to pool elements, so that elements of one place
	// share one.
	callbacks map[netip.AddrPort]*dial

	// peers is in the order of their IDs.
	peers     []*peer
	seeds     []*seed
	downloads int
	// incoming are the downloads of peers' tables that go on.
	incoming []*download
	// adoptions go on behind takeovers; relics are what is remembered of elements
	// that this registrar has given up.
	adoptions int
	// takeovers is how many the feed was told of; plays are those whose elements
	// have not all answered, by their targets.
	takeovers uint32
	plays     map[wire.ServerID]*play
	handover  handover
	// refutation goes on after a takeover of this registrar, which lives.
	refutation refutation
	// asking is when the next element may be asked that a peer hands over.
	asking time.Time
	// ended: nothing is done any more.
	ended  bool
	relics map[handlespace.Ref]relic
	holds  holds
	// reporters are who has reported elements; insistent are those whose word alone has
	// removed one.
	reporters reporters
	insistent map[reporter]insistence
	// mentor is the start-up, nil when it is over.
	mentor *mentorHunt

	guard     guard
	timers    timers
	heartbeat heartbeat
	relist    relist
	announcer announcer
	// datagrams counts what is heard on the group and has an effect.
	datagrams  allowance
	complaints complaints
	// limitTold is when an event told last that a limit was reached.
	limitTold [LimitKinds]time.Time
	counters  counters
	tally     Tally

	// watches are the pools that users have subscribed to, news those of them that
	// have changed in this step.
	watches map[wire.PoolHandle]*watched
	news    []*watched

	// selected is the memory of one resolution for the next.
	selected []handlespace.Entry

	// now, effects, dirty and what the decoders have read belong to the step that
	// runs.
	now     time.Time
	effects []Effect
	// speaker is whose message is being handled.
	speaker speaker
	// dirty are the homes whose checksums may be new.
	dirty []wire.ServerID
	asap  asap.Decoder
	enrp  enrp.Decoder
}

// New makes a registrar that waits for Start.
func New(cfg Config) (*Registrar, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	r := &Registrar{
		cfg: cfg, id: cfg.ID, rand: cfg.Rand,
		space:        handlespace.New(rand.NewPCG(cfg.Rand.Uint64(), 0)),
		records:      newRecords(),
		associations: make(map[AssociationID]*association),
		remotes:      make(map[remote]*association),
		dials:        make(map[DialID]*dial),
		callbacks:    make(map[netip.AddrPort]*dial),
		relics:       make(map[handlespace.Ref]relic),
		reporters:    make(reporters),
		insistent:    make(map[reporter]insistence),
		plays:        make(map[wire.ServerID]*play),
		watches:      make(map[wire.PoolHandle]*watched),
	}
	r.space.CountFirst = cfg.Dialect.countsFirst()
	r.space.Carries = cfg.Dialect.carries
	for r.id == 0 { // RFC 5353 section 3.2.1: random and not 0
		r.id = wire.ServerID(r.rand.Uint32())
	}
	r.timers.elements = &r.records.slab
	r.heartbeat.timer.owner = &r.heartbeat
	r.relist.timer.owner = &r.relist
	r.announcer.timer.owner = &r.announcer
	r.handover.timer.owner = &r.handover
	r.refutation.timer.owner = &r.refutation
	r.guard.timer.owner, r.guard.soundAt, r.guard.released = &r.guard, never, never
	for _, p := range cfg.Peers {
		if !r.isOwn(p) {
			r.seeds = append(r.seeds, &seed{endpoint: p})
		}
	}
	return r, nil
}

// ID is the server ID, which stays the same until the end.
func (r *Registrar) ID() wire.ServerID { return r.id }

// Phase is how far the registrar has come in its life.
func (r *Registrar) Phase() feed.Phase { return r.phase }

// Step takes one event and gives the effects to perform, in this order. What is
// due at now happens before the event. Times must not go backwards. A Step that comes
// much later than Deadline wanted tells of a time in which nothing ran here: nobody is
// taken for gone because of it.
func (r *Registrar) Step(now time.Time, ev Event) []Effect {
	paused := now.Sub(r.now) >= standsStill
	if r.now = now; paused { // else no deadline can be that late: the step before was after it
		r.resume()
	}
	r.runDue()
	switch ev := ev.(type) {
	case Start:
		r.start()
	case AssociationUp:
		r.associationUp(ev)
	case DialFailed:
		r.dialFailed(ev)
	case AssociationDown:
		r.associationDown(ev)
	case Received:
		r.received(ev)
	case Heard:
		r.heardOnGroup(ev)
	case Tick:
	case Deregister:
		r.deregister(ev)
	case EndHold:
		r.endHoldOf(ev)
	case ProbePeer:
		r.probePeer(ev)
	case ResyncPeer:
		r.resyncPeer(ev)
	case ProbeElement:
		r.probeElement(ev)
	case SelectElements:
		r.selectElements(ev)
	case Reconfigure:
		r.reconfigure(ev)
	case Stop:
		r.stop(ev.Within)
	}
	r.tellUsers()
	r.handOverEnds()
	r.tellChecksums()
	effects := r.effects
	r.effects, r.speaker = nil, speaker{}
	return effects
}

// Deadline gives the time of the next Tick, if there is anything to wait for.
func (r *Registrar) Deadline() (at time.Time, ok bool) {
	if r.ended {
		return time.Time{}, false
	}
	at, ok = r.timers.next()
	if e, expires := r.space.NextExpiry(); expires && (!ok || e.Before(at)) {
		return e, true
	}
	return at, ok
}

func (r *Registrar) runDue() {
	if r.ended {
		return
	}
	r.expire()
	for {
		switch t, el := r.timers.pop(r.now); {
		case t != nil:
			t.owner.due(r)
		case el != nil:
			el.due(r)
		default:
			return
		}
	}
}

func (r *Registrar) start() {
	r.tellState()
	r.showProtected()
	r.touched(r.id)
	r.timers.set(&r.heartbeat.timer, r.now.Add(r.cfg.PeerHeartbeatCycle))
	r.announcePresence(r.cfg.Dialect.asksGroup())
	if len(r.seeds) == 0 && !r.cfg.AnnounceENRP {
		r.serve()
		return
	}
	r.beginMentor()
}

// serve opens ASAP: what a mentor has is here, or there is none.
func (r *Registrar) serve() {
	if r.mentor != nil {
		r.timers.set(&r.relist.timer, r.now.Add(2*r.cfg.PeerHeartbeatCycle))
	}
	r.mentor = nil
	r.phase = feed.Serving
	r.tellState()
	r.notePeer(Info, "registrar.serving", r.id, "handlespace ready, ASAP is served")
	r.dismissIdle()
	if r.cfg.AnnounceASAP {
		r.announcer.due(r)
	}
	for _, p := range r.peers {
		r.audit(p)
	}
}

func (r *Registrar) tellState() {
	r.changed(feed.RegistrarState{Phase: r.phase, Information: r.information()})
}

// tellChecksums tells the feed the sums of those homes that are new, or whose
// elements have changed, in this step: over all that it has of them, whatever the
// dialect lets peers know.
func (r *Registrar) tellChecksums() {
	slices.Sort(r.dirty)
	for _, home := range slices.Compact(r.dirty) {
		r.changed(enrp.Presence{IDs: enrp.IDs{Sender: home}, Checksum: r.space.Checksum(home), HasChecksum: true})
	}
	r.dirty = r.dirty[:0]
}

// between draws a duration from [low, high).
func (r *Registrar) between(low, high time.Duration) time.Duration {
	return low + time.Duration(r.rand.Int64N(int64(high-low)))
}
