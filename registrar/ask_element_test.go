package registrar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	policies "rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// An operator asks an element whether it lives (RFC 5352 section 3.5), and hears how
// long the answer took.
func TestOperatorProbesElement(t *testing.T) {
	ask := func(b *bench, request uint64, id wire.PEIdentifier) {
		b.step(registrar.ProbeElement{Request: request, Handle: "echo", ID: id})
	}
	b := serving(t)
	p := b.peer(0x60, 60)
	one, two := b.element(11), b.element(12)
	b.register(one, "echo", pe(1, 11))
	b.register(two, "echo", pe(2, 12))
	b.enrp(p, add(0x60, "echo", pe(3, 13)))
	b.takeASAP(one)
	ask(b, 1, 9)
	ask(b, 2, 3)
	ask(b, 3, 1)
	ask(b, 4, 1)
	only[asap.EndpointKeepAlive](t, b.takeASAP(one))
	b.advance(620 * time.Microsecond)
	b.asap(one, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
	b.asap(one, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1}) // it says so once
	ask(b, 5, 2)
	b.advance(5 * time.Second)
	if got := b.listed("echo"); len(got) != 2 || got[0] != "1@50" {
		t.Errorf("elements %v, want the silent one removed", got)
	}
	for n := range uint64(33) {
		ask(b, 100+n, 1)
	}
	b.step(registrar.Stop{})
	ask(b, 6, 1)
	lives := registrar.Answered{Outcome: registrar.AskDone, After: 620 * time.Microsecond, Text: "acknowledged", HomeServer: self}
	with := func(a registrar.Answered, request uint64) registrar.Answered {
		a.Request = request
		return a
	}
	want := []registrar.Answered{
		{Request: 1, Outcome: registrar.AskUnknown, Text: "no such element is known here"},
		{Request: 2, Outcome: registrar.AskElsewhere, HomeServer: 0x60, Text: "only its home registrar asks it"},
		with(lives, 3), with(lives, 4),
		{Request: 5, Outcome: registrar.AskSilent, After: 5 * time.Second, Text: "it has not answered, or has left, and is removed"},
		{Request: 132, Outcome: registrar.AskNotNow, Text: "others wait for an answer of it already"},
	}
	stopping := registrar.Answered{Outcome: registrar.AskNotNow, Text: "this registrar is stopping"}
	for n := range uint64(32) {
		want = append(want, with(stopping, 100+n))
	}
	want = append(want, with(stopping, 6))
	if diff := cmp.Diff(want, b.outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// While it is asked, the element registers at another registrar; one that no place is
// known of is not asked.
func TestOperatorProbesElementElsewhere(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	a := b.element(11)
	b.register(a, "echo", pe(1, 11))
	b.step(registrar.ProbeElement{Request: 1, Handle: "echo", ID: 1})
	b.enrp(p, add(0x60, "echo", pe(1, 11)))
	want := []registrar.Answered{{Request: 1, Outcome: registrar.AskElsewhere, HomeServer: 0x60, Text: "it has another home registrar now"}}
	if diff := cmp.Diff(want, b.outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// What a user would get is told, and moves nothing: a user then gets the same.
func TestOperatorSelects(t *testing.T) {
	b := serving(t)
	a := b.element(11)
	for id := range wire.PEIdentifier(3) {
		b.register(a, "echo", pe(id+1, 11))
	}
	ids := func(list []wire.PoolElement) (ids []wire.PEIdentifier) {
		for _, e := range list {
			ids = append(ids, e.ID)
		}
		return ids
	}
	var first []wire.PEIdentifier
	for range 3 {
		b.step(registrar.SelectElements{Request: 7, Handle: "echo", Items: 2})
		got := b.selected
		if !got.Known || got.Request != 7 || got.Policy != policies.RoundRobin() || len(got.Elements) != 2 {
			t.Fatalf("selected %+v, want two of a pool with round robin", got)
		}
		if first == nil {
			first = ids(got.Elements)
		}
		if diff := cmp.Diff(first, ids(got.Elements)); diff != "" {
			t.Errorf("another selection (-want +got):\n%s", diff)
		}
	}
	u := b.user(21)
	b.asap(u, asap.HandleResolution{Handle: "echo", Items: 2})
	if diff := cmp.Diff(first, ids(only[asap.HandleResolutionResponse](t, b.takeASAP(u)).Elements)); diff != "" {
		t.Errorf("a user gets others (-told +got):\n%s", diff)
	}
	if b.step(registrar.SelectElements{Handle: "none"}); b.selected.Known {
		t.Errorf("selected %+v of no pool", b.selected)
	}
	if b.step(registrar.SelectElements{Handle: "echo"}); len(b.selected.Elements) != 3 {
		t.Errorf("selected %d, want all three", len(b.selected.Elements))
	}
}
