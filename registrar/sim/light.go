package sim

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// light is the ASAP endpoint of elements that do the least: they register over
// one association, acknowledge keep-alives, follow the H bit, and register again,
// one after the other, before their lives end. An element takes no memory here:
// they follow one another, each in the next pool.
type light struct {
	spec  endpoint.Spec
	count int
	// pools is how many there are, pool the one of the first element.
	pools, pool int
	patience    time.Duration
	servers     []endpoint.Address
	next        int

	home endpoint.AssociationID
	// came is the latest association that a registrar opened, while it is up.
	came endpoint.AssociationID
	dial endpoint.DialID
	// turn is the element to register next, at its time; fresh have not been
	// registered at this home, answered is how many answers came since they were.
	turn, fresh, answered int
	due                   time.Time

	effects []endpoint.Effect
}

const (
	// lightPause is the time between two registrations at a new home, lightRetry
	// that until another try.
	lightPause = time.Millisecond
	lightRetry = 5 * time.Second
)

func newLight(first endpoint.Spec, count, pools int, patience time.Duration, addr netip.Addr, servers []endpoint.Address) *light {
	first.User.Addresses = []netip.Addr{addr}
	return &light{
		spec: first, count: count, pools: pools, patience: patience, pool: int(first.ID-1) % pools, servers: servers,
	}
}

// Deadline is when Tick is due.
func (l *light) Deadline() (at time.Time, ok bool) { return l.due, !l.due.IsZero() }

// Step takes one event and gives the effects to perform.
func (l *light) Step(now time.Time, ev endpoint.Event) []endpoint.Effect {
	l.effects = nil
	switch ev := ev.(type) {
	case endpoint.Start:
		l.call()
	case endpoint.Tick:
		l.tick(now)
	case endpoint.AssociationUp:
		switch ev.Dial {
		case 0:
			l.came = ev.Association
		case l.dial:
			l.begin(now, ev.Association)
		}
	case endpoint.DialFailed:
		switch {
		case ev.Dial != l.dial || l.home != 0:
		case ev.Reason == exists && l.came != 0:
			l.begin(now, l.came)
		default:
			l.due = now.Add(lightRetry)
		}
	case endpoint.AssociationDown:
		if ev.Association == l.came {
			l.came = 0
		}
		if ev.Association == l.home {
			l.home, l.due = 0, now.Add(l.patience)
		}
	case endpoint.Received:
		l.received(now, ev)
	}
	return l.effects
}

// call dials the next registrar.
func (l *light) call() {
	l.due = time.Time{}
	l.dial++
	l.effects = append(l.effects, endpoint.Dial{ID: l.dial, To: l.servers[l.next%len(l.servers)]})
	l.next++
}

// begin registers all at a new home.
func (l *light) begin(now time.Time, home endpoint.AssociationID) {
	l.atHome(now, home)
	l.fresh, l.answered = l.count, 0
}

func (l *light) atHome(now time.Time, home endpoint.AssociationID) {
	l.home, l.dial = home, l.dial+1
	l.due = now
}

func (l *light) tick(now time.Time) {
	switch {
	case l.due.IsZero() || l.due.After(now):
	case l.home == 0:
		l.call()
	default:
		l.register()
		l.due = now.Add(l.interval() / time.Duration(l.count))
		if l.fresh > 0 {
			l.fresh--
			l.due = now.Add(lightPause)
		}
	}
}

// interval is T4-reregistration.
func (l *light) interval() time.Duration {
	if l.spec.Reregister > 0 {
		return l.spec.Reregister
	}
	return time.Duration(l.spec.Life) * time.Second / 2
}

func (l *light) register() {
	pe := wire.PoolElement{
		ID: l.spec.ID + wire.PEIdentifier(l.turn), Life: l.spec.Life, //nolint:gosec // below count
		UserTransport: l.spec.User, Policy: l.spec.Policy,
	}
	l.send(l.home, asap.Registration{Handle: handle((l.pool + l.turn) % l.pools), Element: pe})
	l.turn = (l.turn + 1) % l.count
}

func (l *light) send(to endpoint.AssociationID, m asap.Message) {
	data, err := asap.Append(nil, m)
	if err != nil { // a handle is short, and so is an element
		return
	}
	l.effects = append(l.effects, endpoint.Send{Association: to, Data: data})
}

// received acknowledges a keep-alive and takes the answer to a registration.
func (l *light) received(now time.Time, ev endpoint.Received) {
	switch asap.MessageType(ev.Data[0]) {
	case asap.TypeEndpointKeepAlive, asap.TypeRegistrationResponse:
	default:
		return
	}
	d, err := asap.Parse(ev.Data)
	if err != nil {
		return
	}
	switch m := d.Message.(type) {
	case asap.RegistrationResponse:
		if m.Reject { // not ready yet: all again
			l.fresh, l.answered, l.due = l.count, 0, now.Add(lightRetry)
			return
		}
		l.answered++
		l.effects = append(l.effects, endpoint.Reported{Element: endpoint.ElementID(m.ID - 1), Kind: endpoint.Reregistered, Handle: m.Handle, ID: m.ID})
	case asap.EndpointKeepAlive:
		l.keepAlive(now, ev.Association, m)
	}
}

func (l *light) keepAlive(now time.Time, from endpoint.AssociationID, m asap.EndpointKeepAlive) {
	number, ok := strings.CutPrefix(string(m.Handle), "pool-")
	pool, err := strconv.Atoi(number)
	turn := ((pool-l.pool)%l.pools + l.pools) % l.pools
	if !ok || err != nil || turn >= l.count {
		return
	}
	l.send(from, asap.EndpointKeepAliveAck{Handle: m.Handle, ID: l.spec.ID + wire.PEIdentifier(turn)}) //nolint:gosec // below count
	if m.Home && from != l.home {
		if l.answered < l.count { // the old home may not have heard of all
			l.begin(now, from)
			return
		}
		l.atHome(now, from)
		l.due = now.Add(l.interval() / time.Duration(l.count))
	}
}
