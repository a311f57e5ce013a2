package registrar_test

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// deepEqual compares messages; addresses are values.
var deepEqual = cmp.Options{cmpopts.EquateComparable(netip.Addr{}), cmpopts.EquateEmpty()}

func TestRegistration(t *testing.T) {
	b := serving(t)
	p1, p2 := b.peer(0x60, 60), b.peer(0x70, 70)
	e1 := b.element(11)
	registered := pe(1, 11, func(e *wire.PoolElement) {
		e.ASAPTransport = asapTransport(200) // what it says of itself does not count
		e.HomeServer = 0x99
	})
	answer := b.register(e1, "echo", registered)
	// ASAP-3.1-15 ASAP-3.1-17
	if diff := cmp.Diff(asap.RegistrationResponse{Handle: "echo", ID: 1}, answer, deepEqual); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	// ASAP-3.1-01
	if got := b.listed("echo"); !cmp.Equal(got, []string{"1@50"}) {
		t.Errorf("resolution gives %v, want 1@50", got)
	}
	// ASAP-3.1-12 ASAP-3.1-13 ASAP-3.1-18 ENRP-3.3.1-01 ENRP-3.3.1-02 ENRP-2.1-02 ENRP-3.1-01
	want := enrp.HandleUpdate{IDs: enrp.IDs{Sender: self}, Action: enrp.AddPE, Handle: "echo", Element: of(self, pe(1, 11))}
	for _, p := range []registrar.AssociationID{p1, p2} {
		if diff := cmp.Diff([]enrp.Message{want}, b.takeENRP(p), deepEqual); diff != "" {
			t.Errorf("to the peer (-want +got):\n%s", diff)
		}
	}
}

func TestRegistrationRefused(t *testing.T) {
	wrr := wire.Policy{Type: wire.WeightedRoundRobin, Weight: 5}
	tests := []struct {
		name  string
		e     wire.PoolElement
		cause wire.CauseCode
	}{
		{"policy type", pe(2, 11, transport(func(u *wire.Transport) { u.Use = 1 })), wire.CauseInconsistentPolicy}, // ASAP-3.1-03
		{
			"transport type", pe(2, 11, policy(wrr), transport(func(u *wire.Transport) { u.Type = wire.TypeTCPTransport })),
			wire.CauseInconsistentTransport,
		}, // ASAP-3.1-04
		{"transport use", pe(2, 11, policy(wrr)), wire.CauseInconsistentDataControl},                         // ASAP-3.1-05
		{"re-registration", pe(1, 11, policy(wire.Policy{Type: wire.Random})), wire.CauseInconsistentPolicy}, // ASAP-3.1-08 ASAP-3.1-09
		{"other address", pe(2, 12), wire.CauseInvalidValues},                                                // ASAP-2.2.1-01
		{"port 0", pe(2, 11, transport(func(u *wire.Transport) { u.Port = 0 })), wire.CauseInvalidValues},
		{"unspecified", pe(2, 11, transport(func(u *wire.Transport) { u.Addresses = []netip.Addr{netip.IPv4Unspecified()} })), wire.CauseInvalidValues},
		{"multicast", pe(2, 11, transport(func(u *wire.Transport) { u.Addresses = []netip.Addr{netip.MustParseAddr("239.0.0.1")} })), wire.CauseInvalidValues},
		{"unknown policy", pe(2, 11, policy(wire.Policy{Type: 0x80000001, Raw: "x"})), wire.CauseInvalidValues},                                        // POL-7-01
		{"policy that is carried", pe(2, 11, policy(wire.Policy{Type: 0xb0001001, Raw: "\x40\x00\x00\x00\x00\x00\x00\x00"})), wire.CauseInvalidValues}, // POL-7-01
		{"reserved policy", pe(2, 11, policy(wire.Policy{Type: 0x40000000})), wire.CauseInvalidValues},                                                 // POL-7-01
		{"life 0", pe(2, 11, life(0)), wire.CauseInvalidValues},                                                                                        // ASAP-3.1-19
		{"life -2", pe(2, 11, life(-2)), wire.CauseInvalidValues},                                                                                      // ASAP-3.1-19
		{"identifier 0", pe(0, 11), wire.CauseInvalidValues},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := serving(t)
			p := b.peer(0x60, 60)
			a := b.element(11)
			// ASAP-3.1-02
			b.mustRegister(a, "echo", pe(1, 11, policy(wrr), transport(func(u *wire.Transport) { u.Use = 1 })))
			b.sent[p], b.changes = nil, nil
			before := b.resolve("echo")
			answer := b.register(a, "echo", tt.e)
			if !answer.Reject || answer.ID != tt.e.ID || answer.Handle != "echo" {
				t.Errorf("answer %+v, want a refusal of %v", answer, tt.e.ID)
			}
			if got := codes(answer.Causes); !cmp.Equal(got, []wire.CauseCode{tt.cause}) { // ASAP-3.1-16
				t.Errorf("causes %v, want %v", got, tt.cause)
			}
			if tt.cause == wire.CauseInconsistentPolicy {
				if p, err := answer.Causes[0].Policy(); err != nil || p.Type != wire.WeightedRoundRobin {
					t.Errorf("cause carries policy %v, %v, want the pool's", p, err)
				}
			}
			if !tt.e.Policy.Type.Defined() && !bytes.Equal(answer.Causes[0].Info, tt.e.Policy.TLV()) {
				t.Errorf("cause carries %x, want the policy", answer.Causes[0].Info)
			}
			// PAR-3.12-06
			if tt.cause == wire.CauseInconsistentTransport && !bytes.HasPrefix(answer.Causes[0].Info, []byte{0, byte(wire.TypeSCTPTransport)}) {
				t.Errorf("cause carries %x, want a transport of the pool's type", answer.Causes[0].Info)
			}
			if diff := cmp.Diff(before, b.resolve("echo"), deepEqual); diff != "" {
				t.Errorf("pool changed (-before +after):\n%s", diff)
			}
			if got := b.takeENRP(p); len(got) > 0 || len(b.changes) > 0 { // ASAP-3.1-18
				t.Errorf("peer heard %v, feed %v, want silence", got, b.changes)
			}
		})
	}
}

// PAR-3.3-02: what is not SCTP carries data only, whatever its reserved field
// says; elements of one such pool differ in nothing then.
func TestDataOnlyTransports(t *testing.T) {
	b := serving(t)
	a := b.element(11)
	for i, u := range []wire.ParameterType{wire.TypeTCPTransport, wire.TypeUDPTransport, wire.TypeUDPLiteTransport, wire.TypeDCCPTransport} {
		handle := wire.PoolHandle(u.String())
		e := pe(wire.PEIdentifier(i+1), 11, transport(func(t *wire.Transport) { t.Type, t.Use = u, 1 }))
		other := pe(wire.PEIdentifier(i+11), 11, transport(func(t *wire.Transport) { t.Type = u }))
		b.mustRegister(a, handle, e, other)
		for _, got := range b.resolve(handle).Elements {
			if got.UserTransport.Use != wire.DataOnly || got.UserTransport.Type != u {
				t.Errorf("%v: element %v has use %d", u, got.ID, got.UserTransport.Use)
			}
		}
	}
}

func TestRegistrationAgain(t *testing.T) {
	b := serving(t)
	a := b.element(11)
	load := func(n uint32) func(*wire.PoolElement) { return policy(wire.Policy{Type: wire.LeastUsed, Load: n}) }
	b.mustRegister(a, "echo", pe(1, 11, load(10)), pe(1, 11, load(90)))
	// ASAP-3.1-07
	if got := b.resolve("echo").Elements; len(got) != 1 || got[0].Policy.Load != 90 {
		t.Errorf("resolution gives %+v, want one element with load 90", got)
	}
	// ASAP-3.1-06
	b.mustRegister(a, "echo", pe(2, 11, load(5), life(7), transport(func(u *wire.Transport) { u.Port = 99 })))
	// ASAP-3.1-11
	b.mustRegister(a, "other", pe(1, 11))
	b.changes = nil
	b.advance(time.Second)
	b.mustRegister(a, "other", pe(1, 11))
	if len(b.changes) != 1 || len(all[feed.ElementState](b.changes)) != 1 {
		t.Errorf("the feed hears %+v of a registration without changes, want its expiry only", b.changes)
	}
}

func TestRegistrationLimits(t *testing.T) {
	b := serving(t, func(cfg *registrar.Config) {
		cfg.Limits.Elements, cfg.Limits.Pools, cfg.Limits.ElementsPerAssociation, cfg.Limits.HandleLength = 3, 2, 2, 8
	})
	e1, e2 := b.element(11), b.element(12)
	b.mustRegister(e1, "a", pe(1, 11))
	b.mustRegister(e1, "12345678", pe(1, 11))
	tests := []struct {
		name   string
		a      registrar.AssociationID
		handle wire.PoolHandle
		e      wire.PoolElement
	}{
		{"elements of one association", e1, "a", pe(2, 11)},
		{"pools", e2, "c", pe(1, 12)},
		{"handle length", e2, "123456789", pe(1, 12)},
		{"element length", e2, "a", pe(3, 12, func(e *wire.PoolElement) {
			e.UserTransport = wire.Transport{Type: wire.TypeOpaqueTransport, Opaque: strings.Repeat("x", 40000)}
		})},
	}
	for _, tt := range tests {
		answer := b.register(tt.a, tt.handle, tt.e)
		// ASAP-3.1-14 SEC-27
		if !answer.Reject || !cmp.Equal(codes(answer.Causes), []wire.CauseCode{wire.CauseLackOfResources}) {
			t.Errorf("%s: answer %+v, want cause 6", tt.name, answer)
		}
	}
	b.mustRegister(e2, "a", pe(3, 12)) // service for others goes on
	if answer := b.register(e2, "a", pe(4, 12)); !answer.Reject {
		t.Error("fourth of three elements accepted")
	}
	b.mustRegister(e1, "a", pe(1, 11)) // what is there may come again
}

func TestRegistrationIdentity(t *testing.T) {
	t.Run("another live element", func(t *testing.T) {
		b := serving(t)
		e1, e2 := b.element(11), b.element(12)
		b.mustRegister(e1, "echo", pe(1, 11))
		before := b.resolve("echo")
		// ASAP-3.1-10
		if answer := b.register(e2, "echo", pe(1, 12)); !answer.Reject || codes(answer.Causes)[0] != wire.CauseNonUniquePEIdentifier {
			t.Errorf("answer %+v, want cause 4", answer)
		}
		if diff := cmp.Diff(before, b.resolve("echo"), deepEqual); diff != "" {
			t.Errorf("element changed (-before +after):\n%s", diff)
		}
	})
	t.Run("same element, new association", func(t *testing.T) {
		b := serving(t)
		b.mustRegister(b.element(11), "echo", pe(1, 11))
		b.mustRegister(b.element(11), "echo", pe(1, 11))
	})
	t.Run("restarted on another port", func(t *testing.T) {
		b := serving(t)
		e1 := b.element(11)
		b.mustRegister(e1, "echo", pe(1, 11))
		b.down(e1)
		b.mustRegister(b.up(registrar.ASAP, at(11, 50000), 0), "echo", pe(1, 11))
	})
	for _, lives := range []bool{true, false} {
		t.Run("association gone, element elsewhere", func(t *testing.T) {
			b := serving(t)
			e1, e2 := b.element(11), b.element(12)
			b.mustRegister(e1, "echo", pe(1, 11))
			b.down(e1)
			b.asap(e2, asap.Registration{Handle: "echo", Element: pe(1, 12)})
			if got := b.takeASAP(e2); len(got) > 0 {
				t.Fatalf("answered with %v before the old element was asked", got)
			}
			call := only[registrar.Dial](t, b.dials)
			if lives {
				a := b.up(registrar.ASAP, call.To, call.ID)
				b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
			} else {
				b.step(registrar.DialFailed{Dial: call.ID, Reason: "refused"})
			}
			if answer := only[asap.RegistrationResponse](t, b.takeASAP(e2)); answer.Reject != lives {
				t.Errorf("old element lives: %v, answer %+v", lives, answer)
			}
		})
	}
}

func TestRegistrationMovesHere(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	b.enrp(p, enrp.HandleUpdate{IDs: enrp.IDs{Sender: 0x60}, Handle: "echo", Element: of(0x60, pe(1, 11))})
	b.takeENRP(p)
	b.changes = nil
	b.mustRegister(b.element(11), "echo", pe(1, 11))
	// ASAP-3.1-12
	update := only[enrp.HandleUpdate](t, b.takeENRP(p))
	if update.Action != enrp.AddPE || update.Element.HomeServer != self {
		t.Errorf("peer hears %+v, want an ADD with home %v", update, self)
	}
	sums := map[wire.ServerID]wire.Checksum{}
	for _, m := range all[enrp.Presence](b.changes) {
		sums[m.Sender] = m.Checksum
	}
	var want enrp.Sum
	want.Add("echo", 1)
	if diff := cmp.Diff(map[wire.ServerID]wire.Checksum{self: want.Checksum(), 0x60: 0xffff}, sums); diff != "" {
		t.Errorf("checksums (-want +got):\n%s", diff)
	}
}

func TestExpiry(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	a := b.element(11)
	b.mustRegister(a, "echo", pe(1, 11, life(10)))
	b.mustRegister(a, "echo", pe(2, 11, life(wire.InfiniteLife)))
	b.advance(9 * time.Second)
	b.mustRegister(a, "echo", pe(1, 11, life(10)))
	b.sent[p] = nil
	b.advance(9900 * time.Millisecond)
	if got := b.listed("echo"); len(got) != 2 { // ASAP-3.1-19
		t.Errorf("9.9 s after it registered again: %v", got)
	}
	b.advance(200 * time.Millisecond)
	if got := b.listed("echo"); !cmp.Equal(got, []string{"2@50"}) {
		t.Errorf("10.1 s after it registered again: %v", got)
	}
	// ASAP-3.2-01 ENRP-3.3.2-01
	if diff := cmp.Diff([]asap.Message{asap.DeregistrationResponse{Handle: "echo", ID: 1}}, b.takeASAP(a), deepEqual); diff != "" {
		t.Errorf("to the element (-want +got):\n%s", diff)
	}
	want := enrp.HandleUpdate{IDs: enrp.IDs{Sender: self}, Action: enrp.DelPE, Handle: "echo", Element: of(self, pe(1, 11, life(10)))}
	if diff := cmp.Diff([]enrp.Message{want}, b.takeENRP(p), deepEqual); diff != "" {
		t.Errorf("to the peer (-want +got):\n%s", diff)
	}
	if n := only[registrar.Noted](t, b.noted("element.removed")); n.Origin != "expiry" {
		t.Errorf("removal has origin %q, want expiry", n.Origin)
	}
}

func TestDeregistration(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	e1, e2 := b.element(11), b.element(12)
	b.mustRegister(e1, "echo", pe(1, 11))
	b.enrp(p, enrp.HandleUpdate{IDs: enrp.IDs{Sender: 0x60}, Handle: "echo", Element: of(0x60, pe(2, 12))})
	b.sent[p] = nil
	tests := []struct {
		name   string
		a      registrar.AssociationID
		handle wire.PoolHandle
		id     wire.PEIdentifier
		cause  []wire.CauseCode
		home   wire.ServerID // named by the DEL, 0 for none
	}{
		{"by another", e2, "echo", 1, []wire.CauseCode{wire.CauseRejectedSecurity}, 0}, // ASAP-3.2-04 ASAP-3.2-06 SEC-13
		{"unknown element", e1, "echo", 7, nil, 0},                                     // ASAP-3.2-03
		{"unknown pool", e1, "nope", 1, nil, 0},                                        // ASAP-3.2-03
		{"own", e1, "echo", 1, nil, self},                                              // ASAP-3.2-02 ENRP-3.3.2-01
		{"not at its home", e2, "echo", 2, nil, 0x60},                                  // ASAP-3.2-07
	}
	for _, tt := range tests {
		b.asap(tt.a, asap.Deregistration{Handle: tt.handle, ID: tt.id})
		answer := only[asap.DeregistrationResponse](t, b.takeASAP(tt.a)) // ASAP-3.2-05
		if answer.ID != tt.id || answer.Handle != tt.handle || !cmp.Equal(codes(answer.Causes), tt.cause) {
			t.Errorf("%s: answer %+v, want causes %v", tt.name, answer, tt.cause)
		}
		updates := all[enrp.HandleUpdate](b.takeENRP(p))
		if tt.home == 0 {
			if len(updates) > 0 {
				t.Errorf("%s: peer hears %+v, want nothing", tt.name, updates)
			}
			continue
		}
		if len(updates) != 1 || updates[0].Action != enrp.DelPE || updates[0].Element.HomeServer != tt.home {
			t.Errorf("%s: peer hears %+v, want one DEL naming %v", tt.name, updates, tt.home)
		}
	}
	if got := codes(b.resolve("echo").Causes); !cmp.Equal(got, []wire.CauseCode{wire.CauseUnknownPoolHandle}) {
		t.Errorf("the pool outlived its last element: causes %v", got)
	}
}

// Who waits for the identifier of another one is told of what it has sent, whatever
// came meanwhile.
func TestContenderIsEchoed(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	old := of(0x60, pe(1, 11))
	old.ASAPTransport = sctp(11, 40011)
	b.enrp(p, enrp.HandleUpdate{IDs: ids(0x60, 0), Handle: "echo", Element: old})
	a, e3 := b.element(12), b.element(13)
	other := pe(7, 13)
	other.ASAPTransport = sctp(13, 40013)
	b.mustRegister(e3, "web", other)
	sent := pe(1, 12)
	sent.ASAPTransport = sctp(12, 40012)
	b.asap(a, asap.Registration{Handle: "echo", Element: sent})
	b.mustRegister(e3, "web", other)
	called := b.up(registrar.ASAP, at(11, 40011), b.dials[len(b.dials)-1].ID)
	b.asap(called, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
	answer := only[asap.RegistrationResponse](t, b.takeASAP(a))
	if len(answer.Causes) != 1 || !bytes.Equal(answer.Causes[0].Info, sent.TLV()) {
		t.Errorf("causes %x, want the element as it was sent, %x", answer.Causes, sent.TLV())
	}
}

func sctp(host byte, port uint16) wire.Transport {
	e := at(host, port)
	return wire.Transport{Type: wire.TypeSCTPTransport, Port: e.Port, Addresses: e.Addrs}
}
