package registrar_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// scope is an operation scope in virtual time: registrars whose effects are each
// other's events, without loss or delay, and elements that acknowledge
// keep-alives.
type scope struct {
	t          *testing.T
	now        time.Time
	registrars []*member
	queue      []delivery
	next       registrar.AssociationID
	// presences and requests for tables that were sent.
	presences, requests int
}

// member is one registrar of a scope.
type member struct {
	r    *registrar.Registrar
	host byte
	up   bool
	// other is the far end of its associations: nil is an element.
	other map[registrar.AssociationID]*end
	// heard are the answers to its elements, elements who is behind an association.
	heard    []asap.Message
	elements map[registrar.AssociationID][]asap.EndpointKeepAliveAck
	// sums is what it computes over the elements of each home.
	sums map[wire.ServerID]wire.Checksum
	// holds are those that its feed knows.
	holds map[enrp.HoldID]feed.Hold
}

type end struct {
	of          *member
	association registrar.AssociationID
}

type delivery struct {
	to *member
	ev registrar.Event
}

// newScope makes registrars 1 to n, each configured with all before it.
func newScope(t *testing.T, n int, set ...func(*registrar.Config)) *scope {
	s := &scope{t: t, now: epoch}
	var before []registrar.Endpoint
	for host := byte(1); host <= byte(n); host++ {
		cfg := config(wire.ServerID(host)*0x10, host, slices.Clone(before)...)
		for _, f := range set {
			f(&cfg)
		}
		r, err := registrar.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		s.registrars = append(s.registrars, &member{
			r: r, host: host, other: map[registrar.AssociationID]*end{},
			elements: map[registrar.AssociationID][]asap.EndpointKeepAliveAck{}, sums: map[wire.ServerID]wire.Checksum{}, holds: map[enrp.HoldID]feed.Hold{},
		})
		before = append(before, at(host, 9901))
	}
	return s
}

func (s *scope) start(i int) *member {
	s.t.Helper()
	m := s.registrars[i]
	m.up = true
	s.send(m, registrar.Start{})
	return m
}

// send hands an event to a registrar and runs until nothing is on its way.
func (s *scope) send(m *member, ev registrar.Event) {
	s.t.Helper()
	s.queue = append(s.queue, delivery{m, ev})
	for n := 0; len(s.queue) > 0; n++ {
		if n > 100_000 {
			s.t.Fatal("the scope does not come to rest")
		}
		d := s.queue[0]
		s.queue = s.queue[1:]
		if d.to.up {
			for _, e := range d.to.r.Step(s.now, d.ev) {
				s.perform(d.to, e)
			}
		}
	}
}

func (s *scope) later(m *member, ev registrar.Event) { s.queue = append(s.queue, delivery{m, ev}) }

func (s *scope) perform(m *member, e registrar.Effect) {
	switch e := e.(type) {
	case registrar.Send:
		o, ok := m.other[e.Association]
		switch {
		case !ok:
		case o != nil:
			switch enrp.MessageType(e.Data[0]) {
			case enrp.TypePresence:
				s.presences++
			case enrp.TypeHandleTableRequest:
				s.requests++
			default:
			}
			s.later(o.of, registrar.Received{Association: o.association, Data: e.Data})
		default:
			s.toElement(m, e)
		}
	case registrar.Dial:
		s.dial(m, e)
	case registrar.Disconnect:
		s.cut(m, e.Association)
	case registrar.Noted:
		if e.Name == "registrar.ended" {
			m.up = false
		}
	case registrar.Changed:
		if sum, ok := e.Message.(enrp.Presence); ok {
			m.sums[sum.Sender] = sum.Checksum
		}
		if h, ok := e.Message.(feed.Hold); ok {
			m.holds[h.ID] = h
		}
	}
}

// toElement lets all elements behind the association acknowledge a keep-alive.
func (s *scope) toElement(m *member, e registrar.Send) {
	d, err := asap.Parse(e.Data)
	if err != nil {
		s.t.Fatal(err)
	}
	m.heard = append(m.heard, d.Message)
	if _, ok := d.Message.(asap.EndpointKeepAlive); ok {
		for _, ack := range m.elements[e.Association] {
			data, _ := asap.Append(nil, ack)
			s.later(m, registrar.Received{Association: e.Association, Data: data})
		}
	}
}

func (s *scope) dial(m *member, e registrar.Dial) {
	for _, to := range s.registrars {
		if e.Protocol == registrar.ENRP && to.up && e.To.Addrs[0] == at(to.host, 0).Addrs[0] {
			s.next += 2
			here, there := s.next, s.next+1
			m.other[here], to.other[there] = &end{to, there}, &end{m, here}
			s.later(m, registrar.AssociationUp{Association: here, Protocol: e.Protocol, Remote: e.To, Dial: e.ID})
			s.later(to, registrar.AssociationUp{Association: there, Protocol: e.Protocol, Remote: at(m.host, 9901)})
			return
		}
	}
	s.later(m, registrar.DialFailed{Dial: e.ID, Reason: "refused"})
}

// cut ends an association at both ends.
func (s *scope) cut(m *member, a registrar.AssociationID) {
	o, ok := m.other[a]
	if !ok {
		return
	}
	delete(m.other, a)
	s.later(m, registrar.AssociationDown{Association: a, Reason: "cut"})
	if o != nil {
		s.cut(o.of, o.association)
	}
}

// element opens an association of the element on the given host to m.
func (s *scope) element(m *member, host byte) registrar.AssociationID {
	s.t.Helper()
	s.next += 2
	m.other[s.next] = nil
	s.send(m, registrar.AssociationUp{Association: s.next, Protocol: registrar.ASAP, Remote: at(host, 40000+uint16(host))})
	return s.next
}

func (s *scope) asap(m *member, a registrar.AssociationID, msg asap.Message) {
	s.t.Helper()
	data, err := asap.Append(nil, msg)
	if err != nil {
		s.t.Fatal(err)
	}
	m.heard = nil
	switch msg := msg.(type) {
	case asap.Registration:
		m.elements[a] = append(m.elements[a], asap.EndpointKeepAliveAck{Handle: msg.Handle, ID: msg.Element.ID})
	case asap.Deregistration:
		s.gone(msg.Handle, msg.ID)
	}
	s.send(m, registrar.Received{Association: a, Data: data})
}

// gone makes an element acknowledge nothing any more, wherever it is asked.
func (s *scope) gone(handle wire.PoolHandle, id wire.PEIdentifier) {
	for _, m := range s.registrars {
		for a, list := range m.elements {
			m.elements[a] = slices.DeleteFunc(list, func(k asap.EndpointKeepAliveAck) bool { return k.Handle == handle && k.ID == id })
		}
	}
}

// advance lets time pass for all.
func (s *scope) advance(d time.Duration) {
	s.t.Helper()
	for end := s.now.Add(d); ; {
		var due *member
		next := end
		for _, m := range s.registrars {
			if at, ok := m.r.Deadline(); ok && m.up && !at.After(next) && (due == nil || at.Before(next)) {
				due, next = m, at
			}
		}
		s.now = next
		if due == nil {
			return
		}
		s.send(due, registrar.Tick{})
	}
}

// listed are the elements of a pool at m, as ID@home.
func (s *scope) listed(m *member, handle wire.PoolHandle) []string {
	s.t.Helper()
	a := s.element(m, 99)
	s.asap(m, a, asap.HandleResolution{Handle: handle})
	var list []string
	for _, e := range only[asap.HandleResolutionResponse](s.t, m.heard).Elements {
		list = append(list, fmt.Sprintf("%d@%x", e.ID, uint32(e.HomeServer)))
	}
	s.cut(m, a)
	s.send(m, registrar.Tick{})
	slices.Sort(list)
	return list
}

// agree checks that all registrars hold the same and are sound.
func (s *scope) agree(handle wire.PoolHandle, want ...string) {
	s.t.Helper()
	for _, m := range s.registrars {
		if !m.up {
			continue
		}
		if err := m.r.Verify(); err != nil {
			s.t.Errorf("registrar %v: %v", m.r.ID(), err)
		}
		if got := s.listed(m, handle); !cmp.Equal(got, want) {
			s.t.Errorf("registrar %v lists %v, want %v", m.r.ID(), got, want)
		}
	}
}

func TestScope(t *testing.T) {
	s := newScope(t, 3)
	a, b, c := s.start(0), s.start(1), s.start(2)
	pa, pb := s.element(a, 11), s.element(b, 12)
	s.asap(a, pa, asap.Registration{Handle: "echo", Element: pe(1, 11)})
	s.asap(b, pb, asap.Registration{Handle: "echo", Element: pe(2, 12)})
	s.agree("echo", "1@10", "2@20")
	s.advance(5 * time.Second)
	s.asap(b, s.element(b, 11), asap.Registration{Handle: "echo", Element: pe(1, 11)})
	s.agree("echo", "1@20", "2@20") // ENRP-3.3.1-06 ASAP-3.1-12
	s.asap(c, s.element(c, 12), asap.Deregistration{Handle: "echo", ID: 2})
	s.advance(5 * time.Second)
	s.agree("echo", "1@20") // ASAP-3.2-07
	s.gone("echo", 1)
	s.advance(10 * time.Minute)
	s.agree("echo")
}

func TestContactIsShort(t *testing.T) {
	s := newScope(t, 2)
	s.start(0)
	s.start(1)
	if s.presences > 4 { // ENRP-3.4.1-04
		t.Errorf("%d PRESENCEs between two registrars new to each other, want at most 4", s.presences)
	}
}

func TestScopeHeals(t *testing.T) {
	s := newScope(t, 2)
	b := s.start(1) // its mentor is down
	if b.r.Phase() != feed.Serving {
		t.Fatalf("phase %v, want serving alone", b.r.Phase())
	}
	s.asap(b, s.element(b, 12), asap.Registration{Handle: "echo", Element: pe(1, 12)})
	s.advance(5 * time.Minute)
	a := s.start(0)
	s.asap(a, s.element(a, 11), asap.Registration{Handle: "echo", Element: pe(2, 11)})
	s.asap(b, s.element(b, 12), asap.Registration{Handle: "echo", Element: pe(1, 12)})
	s.advance(31 * time.Second)
	s.agree("echo", "1@20", "2@10") // ENRP-3.4.2-03
}

func TestLongDownload(t *testing.T) {
	s := newScope(t, 2, interval(0))
	a := s.start(0)
	pa := s.element(a, 11)
	for id := range wire.PEIdentifier(5000) {
		s.asap(a, pa, asap.Registration{Handle: "big", Element: pe(id+1, 11)})
	}
	b := s.start(1)
	if b.r.Phase() != feed.Serving {
		t.Fatalf("phase %v, want serving", b.r.Phase())
	}
	if s.requests < 2 { // ENRP-3.2.3-03 ENRP-3.2.3-09
		t.Errorf("%d table requests, want several parts", s.requests)
	}
	if err := b.r.Verify(); err != nil {
		t.Fatal(err)
	}
	s.sameSums()
	for _, element := range []wire.PEIdentifier{1, 2500, 5000} {
		s.asap(a, pa, asap.Deregistration{Handle: "big", ID: element})
	}
	s.sameSums()
	if a.sums[0x10] == 0xffff || b.sums[0x10] == 0xffff {
		t.Error("checksum is that of no element")
	}
	requests := s.requests
	s.advance(2 * time.Minute)
	if s.requests != requests {
		t.Errorf("%d table requests after the download, want none", s.requests-requests)
	}
}

// sameSums checks that all registrars compute the same checksums.
func (s *scope) sameSums() {
	s.t.Helper()
	for _, m := range s.registrars[1:] {
		if diff := cmp.Diff(s.registrars[0].sums, m.sums); diff != "" {
			s.t.Errorf("checksums of registrar %v (-first +this):\n%s", m.r.ID(), diff)
		}
	}
}
