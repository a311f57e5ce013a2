package endpoint

import (
	"fmt"
	"slices"
	"time"

	"github.com/tidwall/btree"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// Endpoint is one ASAP endpoint. Use New; then hand Start to Step.
type Endpoint struct {
	cfg     Config
	now     time.Time
	effects []Effect
	timers  timers

	associations map[AssociationID]association
	// home is the association to the home ENRP server, 0 without one; server is
	// its identifier, 0 while unknown.
	home   AssociationID
	server wire.ServerID
	hunt   hunt

	elements *btree.Map[ElementID, *element]
	pools    map[wire.PoolHandle]*ownPool
	// asking are the elements whose request a server has not answered, oldest first.
	asking  *btree.Map[uint64, *element]
	confirm confirmation

	cache *btree.Map[wire.PoolHandle, *cached]
	usage usage
	peers peers
	// requests are the resolutions under way, oldest first; resolving are those an
	// application waits for.
	requests    *btree.Map[uint64, *request]
	lastRequest uint64
	resolving   map[RequestID]*request
	// waiting lists the requests of each handle, oldest first: answers name the
	// handle only and come in the order of the requests.
	waiting map[wire.PoolHandle][]*request
	// asked counts what was asked of servers, for the order of it.
	asked uint64
}

// association is what is remembered of an association that is up.
type association struct {
	AssociationUp
	// server is what was dialled; nil where a server opened it.
	server *server
}

// New makes an endpoint. It does nothing before Start.
func New(cfg Config) (*Endpoint, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	e := &Endpoint{
		cfg:          cfg,
		timers:       newTimers(),
		associations: make(map[AssociationID]association),
		elements:     new(btree.Map[ElementID, *element]),
		pools:        make(map[wire.PoolHandle]*ownPool),
		asking:       new(btree.Map[uint64, *element]),
		cache:        new(btree.Map[wire.PoolHandle, *cached]),
		peers:        newPeers(cfg.CookieKey),
		requests:     new(btree.Map[uint64, *request]),
		resolving:    make(map[RequestID]*request),
		waiting:      make(map[wire.PoolHandle][]*request),
	}
	e.hunt = newHunt(cfg.Servers)
	e.hunt.t5.fire = e.roundOver
	e.confirm.timer.fire = e.confirmNext
	return e, nil
}

// Deadline is when Tick is due, if ever.
func (e *Endpoint) Deadline() (at time.Time, ok bool) {
	t, ok := e.timers.running.Min()
	if !ok {
		return time.Time{}, false
	}
	return t.at, true
}

// Step takes one event in and returns what to do. Time never runs backwards.
func (e *Endpoint) Step(now time.Time, ev Event) []Effect {
	if now.After(e.now) {
		e.now = now
	}
	e.timers.fire(e.now)
	switch ev := ev.(type) {
	case Start:
		e.startHunt()
	case AssociationUp:
		e.associationUp(ev)
	case DialFailed:
		e.dialFailed(ev)
	case AssociationDown:
		e.associationDown(ev)
	case Received:
		e.received(ev)
	case Announced:
		e.announced(ev)
	case Tick: // the timers have fired
	case Register:
		e.register(ev)
	case SetPolicy:
		e.setPolicy(ev)
	case Deregister:
		e.deregister(ev)
	case Forget:
		if el, ok := e.elements.Get(ev.Element); ok {
			e.drop(el)
		}
	case Resolve:
		e.resolve(ev)
	case Cancel:
		e.cancel(ev.Request)
	case Populate:
		e.request(Resolve{Handle: ev.Handle}, false, func(Resolved) {})
	case Purge:
		e.purge(ev.Handle)
	case Watch:
		e.watch(ev)
	case Unwatch:
		e.unwatch(ev)
	case TransportFailure:
		e.failed(ev.Handle, ev.Element)
	default:
		e.peerEvent(ev)
	}
	out := e.effects
	e.effects = nil
	return out
}

func (e *Endpoint) do(f Effect) { e.effects = append(e.effects, f) }

// received reads one message. What makes no sense here is dropped, as RFC 5352
// asks of a PE and PU; an unknown message is reported where its type says so.
func (e *Endpoint) received(ev Received) {
	if _, ok := e.associations[ev.Association]; !ok {
		return
	}
	d, err := asap.Parse(ev.Data)
	if reply := d.Reply(); reply != nil {
		e.do(Send{Association: ev.Association, Data: reply})
	}
	if err != nil {
		return
	}
	if ev.Association == e.home {
		e.stopHunt() // the home is there after all
	}
	switch m := d.Message.(type) {
	case asap.RegistrationResponse:
		e.registrationResponse(ev.Association, m)
	case asap.DeregistrationResponse:
		e.deregistrationResponse(m)
	case asap.HandleResolutionResponse:
		e.resolutionResponse(ev.Association, m)
	case asap.EndpointKeepAlive:
		e.keepAlive(ev.Association, m)
	case asap.Error:
		e.errorReceived(ev.Association, m)
	}
}

// send encodes m. Everything sent here fits into a message: handles and
// transports were checked when they came in.
func (e *Endpoint) send(to AssociationID, m asap.Message) error {
	b, err := asap.Append(nil, m)
	if err != nil {
		return err
	}
	e.do(Send{Association: to, Data: b})
	return nil
}

// setHome makes an association the one to the home ENRP server, and asks it for
// what waits for a home.
func (e *Endpoint) setHome(id AssociationID, server wire.ServerID) {
	e.stopHunt()
	moved := e.home != 0
	e.home, e.server = id, server
	e.do(HomeChanged{Association: id, Remote: e.associations[id].Remote, Server: server})
	if moved {
		e.startConfirming()
	} else {
		e.elementsHomeUp()
	}
	for _, r := range e.requests.Values() {
		if !r.t1.running() {
			e.ask(r)
		}
	}
	e.renewSubscriptions()
	e.flushReports()
}

// loseHome gives the home up and hunts for another one.
func (e *Endpoint) loseHome(reason string) {
	lost := e.home
	e.home, e.server = 0, 0
	e.do(HomeChanged{Reason: reason})
	e.suspend(lost)
	e.startHunt()
}

// suspend lets everything asked of a home that is none any more, or registered
// there, wait for the next one.
func (e *Endpoint) suspend(lost AssociationID) {
	for _, r := range e.requests.Values() {
		e.timers.stop(&r.t1)
	}
	e.endSubscriptions()
	e.elementsHomeDown(lost)
}

func (e *Endpoint) disconnect(id AssociationID, abort bool) {
	delete(e.associations, id)
	e.do(Disconnect{Association: id, Abort: abort})
}

// errorReceived handles ASAP_ERROR. Answers come in the order of requests, so
// an error is about the oldest one without an answer; but one that only reports
// a parameter the server has skipped leaves the request alive.
func (e *Endpoint) errorReceived(from AssociationID, m asap.Error) {
	e.do(ErrorReceived{Association: from, Causes: m.Causes})
	if from != e.home || !slices.ContainsFunc(m.Causes, fatal) {
		return
	}
	oldest := e.oldestAsking(from)
	var first *request
	for _, r := range e.requests.Values() {
		if r.t1.running() && (first == nil || r.asked < first.asked) {
			first = r
		}
	}
	switch {
	case first != nil && (oldest == nil || first.asked < oldest.asked):
		e.answer(first, Resolved{Err: &RefusedError{Causes: m.Causes}})
	case oldest != nil && oldest.leaving:
		e.deregistrationRefused(oldest, m.Causes)
	case oldest != nil:
		e.refused(oldest, m.Causes)
	}
}

// fatal reports whether a cause ends a request. Its parameter's action bits say
// so where the server did not know it (RFC 5354 section 3).
func fatal(c wire.Cause) bool {
	if c.Code != wire.CauseUnrecognizedParameter || len(c.Info) < 2 {
		return true
	}
	return wire.ParameterType(uint16(c.Info[0])<<8 | uint16(c.Info[1])).Stops()
}
