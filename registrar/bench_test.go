package registrar_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// epoch is when virtual time begins.
var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const self = wire.ServerID(0x50)

// bench is one registrar with scripted ends of its associations.
type bench struct {
	t   testing.TB
	r   *registrar.Registrar
	now time.Time

	next registrar.AssociationID
	// Collected since last taken.
	sent      map[registrar.AssociationID][][]byte
	dials     []registrar.Dial
	ended     []registrar.AssociationID
	announces int             // of ASAP
	presences []enrp.Presence // on the group
	notes     []registrar.Noted
	changes   []feed.Message
	answers   []registrar.Deregistered
	outcomes  []registrar.Answered
	selected  registrar.Selected
}

func at(host byte, port uint16) registrar.Endpoint {
	return registrar.Endpoint{Addrs: []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, host})}, Port: port}
}

func config(id wire.ServerID, host byte, peers ...registrar.Endpoint) registrar.Config {
	cfg := registrar.DefaultConfig()
	cfg.ID = id
	cfg.Rand = rand.New(rand.NewChaCha8([32]byte{byte(id), host}))
	cfg.ASAP, cfg.ENRP, cfg.Peers = at(host, 3863), at(host, 9901), peers
	return cfg
}

// idle gives a registrar that has not been started.
func idle(t testing.TB, cfg registrar.Config) *bench {
	t.Helper()
	r, err := registrar.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{t: t, r: r, now: epoch, sent: map[registrar.AssociationID][][]byte{}}
}

// serving gives a registrar that serves, without periodic keep-alives unless set
// makes it otherwise.
func serving(t testing.TB, set ...func(*registrar.Config)) *bench {
	t.Helper()
	cfg := config(self, 1)
	cfg.KeepAliveInterval = 0
	for _, f := range set {
		f(&cfg)
	}
	b := idle(t, cfg)
	b.step(registrar.Start{})
	return b
}

func (b *bench) step(ev registrar.Event) []registrar.Effect {
	b.t.Helper()
	effects := b.r.Step(b.now, ev)
	for _, e := range effects {
		switch e := e.(type) {
		case registrar.Send:
			b.sent[e.Association] = append(b.sent[e.Association], e.Data)
		case registrar.Dial:
			b.dials = append(b.dials, e)
		case registrar.Disconnect:
			b.ended = append(b.ended, e.Association)
		case registrar.Announce:
			b.announced(e)
		case registrar.Noted:
			b.notes = append(b.notes, e)
		case registrar.Changed:
			b.changes = append(b.changes, e.Message)
		case registrar.Deregistered:
			b.answers = append(b.answers, e)
		case registrar.Answered:
			b.outcomes = append(b.outcomes, e)
		case registrar.Selected:
			b.selected = e
		}
	}
	if err := b.r.Verify(); err != nil {
		b.t.Fatalf("after %T: %v", ev, err)
	}
	return effects
}

func (b *bench) announced(e registrar.Announce) {
	b.t.Helper()
	if e.Protocol == registrar.ASAP {
		b.announces++
		return
	}
	d, err := enrp.Parse(e.Data)
	if err != nil {
		b.t.Fatalf("registrar announced %x: %v", e.Data, err)
	}
	b.presences = append(b.presences, only[enrp.Presence](b.t, []enrp.Message{d.Message}))
}

// advance lets time pass, with a Tick at every deadline.
func (b *bench) advance(d time.Duration) {
	b.t.Helper()
	end := b.now.Add(d)
	for n := 0; ; n++ {
		next, ok := b.r.Deadline()
		if !ok || next.After(end) {
			break
		}
		if n > 100_000 {
			b.t.Fatal("deadlines do not move on")
		}
		b.now = next
		b.step(registrar.Tick{})
	}
	b.now = end
}

func (b *bench) up(p registrar.Protocol, from registrar.Endpoint, dial registrar.DialID) registrar.AssociationID {
	b.t.Helper()
	b.next++
	b.step(registrar.AssociationUp{Association: b.next, Protocol: p, Remote: from, Dial: dial})
	return b.next
}

// element opens an association as the pool element on host does.
func (b *bench) element(host byte) registrar.AssociationID {
	b.t.Helper()
	return b.up(registrar.ASAP, at(host, 40000+uint16(host)), 0)
}

// peer opens an association as another registrar does, and says who it is. What
// that provokes is dropped.
func (b *bench) peer(id wire.ServerID, host byte) registrar.AssociationID {
	b.t.Helper()
	a := b.up(registrar.ENRP, at(host, 9901), 0)
	b.enrp(a, presence(id))
	b.sent[a] = nil
	return a
}

func presence(id wire.ServerID) enrp.Presence {
	return enrp.Presence{IDs: enrp.IDs{Sender: id}, Checksum: 0xffff, HasChecksum: true}
}

func (b *bench) down(a registrar.AssociationID) {
	b.t.Helper()
	b.step(registrar.AssociationDown{Association: a, Reason: "lost"})
}

func (b *bench) asap(a registrar.AssociationID, m asap.Message) {
	b.t.Helper()
	data, err := asap.Append(nil, m)
	if err != nil {
		b.t.Fatal(err)
	}
	b.step(registrar.Received{Association: a, Data: data})
}

func (b *bench) enrp(a registrar.AssociationID, m enrp.Message) {
	b.t.Helper()
	data, err := enrp.Append(nil, m)
	if err != nil {
		b.t.Fatal(err)
	}
	b.step(registrar.Received{Association: a, Data: data})
}

// takeASAP gives, and forgets, what was sent over an association.
func (b *bench) takeASAP(a registrar.AssociationID) []asap.Message {
	b.t.Helper()
	var list []asap.Message
	for _, data := range b.sent[a] {
		d, err := asap.Parse(data)
		if err != nil {
			b.t.Fatalf("registrar sent %x: %v", data, err)
		}
		list = append(list, d.Message)
	}
	b.sent[a] = nil
	return list
}

func (b *bench) takeENRP(a registrar.AssociationID) []enrp.Message {
	b.t.Helper()
	var list []enrp.Message
	for _, data := range b.sent[a] {
		d, err := enrp.Parse(data)
		if err != nil {
			b.t.Fatalf("registrar sent %x: %v", data, err)
		}
		list = append(list, d.Message)
	}
	b.sent[a] = nil
	return list
}

// only gives the one message of type M among those taken, and fails if there is
// another number of them.
func only[M any, L any](t testing.TB, list []L) M {
	t.Helper()
	found := all[M](list)
	if len(found) != 1 {
		t.Fatalf("want one %T, have %d in %+v", *new(M), len(found), list)
	}
	return found[0]
}

func all[M any, L any](list []L) []M {
	var found []M
	for _, m := range list {
		if m, ok := any(m).(M); ok {
			found = append(found, m)
		}
	}
	return found
}

// pe is an element of host with a Round Robin policy and SCTP for data.
func pe(id wire.PEIdentifier, host byte, set ...func(*wire.PoolElement)) wire.PoolElement {
	e := wire.PoolElement{
		ID: id, Life: 300,
		UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: at(host, 7).Addrs},
		Policy:        wire.Policy{Type: wire.RoundRobin},
	}
	for _, f := range set {
		f(&e)
	}
	return e
}

// of is an element as registrars tell each other: with home and ASAP transport.
func of(home wire.ServerID, e wire.PoolElement) wire.PoolElement {
	e.HomeServer = home
	host := e.UserTransport.Addresses[0].As4()[3]
	e.ASAPTransport = asapTransport(host)
	return e
}

func asapTransport(host byte) wire.Transport {
	return wire.Transport{Type: wire.TypeSCTPTransport, Port: 40000 + uint16(host), Addresses: at(host, 0).Addrs}
}

func life(s wire.RegistrationLife) func(*wire.PoolElement) {
	return func(e *wire.PoolElement) { e.Life = s }
}

func policy(p wire.Policy) func(*wire.PoolElement) {
	return func(e *wire.PoolElement) { e.Policy = p }
}

func transport(f func(*wire.Transport)) func(*wire.PoolElement) {
	return func(e *wire.PoolElement) { f(&e.UserTransport) }
}

// register registers an element and gives the one answer.
func (b *bench) register(a registrar.AssociationID, handle wire.PoolHandle, e wire.PoolElement) asap.RegistrationResponse {
	b.t.Helper()
	b.sent[a] = nil
	b.asap(a, asap.Registration{Handle: handle, Element: e})
	return only[asap.RegistrationResponse](b.t, b.takeASAP(a))
}

// mustRegister registers elements that are to be accepted, in one pool.
func (b *bench) mustRegister(a registrar.AssociationID, handle wire.PoolHandle, list ...wire.PoolElement) {
	b.t.Helper()
	for _, e := range list {
		if answer := b.register(a, handle, e); answer.Reject {
			b.t.Fatalf("%v refused: %v", e.ID, codes(answer.Causes))
		}
	}
}

// fill registers n elements, with one look at the state in the end.
func (b *bench) fill(a registrar.AssociationID, handle wire.PoolHandle, n int) {
	b.t.Helper()
	for id := range wire.PEIdentifier(n) {
		data, err := asap.Append(nil, asap.Registration{Handle: handle, Element: pe(id+1, 11)})
		if err != nil {
			b.t.Fatal(err)
		}
		b.r.Step(b.now, registrar.Received{Association: a, Data: data})
	}
	b.step(registrar.Tick{})
}

// resolve asks for a pool as a user does.
func (b *bench) resolve(handle wire.PoolHandle) asap.HandleResolutionResponse {
	b.t.Helper()
	a := b.up(registrar.ASAP, at(99, 5000), 0)
	b.asap(a, asap.HandleResolution{Handle: handle})
	defer b.down(a)
	return only[asap.HandleResolutionResponse](b.t, b.takeASAP(a))
}

// listed are the elements of a pool that a user is given, as ID@home.
func (b *bench) listed(handle wire.PoolHandle) []string {
	b.t.Helper()
	var list []string
	for _, e := range b.resolve(handle).Elements {
		list = append(list, fmt.Sprintf("%d@%x", e.ID, uint32(e.HomeServer)))
	}
	return list
}

func codes(causes []wire.Cause) []wire.CauseCode {
	var list []wire.CauseCode
	for _, c := range causes {
		list = append(list, c.Code)
	}
	return list
}

func (b *bench) noted(name string) []registrar.Noted {
	var list []registrar.Noted
	for _, n := range b.notes {
		if n.Name == name {
			list = append(list, n)
		}
	}
	return list
}
