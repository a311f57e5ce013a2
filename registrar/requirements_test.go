package registrar_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// What RFC 3237 requires of the architecture and no procedure states.

// kill ends a registrar as a crash does: its associations end, it says nothing.
func (s *scope) kill(m *member) {
	s.t.Helper()
	m.up = false
	for _, a := range slices.Sorted(maps.Keys(m.other)) {
		s.cut(m, a)
	}
	s.send(m, registrar.Tick{})
}

// ARC-01: whichever of three registrars crashes, the others go on resolving and
// registering, and no registration is lost.
func TestNoSinglePointOfFailure(t *testing.T) {
	var want []string
	for id := 1; id <= 6; id++ {
		want = append(want, fmt.Sprint(id))
	}
	for victim := range 3 {
		s := newScope(t, 3, interval(15*time.Second))
		for i := range s.registrars {
			s.start(i)
		}
		for id := range wire.PEIdentifier(6) {
			host := 11 + byte(id)
			for i, m := range s.registrars { // each can be asked by everybody
				a := s.element(m, host)
				if i == int(id)%3 {
					s.asap(m, a, asap.Registration{Handle: "echo", Element: pe(id+1, host)})
				} else {
					m.elements[a] = []asap.EndpointKeepAliveAck{{Handle: "echo", ID: id + 1}}
				}
			}
		}
		load := map[*member]registrar.AssociationID{}
		for i, m := range s.registrars {
			load[m] = s.element(m, 21+byte(i))
		}
		dead := s.registrars[victim]
		for second := range 150 {
			if second == 20 {
				s.kill(dead)
			}
			for _, m := range s.registrars {
				if !m.up {
					continue
				}
				var got []string
				for _, e := range s.listed(m, "echo") {
					got = append(got, e[:1])
				}
				if !cmp.Equal(got, want) {
					t.Fatalf("%v dead, %d s: %v lists %v, want all elements", dead.r.ID(), second, m.r.ID(), got)
				}
				s.asap(m, load[m], asap.Registration{Handle: "load", Element: pe(1000+wire.PEIdentifier(second), m.host+20)})
				if answer := only[asap.RegistrationResponse](t, m.heard); answer.Reject {
					t.Fatalf("%v dead, %d s: %v refuses a registration: %v", dead.r.ID(), second, m.r.ID(), codes(answer.Causes))
				}
				s.asap(m, load[m], asap.Deregistration{Handle: "load", ID: 1000 + wire.PEIdentifier(second)})
			}
			s.advance(time.Second)
		}
		for _, m := range s.registrars {
			if sum := m.sums[dead.r.ID()]; m != dead && sum != 0xffff {
				t.Errorf("%v has elements whose home is %v, which is dead: checksum %v", m.r.ID(), dead.r.ID(), sum)
			}
		}
	}
}

// ARC-04: an accepted registration is announced in the step that accepts it,
// however many elements there are.
func TestRegistrationsSpreadAtOnce(t *testing.T) {
	b := serving(t)
	a := b.element(11)
	b.fill(a, "big", 10_000)
	peers := []registrar.AssociationID{b.peer(0x60, 60), b.peer(0x70, 70)}
	data, err := asap.Append(nil, asap.Registration{Handle: "big", Element: pe(20_000, 11)})
	if err != nil {
		t.Fatal(err)
	}
	b.step(registrar.Received{Association: a, Data: data})
	for _, p := range peers {
		if m := only[enrp.HandleUpdate](t, b.takeENRP(p)); m.Action != enrp.AddPE || m.Element.ID != 20_000 {
			t.Errorf("update %+v, want the new element", m)
		}
	}
}

// ARC-05: 100,000 pools, and 1,000 users that ask for them.
func TestManyPoolsAndUsers(t *testing.T) {
	const pools, users = 100_000, 1000
	handle := func(i int) wire.PoolHandle { return wire.PoolHandle(fmt.Sprintf("pool-%d", i)) }
	b := serving(t)
	step := func(a registrar.AssociationID, m asap.Message) asap.Message {
		t.Helper()
		data, err := asap.Append(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range b.r.Step(b.now, registrar.Received{Association: a, Data: data}) {
			if send, ok := e.(registrar.Send); ok {
				d, err := asap.Parse(send.Data)
				if err != nil || send.Association != a {
					t.Fatalf("sent %x over %d: %v", send.Data, send.Association, err)
				}
				return d.Message
			}
		}
		t.Fatalf("no answer to %+v", m)
		return nil
	}
	a := b.element(11)
	for i := range pools {
		if answer := step(a, asap.Registration{Handle: handle(i), Element: pe(1, 11)}).(asap.RegistrationResponse); answer.Reject {
			t.Fatalf("pool %d refused: %v", i, codes(answer.Causes))
		}
	}
	for u := range users {
		b.next++
		b.r.Step(b.now, registrar.AssociationUp{Association: b.next, Protocol: registrar.ASAP, Remote: at(byte(u%200+20), uint16(5000+u))})
	}
	for u := range users {
		want := handle(u * pools / users)
		answer := step(b.next-users+1+registrar.AssociationID(u), asap.HandleResolution{Handle: want}).(asap.HandleResolutionResponse)
		if answer.Handle != want || len(answer.Elements) != 1 {
			t.Fatalf("user %d gets %+v, want the element of %s", u, answer, want)
		}
	}
	if err := b.r.Verify(); err != nil {
		t.Error(err)
	}
}
