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
	"rserpool/registrar/wire"
)

// subscribed gives a registrar with two elements in a pool, and a user that has
// subscribed to it.
func subscribed(t *testing.T, set ...func(*registrar.Config)) (b *bench, pe1, user registrar.AssociationID) {
	t.Helper()
	b = serving(t, set...)
	pe1 = b.element(11)
	b.mustRegister(pe1, "echo", pe(1, 11), pe(2, 11))
	user = b.up(registrar.ASAP, at(20, 5000), 0)
	b.asap(user, asap.HandleResolution{Handle: "echo", Subscribe: true})
	if m := only[asap.HandleResolutionResponse](t, b.takeASAP(user)); !m.Accepted || len(m.Elements) != 2 { // ASAP-3.3-08
		t.Fatalf("answer %+v, want A=1 and 2 elements", m)
	}
	b.advance(time.Second)
	return b, pe1, user
}

// news are the answers that a user has got: each is the IDs of its elements, in
// order, or its cause.
func (b *bench) news(user registrar.AssociationID) []string {
	b.t.Helper()
	var list []string
	for _, m := range all[asap.HandleResolutionResponse](b.takeASAP(user)) {
		var got []uint32
		for _, e := range m.Elements {
			got = append(got, uint32(e.ID))
		}
		slices.Sort(got)
		switch {
		case len(m.Causes) == 1 && !m.Accepted:
			list = append(list, m.Causes[0].Code.String())
		case m.Accepted:
			list = append(list, fmt.Sprint(got))
		default:
			list = append(list, fmt.Sprint("A=0 ", got))
		}
	}
	return list
}

func (b *bench) wantNews(user registrar.AssociationID, want ...string) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.news(user)); diff != "" {
		b.t.Errorf("updates (-want +got):\n%s", diff)
	}
}

// ASAP-3.3-09: a subscriber hears of every change of the pool, whoever makes it.
func TestSubscription(t *testing.T) {
	b, pe1, user := subscribed(t)
	p := b.peer(0x60, 60)
	b.mustRegister(pe1, "echo", pe(3, 11))
	b.wantNews(user, "[1 2 3]")
	b.advance(time.Second)
	b.enrp(p, add(0x60, "echo", pe(4, 12)))
	b.wantNews(user, "[1 2 3 4]")
	b.advance(time.Second)
	b.asap(pe1, asap.Deregistration{Handle: "echo", ID: 1})
	b.wantNews(user, "[2 3 4]")
	b.advance(time.Second)
	b.mustRegister(pe1, "echo", pe(2, 11)) // as it was
	b.mustRegister(pe1, "other", pe(1, 11))
	b.wantNews(user)
	b.mustRegister(pe1, "echo", pe(2, 11, life(77)))
	b.wantNews(user, "[2 3 4]")
	b.advance(time.Second)
	b.enrp(p, removal(0x60, 0x60, "echo", pe(4, 12)))
	b.wantNews(user, "[2 3]")
	b.advance(time.Second)
	b.down(user)
	b.mustRegister(pe1, "echo", pe(5, 11))
	b.wantNews(user)
}

// ASAP-3.3-11: the end of the pool is told once, and ends the subscription.
func TestSubscriptionEndsWithThePool(t *testing.T) {
	b, pe1, user := subscribed(t)
	b.asap(pe1, asap.Deregistration{Handle: "echo", ID: 1})
	b.wantNews(user, "[2]")
	b.asap(pe1, asap.Deregistration{Handle: "echo", ID: 2})
	b.wantNews(user)
	b.advance(time.Second)
	b.wantNews(user, wire.CauseUnknownPoolHandle.String())
	b.mustRegister(pe1, "echo", pe(1, 11))
	b.advance(time.Second)
	b.wantNews(user)
}

// ASAP-3.3-12 TMR-27: updates are rare where changes are not, the last one tells
// all, and none moves the turns of the pool.
func TestSubscriptionRate(t *testing.T) {
	b, pe1, user := subscribed(t)
	for i := range wire.RegistrationLife(100) {
		b.mustRegister(pe1, "echo", pe(1, 11, life(1000+i)))
		b.advance(10 * time.Millisecond)
	}
	b.advance(time.Second)
	updates := all[asap.HandleResolutionResponse](b.takeASAP(user))
	if n := len(updates); n < 2 || n > 7 {
		t.Errorf("%d updates of 100 changes in a second, want one at once and one in 200 ms", n)
	}
	last := updates[len(updates)-1].Elements
	if !slices.ContainsFunc(last, func(e wire.PoolElement) bool { return e.ID == 1 && e.Life == 1099 }) {
		t.Errorf("last update %+v, want element 1 as the last change made it", last)
	}
	for _, want := range []wire.PEIdentifier{2, 1, 2, 1} {
		b.asap(user, asap.HandleResolution{Handle: "echo", Items: 1})
		if m := only[asap.HandleResolutionResponse](t, b.takeASAP(user)); len(m.Elements) != 1 || m.Elements[0].ID != want || m.Accepted {
			t.Errorf("one item is %+v, want element %v, A=0", m, want)
		}
	}
}

// SEC-27 TMR-24: so many subscriptions and no more. Who asks again has not asked for
// more, but for another number of elements.
func TestSubscriptionLimit(t *testing.T) {
	b, pe1, user := subscribed(t, func(c *registrar.Config) { c.Limits.Subscriptions = 1 })
	b.mustRegister(pe1, "other", pe(1, 11))
	b.asap(user, asap.HandleResolution{Handle: "other", Subscribe: true})
	b.wantNews(user, "A=0 [1]")
	b.asap(user, asap.HandleResolution{Handle: "echo", Subscribe: true, Items: 1})
	if got := b.news(user); len(got) != 1 || got[0] != "[1]" && got[0] != "[2]" {
		t.Errorf("answers %v, want one element and A=1", got)
	}
	b.mustRegister(pe1, "other", pe(2, 11))
	b.mustRegister(pe1, "echo", pe(3, 11))
	if m := only[asap.HandleResolutionResponse](t, b.takeASAP(user)); m.Handle != "echo" || len(m.Elements) != 1 {
		t.Errorf("update %+v, want one element of the pool that it has subscribed to", m)
	}
}

// A registrar that leaves tells where the elements go.
func TestSubscriptionWhileLeaving(t *testing.T) {
	b, pe1, user := subscribed(t)
	p := b.peer(0x60, 60)
	b.mustRegister(pe1, "echo", pe(3, 11))
	b.mustRegister(pe1, "echo", pe(4, 11))
	b.wantNews(user, "[1 2 3]")
	b.step(registrar.Stop{Within: time.Minute})
	b.advance(time.Second)
	b.wantNews(user, "[1 2 3 4]")
	b.enrp(p, enrp.HandleUpdate{IDs: enrp.IDs{Sender: 0x60}, Handle: "echo", Element: of(0x60, pe(1, 11))})
	m := only[asap.HandleResolutionResponse](t, b.takeASAP(user))
	if !slices.ContainsFunc(m.Elements, func(e wire.PoolElement) bool { return e.ID == 1 && e.HomeServer == 0x60 }) {
		t.Errorf("update %+v, want the new home of element 1", m)
	}
}
