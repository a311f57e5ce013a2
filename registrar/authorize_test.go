package registrar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

func secured(cfg *registrar.Config) { cfg.Secured = true }

func plainUsers(cfg *registrar.Config) { cfg.PlainUsers = true }

// The credentials of the tests.
var (
	anonymous = registrar.Credential{Role: registrar.RoleAnonymous}
	someUser  = registrar.Credential{Role: registrar.RoleUser, Name: "user"}
)

// elementCalled may be in echo and web, under any identifier.
func elementCalled(name string) registrar.Credential {
	return registrar.Credential{Role: registrar.RoleElement, Name: name, Pools: []wire.PoolHandle{"web", "echo"}}
}

func registrarCalled(id wire.ServerID) registrar.Credential {
	return registrar.Credential{Role: registrar.RoleRegistrar, Name: "registrar " + id.String(), Server: id}
}

// upAs opens an association whose other end has a credential.
func (b *bench) upAs(p registrar.Protocol, from registrar.Endpoint, dial registrar.DialID, c registrar.Credential) registrar.AssociationID {
	b.t.Helper()
	b.next++
	b.step(registrar.AssociationUp{Association: b.next, Protocol: p, Remote: from, Dial: dial, Credential: c})
	return b.next
}

// elementAs opens an association as the pool element on host does.
func (b *bench) elementAs(host byte, c registrar.Credential) registrar.AssociationID {
	b.t.Helper()
	return b.upAs(registrar.ASAP, at(host, 40000+uint16(host)), 0, c)
}

// peerAs opens an association as a registrar does, and says who it is.
func (b *bench) peerAs(id wire.ServerID, host byte, c registrar.Credential) registrar.AssociationID {
	b.t.Helper()
	a := b.upAs(registrar.ENRP, at(host, 9901), 0, c)
	b.enrp(a, presence(id))
	b.sent[a] = nil
	return a
}

// leavesNoTrace does something and checks that nothing is kept, changed, told to a
// peer or dialled for it. SEC-29
func (b *bench) leavesNoTrace(peer registrar.AssociationID, do func()) {
	b.t.Helper()
	b.sent[peer], b.changes, b.dials = nil, nil, nil
	before := b.r.Dump()
	do()
	if diff := cmp.Diff(before, b.r.Dump()); diff != "" {
		b.t.Errorf("state (-before +after):\n%s", diff)
	}
	if len(b.changes) > 0 || len(b.dials) > 0 || len(b.sent[peer]) > 0 {
		b.t.Errorf("the feed hears %v, dialled is %v, the peer is sent %x: want nothing", b.changes, b.dials, b.sent[peer])
	}
}

// SEC-04 SEC-09 SEC-10 SEC-13: an element registers itself, where its credential
// allows it, and nobody else does.
func TestWhoMayRegister(t *testing.T) {
	only7 := elementCalled("seven")
	only7.Elements = []wire.PEIdentifier{7}
	anywhere := registrar.Credential{Role: registrar.RoleElement, Name: "anywhere", AnyPool: true}
	tests := []struct {
		name   string
		c      registrar.Credential
		handle wire.PoolHandle
		id     wire.PEIdentifier
		may    bool
	}{
		{"unsecured", registrar.Credential{}, "echo", 7, false},
		{"anonymous", anonymous, "echo", 7, false},
		{"a user", someUser, "echo", 7, false},
		{"a registrar", registrarCalled(0x70), "echo", 7, false},
		{"an element", elementCalled("x"), "echo", 7, true},
		{"in another pool", elementCalled("x"), "secret", 7, false},
		{"in any pool", anywhere, "secret", 7, true},
		{"in no pool", registrar.Credential{Role: registrar.RoleElement, Name: "x"}, "echo", 7, false},
		{"under its identifier", only7, "echo", 7, true},
		{"under another one", only7, "echo", 8, false},
		{"without a name", registrar.Credential{Role: registrar.RoleElement, AnyPool: true}, "echo", 7, false},
		{"under that of another", elementCalled("x"), "echo", 1, false},
		{"of another, at its address", elementCalled("x"), "web", 2, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := serving(t, secured)
			peer := b.peerAs(0x60, 60, registrarCalled(0x60))
			b.mustRegister(b.elementAs(11, elementCalled("owner")), "echo", pe(1, 11))
			b.mustRegister(b.upAs(registrar.ASAP, at(12, 9), 0, elementCalled("owner")), "web", pe(2, 12))
			a := b.elementAs(12, tt.c)
			if tt.may {
				b.mustRegister(a, tt.handle, pe(tt.id, 12))
				b.mustDeregister(a, tt.handle, tt.id)
				return
			}
			b.leavesNoTrace(peer, func() {
				answer := b.register(a, tt.handle, pe(tt.id, 12))
				if !answer.Reject || answer.ID != tt.id || !cmp.Equal(codes(answer.Causes), []wire.CauseCode{wire.CauseRejectedSecurity}) {
					t.Errorf("registration answered with %+v, want a refusal with cause 0xa", answer)
				}
				if got := b.deregister(a, tt.handle, tt.id); !cmp.Equal(got, []wire.CauseCode{wire.CauseRejectedSecurity}) {
					t.Errorf("deregistration answered with causes %v, want 0xa", got)
				}
			})
			for _, name := range []string{"element.refused", "deregistration.refused"} {
				if n := only[registrar.Noted](t, b.noted(name)); n.Level != registrar.Warn || n.Element != tt.id {
					t.Errorf("noted %+v, want a warning about %v", n, tt.id)
				}
			}
		})
	}
}

// deregister gives the causes of the answer.
func (b *bench) deregister(a registrar.AssociationID, handle wire.PoolHandle, id wire.PEIdentifier) []wire.CauseCode {
	b.t.Helper()
	b.sent[a] = nil
	b.asap(a, asap.Deregistration{Handle: handle, ID: id})
	return codes(only[asap.DeregistrationResponse](b.t, b.takeASAP(a)).Causes)
}

func (b *bench) mustDeregister(a registrar.AssociationID, handle wire.PoolHandle, id wire.PEIdentifier) {
	b.t.Helper()
	if causes := b.deregister(a, handle, id); len(causes) > 0 {
		b.t.Errorf("deregistration of %v refused: %v", id, causes)
	}
	if got := b.r.Dump(); strings.Contains(got, "record of "+string(handle)) {
		b.t.Errorf("%v is still here:\n%s", id, got)
	}
}

// Without Config.Secured credentials are not looked at.
func TestCredentialsOfNoUse(t *testing.T) {
	b := serving(t)
	b.peerAs(0x60, 60, elementCalled("x"))
	a := b.elementAs(11, elementCalled("x"))
	b.mustRegister(a, "secret", pe(1, 11))
	if got := b.register(b.elementAs(12, elementCalled("x")), "secret", pe(1, 12)); !cmp.Equal(codes(got.Causes), []wire.CauseCode{wire.CauseNonUniquePEIdentifier}) {
		t.Errorf("answer %+v, want cause 4: a name alone makes nobody the same", got)
	}
	if got := b.listed("secret"); !cmp.Equal(got, []string{"1@50"}) {
		t.Errorf("listed %v, want 1@50", got)
	}
}

// SEC-13, D-05: an element is the same one wherever it comes from, by its identity.
func TestElementMovesHouse(t *testing.T) {
	b := serving(t, secured)
	old := b.elementAs(11, elementCalled("x"))
	b.mustRegister(old, "echo", pe(1, 11))
	b.mustRegister(b.upAs(registrar.ASAP, at(12, 5), 0, elementCalled("x")), "echo", pe(1, 12)) // the old association is up
	if got := b.members("echo"); len(got) != 1 || got[0].UserTransport.Addresses[0] != at(12, 0).Addrs[0] {
		t.Errorf("resolution gives %+v, want the element at its new address", got)
	}
	b.mustDeregister(b.elementAs(13, elementCalled("x")), "echo", 1)
}

// members are those of a pool, as a user with a credential is told.
func (b *bench) members(handle wire.PoolHandle) []wire.PoolElement {
	b.t.Helper()
	a := b.elementAs(99, someUser)
	b.asap(a, asap.HandleResolution{Handle: handle})
	defer b.down(a)
	return only[asap.HandleResolutionResponse](b.t, b.takeASAP(a)).Elements
}

// SEC-09: 10,000 registrations of somebody who has proven nothing change nothing,
// tell no peer anything, and fill neither logs nor the feed.
func TestFloodOfRegistrations(t *testing.T) {
	b := serving(t, secured)
	peer := b.peerAs(0x60, 60, registrarCalled(0x60))
	b.mustRegister(b.elementAs(11, elementCalled("x")), "echo", pe(1, 11))
	a := b.elementAs(12, registrar.Credential{})
	b.notes = nil
	b.leavesNoTrace(peer, func() {
		for id := range wire.PEIdentifier(10_000) {
			data, err := asap.Append(nil, asap.Registration{Handle: "echo", Element: pe(id+1, 12)})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range b.r.Step(b.now, registrar.Received{Association: a, Data: data}) {
				switch e := e.(type) {
				case registrar.Noted:
					b.notes = append(b.notes, e)
				case registrar.Send:
				default:
					t.Fatalf("effect %T%+v of a refused registration", e, e)
				}
			}
		}
	})
	if n := len(b.notes); n != 10 {
		t.Errorf("%d notes, want 10", n)
	}
	b.advance(time.Second)
	b.register(a, "echo", pe(1, 12))
	if n := b.notes[len(b.notes)-1]; !strings.Contains(n.Text, "9990 more") {
		t.Errorf("noted %q, want the number of those left out", n.Text)
	}
}

// A refused handle of any length makes no note of that length.
func TestRefusalOfLongHandle(t *testing.T) {
	b := serving(t, secured)
	a := b.elementAs(12, elementCalled("x"))
	long := wire.PoolHandle(strings.Repeat("x", 60_000))
	if answer := b.register(a, long, pe(1, 12)); !answer.Reject || answer.Handle != long {
		t.Errorf("answer %.80v, want a refusal", answer)
	}
	n := only[registrar.Noted](t, b.noted("element.refused"))
	if limit := registrar.DefaultLimits().HandleLength; len(n.Handle) != limit || len(n.Text) > 200 {
		t.Errorf("noted a handle of %d bytes and a text of %d, want %d and few", len(n.Handle), len(n.Text), limit)
	}
}

// SEC-12 SEC-30, D-11: who may ask, subscribe and report.
func TestWhoMayAsk(t *testing.T) {
	tests := []struct {
		name              string
		c                 registrar.Credential
		answered, reports bool
		set               func(*registrar.Config)
	}{
		{"unsecured", registrar.Credential{}, false, false, secured},
		{"unsecured, but allowed", registrar.Credential{}, true, false, plainUsers},
		{"anonymous", anonymous, true, true, secured},
		{"a user", someUser, true, true, secured},
		{"an element", elementCalled("y"), true, true, secured},
		{"a registrar", registrarCalled(0x70), true, true, secured},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := serving(t, secured, tt.set)
			x := b.elementAs(11, elementCalled("x"))
			b.mustRegister(x, "echo", pe(1, 11))
			for _, stream := range []bool{false, true} {
				b.next++
				a := b.next
				b.step(registrar.AssociationUp{Association: a, Protocol: registrar.ASAP, Remote: at(20, 5), Stream: stream, Credential: tt.c})
				b.asap(a, asap.HandleResolution{Handle: "echo", Subscribe: true})
				answer := only[asap.HandleResolutionResponse](t, b.takeASAP(a))
				if tt.answered != (len(answer.Elements) == 1 && answer.Accepted) {
					t.Errorf("stream %t: answer %+v", stream, answer)
				}
				if !tt.answered && !cmp.Equal(codes(answer.Causes), []wire.CauseCode{wire.CauseRejectedSecurity}) {
					t.Errorf("stream %t: causes %v, want 0xa", stream, codes(answer.Causes))
				}
				b.sent[x] = nil
				b.asap(a, asap.EndpointUnreachable{Handle: "echo", ID: 1})
				if asked := len(b.takeASAP(x)) > 0; asked != tt.reports {
					t.Errorf("stream %t: the element is asked: %t, want %t", stream, asked, tt.reports)
				}
				b.asap(x, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
				b.advance(time.Second)
			}
		})
	}
}

// SEC-15: reports of a secured user are limited as ever.
func TestReportsOfSecuredUsersAreLimited(t *testing.T) {
	b := serving(t, secured, func(cfg *registrar.Config) { cfg.Limits.Reports, cfg.MaxBadPEReport = 2, 0 })
	b.mustRegister(b.elementAs(11, elementCalled("x")), "echo", pe(1, 11), pe(2, 11), pe(3, 11))
	u := b.elementAs(20, someUser)
	for id := range wire.PEIdentifier(3) {
		b.asap(u, asap.EndpointUnreachable{Handle: "echo", ID: id + 1})
	}
	if got := b.members("echo"); len(got) != 1 || got[0].ID != 3 {
		t.Errorf("listed %+v, want the one reported beyond the limit", got)
	}
}

// SEC-15: a secured user is one, wherever it comes from, and those with the same host
// are several.
func TestSecuredUsersReport(t *testing.T) {
	b := serving(t, secured)
	a := b.elementAs(11, elementCalled("x"))
	b.mustRegister(a, "echo", pe(1, 11), pe(2, 11))
	report := func(host byte, name string, id wire.PEIdentifier) {
		u := b.upAs(registrar.ASAP, at(host, 100+uint16(len(name))), 0, registrar.Credential{Role: registrar.RoleUser, Name: name})
		b.asap(u, asap.EndpointUnreachable{Handle: "echo", ID: id})
		b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: id})
	}
	for i := range byte(10) {
		report(20+i, "pu:alice", 1)
		report(20+i, "pu:alice", 2)
	}
	if got := b.members("echo"); len(got) != 1 {
		t.Errorf("one user has reported both: listed %+v, want one left", got)
	}
	report(20, "pu:bob", 2)
	if got := b.members("echo"); len(got) != 0 {
		t.Errorf("two users have: listed %+v", got)
	}
}

// SEC-27: those who have proven nothing leave half of the places to others, and do
// not crowd the feed.
func TestStrangersLeaveRoom(t *testing.T) {
	b := serving(t, secured, func(cfg *registrar.Config) { cfg.Limits.Associations = 100 })
	var in []registrar.AssociationID
	for i := range 80 {
		c := registrar.Credential{}
		if i%2 == 0 {
			c = anonymous
		}
		a := b.upAs(registrar.ASAP, at(20, uint16(1000+i)), 0, c)
		if len(b.ended) == 0 {
			in = append(in, a)
		}
	}
	if len(in) != 50 || len(b.ended) != 30 || len(b.noted("association.refused")) != 10 {
		t.Errorf("%d strangers in, %d turned away, noted %d: want 50, 30, 10", len(in), len(b.ended), len(b.noted("association.refused")))
	}
	for i := range 49 {
		b.upAs(registrar.ASAP, at(30, uint16(1000+i)), 0, elementCalled("x"))
	}
	if len(b.ended) != 30 {
		t.Errorf("%d turned away, want the elements in", len(b.ended))
	}
	b.down(in[0])
	b.upAs(registrar.ASAP, at(20, 5), 0, anonymous)
	if len(b.ended) != 30 {
		t.Error("a stranger is turned away where another one has left")
	}
	x := b.elementAs(11, elementCalled("x"))
	b.mustRegister(x, "echo", pe(1, 11))
	b.down(x)
	call := only[registrar.Dial](t, b.dials)
	b.upAs(registrar.ASAP, call.To, call.ID, anonymous) // it takes none of their places
	if got := b.r.Dump(); strings.Contains(got, "record") {
		t.Errorf("the element that is not at its place is still here:\n%s", got)
	}
}
