package registrar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// SEC-13: a keep-alive is acknowledged by the element itself.
func TestWhoMayAcknowledge(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    registrar.Credential
		may  bool
	}{
		{"itself", elementCalled("x"), true},
		{"another element", elementCalled("y"), false},
		{"a user", someUser, false},
		{"an unsecured one", registrar.Credential{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := serving(t, secured)
			a, u := b.elementAs(11, elementCalled("x")), b.elementAs(20, someUser)
			b.mustRegister(a, "echo", pe(1, 11))
			same := b.elementAs(11, tt.c) // from the same address and port
			b.asap(u, asap.EndpointUnreachable{Handle: "echo", ID: 1})
			b.asap(same, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
			b.advance(5 * time.Second)
			if lives := len(b.members("echo")) == 1; lives != tt.may {
				t.Errorf("the element lives: %t, want %t", lives, tt.may)
			}
			if noted := len(b.noted("keepalive.refused")) == 1; noted == tt.may {
				t.Errorf("noted %+v", b.notes)
			}
		})
	}
}

// Who answers the call of an element has to be it; else it is not there any more.
func TestWhoAnswersTheCallOfAnElement(t *testing.T) {
	anybody := registrar.Credential{Role: registrar.RoleElement, Name: "z", Pools: []wire.PoolHandle{"secret"}}
	for _, tt := range []struct {
		name string
		c    registrar.Credential
		may  bool
	}{
		{"itself", elementCalled("x"), true},
		{"another element", elementCalled("y"), false},
		{"one of another pool", anybody, false},
		{"an anonymous one", anonymous, false},
		{"a registrar", registrarCalled(0x70), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := serving(t, secured)
			a := b.elementAs(11, elementCalled("x"))
			b.mustRegister(a, "echo", pe(1, 11), pe(2, 11))
			b.down(a)
			call := only[registrar.Dial](t, b.dials)
			back := b.upAs(registrar.ASAP, call.To, call.ID, tt.c)
			if asked := len(b.takeASAP(back)); asked != map[bool]int{true: 2}[tt.may] {
				t.Errorf("%d keep-alives", asked)
			}
			if got := len(b.members("echo")); got != map[bool]int{true: 2}[tt.may] {
				t.Errorf("%d elements listed", got)
			}
			if !tt.may && !cmp.Equal(b.ended, []registrar.AssociationID{back}) {
				t.Errorf("ended %v, want the call", b.ended)
			}
		})
	}
}

// An association at an element's place whose other end is somebody else is not used
// to ask it.
func TestAnotherOneAtItsPlace(t *testing.T) {
	b := serving(t, secured)
	a := b.elementAs(11, elementCalled("x"))
	b.mustRegister(a, "echo", pe(1, 11))
	other := b.elementAs(11, elementCalled("y"))
	b.down(a)
	if len(b.sent[other]) > 0 || len(b.dials) != 1 {
		t.Errorf("sent to the other one: %x, dialled %v: want the element called", b.sent[other], b.dials)
	}
	b.step(registrar.DialFailed{Dial: b.dials[0].ID, Reason: "exists", Exists: true})
	if len(b.sent[other]) > 0 || len(b.members("echo")) > 0 {
		t.Error("the element is taken for alive")
	}
}

// A user at the place of an element, who may say that it has any SCTP port, does not
// stand before it.
func TestUserAtItsPlace(t *testing.T) {
	b := serving(t, secured, plainUsers)
	a := b.elementAs(11, elementCalled("x"))
	b.mustRegister(a, "echo", pe(1, 11))
	b.down(a)
	call := only[registrar.Dial](t, b.dials)
	back := b.elementAs(11, elementCalled("x"))
	b.elementAs(11, registrar.Credential{})
	b.step(registrar.DialFailed{Dial: call.ID, Reason: "exists", Exists: true})
	if got := all[asap.EndpointKeepAlive](b.takeASAP(back)); len(got) != 1 {
		t.Errorf("the element has come by itself, and is sent %+v: want a keep-alive", got)
	}
}

// D-05 INC-22: the identity of an element that a peer has told of is not known; who
// wants its identifier waits until it has answered, and then hears who is right.
func TestContendersOfUnknownOwner(t *testing.T) {
	for _, tt := range []struct {
		name      string
		contender string
		answers   string // who does, "" for nobody
		cause     []wire.CauseCode
	}{
		{"another one, it lives", "y", "x", []wire.CauseCode{wire.CauseRejectedSecurity}},
		{"another one, it is dead", "y", "", nil},
		{"itself from elsewhere", "x", "x", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := serving(t, secured)
			peer := b.peerAs(0x60, 60, registrarCalled(0x60))
			b.enrp(peer, add(0x60, "echo", pe(1, 11)))
			b.sent[peer] = nil
			a := b.elementAs(12, elementCalled(tt.contender))
			b.asap(a, asap.Registration{Handle: "echo", Element: pe(1, 12)})
			if got := b.takeASAP(a); len(got) > 0 {
				t.Fatalf("answered with %+v before the element was asked", got)
			}
			call := only[registrar.Dial](t, b.dials)
			if tt.answers == "" {
				b.step(registrar.DialFailed{Dial: call.ID, Reason: "refused"})
			} else {
				back := b.upAs(registrar.ASAP, call.To, call.ID, elementCalled(tt.answers))
				b.asap(back, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
			}
			answer := only[asap.RegistrationResponse](t, b.takeASAP(a))
			if got := codes(answer.Causes); !cmp.Equal(got, tt.cause) || answer.Reject != (tt.cause != nil) {
				t.Errorf("answer %+v, want causes %v", answer, tt.cause)
			}
			updates := all[enrp.HandleUpdate](b.takeENRP(peer))
			moved := len(updates) > 0 && updates[len(updates)-1].Action == enrp.AddPE
			if moved == answer.Reject {
				t.Errorf("the peer hears %+v after the answer %+v", updates, answer)
			}
			if !answer.Reject { // from now on it is known
				if got := b.deregister(b.elementAs(11, elementCalled("w")), "echo", 1); len(got) == 0 {
					t.Error("another identity deregisters it")
				}
				b.mustDeregister(a, "echo", 1)
			}
		})
	}
}

// An element of unknown identity at its old address and port is the same one; from
// another port it has to wait until that has been tried.
func TestElementReturnsToAnotherRegistrar(t *testing.T) {
	for port, same := range map[uint16]bool{40011: true, 40012: false} {
		b := serving(t, secured)
		peer := b.peerAs(0x60, 60, registrarCalled(0x60))
		b.enrp(peer, add(0x60, "echo", pe(1, 11)))
		a := b.upAs(registrar.ASAP, at(11, port), 0, elementCalled("x"))
		b.asap(a, asap.Registration{Handle: "echo", Element: pe(1, 11)})
		if got := len(b.takeASAP(a)) == 1; got != same || len(b.dials) == 0 != same {
			t.Errorf("port %d: answered: %t, dialled %v", port, got, b.dials)
		}
	}
}

// SEC-14: a secured element is asked once a second, whoever reports it.
func TestProvokedKeepAlivesOfSecuredElements(t *testing.T) {
	b := serving(t, secured, func(cfg *registrar.Config) { cfg.MaxBadPEReport = 10_000 })
	a := b.elementAs(11, elementCalled("x"))
	b.mustRegister(a, "echo", pe(1, 11))
	var users []registrar.AssociationID
	for i := range 20 {
		users = append(users, b.upAs(registrar.ASAP, at(20, uint16(100+i)), 0, anonymous))
	}
	asked := 0
	for i := range 3000 {
		b.asap(users[i%len(users)], asap.EndpointUnreachable{Handle: "echo", ID: 1})
		asked += len(b.takeASAP(a))
		b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
		b.advance(time.Millisecond)
	}
	if asked != 3 {
		t.Errorf("3,000 reports in 3 s provoked %d keep-alives, want 3", asked)
	}
}
