package registrar_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// TestMessagesNotForRegistrars: no answer, no change, but a note.
func TestMessagesNotForRegistrars(t *testing.T) {
	for _, m := range []asap.Message{ // ASAP-3.7-03
		asap.RegistrationResponse{Handle: "echo", ID: 1},
		asap.DeregistrationResponse{Handle: "echo", ID: 1},
		asap.HandleResolutionResponse{Handle: "echo"},
		asap.EndpointKeepAlive{Server: 9, Handle: "echo"},
		asap.Cookie{Cookie: "x"},
		asap.CookieEcho{Cookie: "x"},
		asap.BusinessCard{Handle: "echo", Elements: []wire.PoolElement{pe(1, 11)}},
		asap.Error{Causes: []wire.Cause{{Code: wire.CauseUnspecified}}}, // ASAP-3.7-02
		asap.ServerAnnounce{Server: 9},
		asap.EndpointKeepAliveAck{Handle: "echo", ID: 1}, // ASAP-3.5-10
	} {
		b := serving(t)
		a := b.element(11)
		b.mustRegister(a, "echo", pe(1, 11))
		b.notes, b.changes = nil, nil
		b.asap(a, m)
		if got := b.takeASAP(a); len(got) > 0 || len(b.changes) > 0 {
			t.Errorf("%T: answer %+v, changes %v, want silence", m, got, b.changes)
		}
		if len(b.noted("message.discarded")) != 1 {
			t.Errorf("%T: noted %v, want a discarded message", m, b.notes)
		}
	}
}

func TestUnknownASAP(t *testing.T) {
	tests := []struct{ name, in, reply string }{
		{"message, report", "4f000008deadbeef", "0e000014000c00100002000c4f000008deadbeef"}, // ASAP-3.7-01
		{"message, silent", "0f000008deadbeef", ""},
		{"message, reserved", "8f000008deadbeef", ""},
		{"parameter, stop", "050000180009000c4563686f506f6f6c0123000874657374", ""},
		{"too short", "05", ""},
		{"length beyond the end", "0500ffff", ""},
	}
	for _, tt := range tests {
		b := serving(t)
		a := b.element(11)
		in, err := hex.DecodeString(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		b.step(registrar.Received{Association: a, Data: in})
		got := ""
		for _, data := range b.sent[a] {
			got += hex.EncodeToString(data)
		}
		if got != tt.reply {
			t.Errorf("%s: reply %s, want %s", tt.name, got, tt.reply)
		}
	}
}

func TestBeforeInitialisation(t *testing.T) {
	b := idle(t, config(self, 1, at(60, 9901)))
	b.step(registrar.Start{})
	a := b.element(11)
	answer := b.register(a, "echo", pe(1, 11))
	// ASAP-3.7-04 ENRP-3.2.3-11
	if !answer.Reject || !cmp.Equal(codes(answer.Causes), []wire.CauseCode{wire.CauseLackOfResources}) {
		t.Errorf("registration answered with %+v, want cause 6", answer)
	}
	b.asap(a, asap.HandleResolution{Handle: "echo"})
	if m := only[asap.HandleResolutionResponse](t, b.takeASAP(a)); !cmp.Equal(codes(m.Causes), []wire.CauseCode{wire.CauseLackOfResources}) {
		t.Errorf("resolution answered with %+v, want cause 6", m)
	}
	b.asap(a, asap.Deregistration{Handle: "echo", ID: 1})
	if m := only[asap.DeregistrationResponse](t, b.takeASAP(a)); len(m.Causes) == 0 {
		t.Error("deregistration granted without knowing the handlespace")
	}
}

func TestServerAnnounce(t *testing.T) {
	cfg := config(self, 1)
	cfg.AnnounceASAP = true
	b := idle(t, cfg)
	var last registrar.Announce
	for _, e := range b.step(registrar.Start{}) {
		if a, ok := e.(registrar.Announce); ok {
			last = a
		}
	}
	d, err := asap.Parse(last.Data)
	if err != nil {
		t.Fatal(err)
	}
	// ASAP-3.6-02
	want := asap.ServerAnnounce{Server: self, Transports: []wire.Transport{{Type: wire.TypeSCTPTransport, Port: 3863, Addresses: at(1, 0).Addrs}}}
	if diff := cmp.Diff(asap.Message(want), d.Message, deepEqual); diff != "" {
		t.Errorf("announce (-want +got):\n%s", diff)
	}
	b.advance(10 * time.Second)
	if b.announces != 11 { // ASAP-3.6-01 TMR-15
		t.Errorf("%d announces in 10 s without peers, want 11 with the first", b.announces)
	}
	b.peer(0x60, 60)
	b.peer(0x70, 70)
	b.advance(time.Second)
	b.announces = 0
	b.advance(30 * time.Second)
	if b.announces != 10 { // ASAP-3.6-01
		t.Errorf("%d announces in 30 s with two peers, want 10", b.announces)
	}
}

func TestAssociationLimit(t *testing.T) {
	b := serving(t, func(cfg *registrar.Config) { cfg.Limits.Associations = 2 })
	a := b.element(11)
	b.element(12)
	refused := b.element(13)
	if !cmp.Equal(b.ended, []registrar.AssociationID{refused}) { // SEC-27 TMR-24
		t.Errorf("ended %v, want the third, %v", b.ended, refused)
	}
	b.mustRegister(a, "echo", pe(1, 11))
	b.down(refused)
	b.down(a)
	b.element(14)
	if len(b.ended) != 1 {
		t.Errorf("ended %v: an association that is gone still counts", b.ended)
	}
}
