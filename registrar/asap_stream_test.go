package registrar_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// user opens a TCP connection from host, with the port that an element there has.
func (b *bench) user(host byte) registrar.AssociationID {
	b.t.Helper()
	b.next++
	b.step(registrar.AssociationUp{Association: b.next, Protocol: registrar.ASAP, Remote: at(host, 40000+uint16(host)), Stream: true})
	return b.next
}

// checksum is the PE checksum that a peer is told.
func (b *bench) checksum(peer registrar.AssociationID) enrp.Presence {
	b.t.Helper()
	b.sent[peer] = nil
	b.enrp(peer, enrp.Presence{IDs: enrp.IDs{Sender: 0x60}, ReplyRequired: true, Checksum: 0xffff, HasChecksum: true})
	m := only[enrp.Presence](b.t, b.takeENRP(peer))
	return m
}

// ASAP-2.1-01: over TCP nothing of an element is heard, whoever it says it is.
func TestElementsNeedSCTP(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	a, u := b.element(11), b.user(11)
	b.mustRegister(a, "echo", pe(1, 11))
	before := b.checksum(p)
	b.changes = nil
	for _, e := range []wire.PoolElement{pe(1, 11), pe(2, 11), pe(0, 11)} {
		answer := b.register(u, "echo", e)
		if !answer.Reject || answer.ID != e.ID || !cmp.Equal(codes(answer.Causes), []wire.CauseCode{wire.CauseRejectedSecurity}) {
			t.Errorf("registration of %v over TCP: %+v, want a refusal with cause 0xa", e.ID, answer)
		}
	}
	for _, id := range []wire.PEIdentifier{1, 9} {
		b.asap(u, asap.Deregistration{Handle: "echo", ID: id})
		answer := only[asap.DeregistrationResponse](t, b.takeASAP(u))
		if answer.ID != id || !cmp.Equal(codes(answer.Causes), []wire.CauseCode{wire.CauseRejectedSecurity}) {
			t.Errorf("deregistration of %v over TCP: %+v, want a refusal with cause 0xa", id, answer)
		}
	}
	if diff := cmp.Diff(before, b.checksum(p), deepEqual); diff != "" {
		t.Errorf("presence (-before +after):\n%s", diff)
	}
	if len(b.changes) > 0 {
		t.Errorf("changes %v, want none", b.changes)
	}
	if got, want := b.listed("echo"), []string{"1@50"}; !cmp.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
}

// A registrar that starts refuses an element over TCP for good, not for now.
func TestElementsNeedSCTPAtOnce(t *testing.T) {
	b := idle(t, config(self, 1, at(60, 9901)))
	b.step(registrar.Start{})
	if answer := b.register(b.user(11), "echo", pe(1, 11)); !answer.Reject || answer.Causes[0].Code != wire.CauseRejectedSecurity {
		t.Errorf("%+v, want a refusal with cause 0xa", answer)
	}
}

// A TCP connection from the very address and port of an element's SCTP endpoint
// is another endpoint: no keep-alive goes over it, and it acknowledges none.
func TestStreamIsNoElement(t *testing.T) {
	for _, order := range []string{"TCP first", "TCP last"} {
		b := serving(t)
		var u registrar.AssociationID
		if order == "TCP first" {
			u = b.user(11)
		}
		a := b.element(11)
		if order == "TCP last" {
			u = b.user(11)
		}
		b.mustRegister(a, "echo", pe(1, 11))
		b.asap(u, asap.EndpointUnreachable{Handle: "echo", ID: 1})
		if ka := only[asap.EndpointKeepAlive](t, b.takeASAP(a)); ka.Handle != "echo" {
			t.Errorf("%s: keep-alive %+v, want one for echo", order, ka)
		}
		b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
		b.dials = nil
		b.down(a)
		if len(b.dials) != 1 || len(b.sent[u]) > 0 {
			t.Fatalf("%s: dials %v, sent over TCP %x: want the element called by SCTP", order, b.dials, b.sent[u])
		}
		b.asap(u, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1}) // ASAP-3.5-10
		b.step(registrar.DialFailed{Dial: b.dials[0].ID, Reason: "nobody there"})
		if got := b.listed("echo"); len(got) > 0 {
			t.Errorf("%s: listed %v, want nobody: TCP has answered for the element", order, got)
		}
		b.down(u)
	}
}

// ASAP-2.1-02: what users ask for is the same over both.
func TestUsersOverStream(t *testing.T) {
	b := serving(t)
	a := b.element(11)
	b.mustRegister(a, "echo", pe(1, 11)) // of more elements, each asker gets another one first
	u, s := b.user(21), b.up(registrar.ASAP, at(22, 5000), 0)
	for _, m := range []asap.HandleResolution{
		{Handle: "echo", Subscribe: true}, {Handle: "nope"}, {Handle: "echo", Items: 1}, {Handle: "echo", Subscribe: true},
	} {
		b.sent[u], b.sent[s] = nil, nil
		b.asap(u, m)
		b.asap(s, m)
		if len(b.sent[u]) != 1 || !slices.EqualFunc(b.sent[u], b.sent[s], slices.Equal) {
			t.Errorf("%+v: answered %x over TCP, %x over SCTP", m, b.sent[u], b.sent[s])
		}
	}
	b.sent[u] = nil
	b.advance(time.Second)
	b.mustRegister(a, "echo", pe(2, 11))
	b.advance(time.Second)
	if m := only[asap.HandleResolutionResponse](t, b.takeASAP(u)); len(m.Elements) != 2 { // ASAP-3.3-09
		t.Errorf("update with %d elements over TCP, want 2", len(m.Elements))
	}
	b.notes = nil
	b.asap(u, asap.Error{Causes: []wire.Cause{{Code: wire.CauseUnspecified}}})
	if n := b.noted("message.discarded"); len(n) != 1 || !strings.Contains(n[0].Text, "ASAP_ERROR") || len(b.sent[u]) > 0 {
		t.Errorf("noted %v, sent %x: want the error noted and not answered", n, b.sent[u])
	}
	b.down(u)
}

// Users over TCP and SCTP share one limit.
func TestStreamsCount(t *testing.T) {
	b := serving(t, func(cfg *registrar.Config) { cfg.Limits.Associations = 2 })
	u := b.user(21)
	b.element(11)
	refused := b.user(22)
	if !cmp.Equal(b.ended, []registrar.AssociationID{refused}) {
		t.Errorf("ended %v, want the third, %v", b.ended, refused)
	}
	b.down(refused)
	b.down(u)
	b.user(23)
	if len(b.ended) != 1 {
		t.Errorf("ended %v: a connection that is gone still counts", b.ended)
	}
}

// ASAP-3.6-02: SCTP with all its addresses, TCP with one each, which RSPLIB would not
// take.
func TestAnnounceStream(t *testing.T) {
	eachDialect(t, func(t *testing.T, d registrar.Dialect) {
		cfg := config(self, 1)
		cfg.Dialect, cfg.AnnounceASAP = d, true
		cfg.ASAPStream = registrar.Endpoint{Addrs: slices.Concat(at(1, 0).Addrs, at(2, 0).Addrs), Port: 3864}
		b := idle(t, cfg)
		got, err := asap.Parse(first[registrar.Announce](t, b.step(registrar.Start{})).Data)
		if err != nil {
			t.Fatal(err)
		}
		places := []wire.Transport{
			{Type: wire.TypeSCTPTransport, Port: 3863, Addresses: at(1, 0).Addrs},
			{Type: wire.TypeTCPTransport, Port: 3864, Addresses: at(1, 0).Addrs},
			{Type: wire.TypeTCPTransport, Port: 3864, Addresses: at(2, 0).Addrs},
		}
		want := asap.ServerAnnounce{Server: self, Transports: either(d, places, places[:1])}
		if diff := cmp.Diff(asap.Message(want), got.Message, deepEqual); diff != "" {
			t.Errorf("announce (-want +got):\n%s", diff)
		}
	})
}

// ASAP-3.6-03: peers are counted by ENRP. An announce of ASAP, its own or
// another's, changes nothing, whatever way it comes back.
func TestAnnouncesHeardCountNobody(t *testing.T) {
	cfg := config(self, 1)
	cfg.AnnounceASAP, cfg.AnnounceENRP = true, true
	b := idle(t, cfg)
	a := b.element(11)
	other, err := asap.Append(nil, asap.ServerAnnounce{Server: 0x77, Transports: []wire.Transport{asapTransport(77)}})
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Duration
	loop := func(effects []registrar.Effect) {
		for _, own := range all[registrar.Announce](effects) {
			if own.Protocol != registrar.ASAP {
				continue
			}
			times = append(times, b.now.Sub(epoch))
			for _, data := range [][]byte{own.Data, other} {
				b.step(registrar.Heard{From: asapFrom(1), Data: data})
				b.step(registrar.Received{Association: a, Data: data})
			}
		}
	}
	loop(b.step(registrar.Start{}))
	for end := epoch.Add(20 * time.Second); ; {
		next, ok := b.r.Deadline()
		if !ok || next.After(end) {
			break
		}
		b.now = next
		loop(b.step(registrar.Tick{}))
	}
	if len(times) < 15 {
		t.Fatalf("announces at %v, want one in every second", times)
	}
	for i := 1; i < len(times); i++ {
		if times[i]-times[i-1] != cfg.ServerAnnounce {
			t.Errorf("announce %d comes after %v, want %v: somebody was counted", i, times[i]-times[i-1], cfg.ServerAnnounce)
		}
	}
	if len(b.sent[a]) > 0 || len(b.dials) > 0 {
		t.Errorf("sent %x, dials %v: want announces left alone", b.sent[a], b.dials)
	}
}

func asapFrom(host byte) netip.AddrPort { return netip.AddrPortFrom(at(host, 0).Addrs[0], 3863) }

// first gives the first of the effects that is an M.
func first[M any](t testing.TB, effects []registrar.Effect) M {
	t.Helper()
	found := all[M](effects)
	if len(found) == 0 {
		t.Fatalf("no %T in %+v", *new(M), effects)
	}
	return found[0]
}
