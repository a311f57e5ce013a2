package registrar_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

func ids(sender, receiver wire.ServerID) enrp.IDs {
	return enrp.IDs{Sender: sender, Receiver: receiver}
}

func information(id wire.ServerID, host byte) wire.ServerInformation {
	return wire.ServerInformation{ID: id, Transport: wire.Transport{
		Type: wire.TypeSCTPTransport, Port: 9901, Addresses: at(host, 0).Addrs,
	}}
}

// state is what the feed was told last of a peer.
func (b *bench) state(id wire.ServerID) feed.LinkState {
	state := feed.Forgotten
	for _, m := range all[feed.PeerState](b.changes) {
		if m.Peer == id {
			state = m.State
		}
	}
	return state
}

func TestServerID(t *testing.T) {
	seen := map[wire.ServerID]bool{}
	for i := range 1000 {
		cfg := config(0, byte(i%200+1))
		cfg.Rand = config(wire.ServerID(i), byte(i/200)).Rand
		r, err := registrar.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if seen[r.ID()] || r.ID() == 0 { // ENRP-2.1-01
			t.Fatalf("start %d: ID %v is 0, or not new", i, r.ID())
		}
		seen[r.ID()] = true
	}
}

func TestUnusableSenders(t *testing.T) {
	tests := []struct {
		name string
		ids  enrp.IDs
	}{
		{"own ID", ids(self, 0)},             // ENRP-2.1-03
		{"no ID", ids(0, 0)},                 // ENRP-2.1-05
		{"other receiver", ids(0x60, 0x999)}, // ENRP-2.1-04
	}
	for _, tt := range tests {
		b := serving(t)
		b.changes = nil
		a := b.up(registrar.ENRP, at(60, 9901), 0)
		b.enrp(a, enrp.Presence{IDs: tt.ids, ReplyRequired: true})
		b.enrp(a, enrp.HandleTableRequest{IDs: tt.ids})
		b.enrp(a, enrp.HandleUpdate{IDs: tt.ids, Handle: "echo", Element: of(tt.ids.Sender, pe(1, 11))})
		if got := b.takeENRP(a); len(got) > 0 || len(b.changes) > 0 {
			t.Errorf("%s: answer %+v, changes %+v, want neither", tt.name, got, b.changes)
		}
		if len(b.noted("message.discarded")) != 3 {
			t.Errorf("%s: noted %v", tt.name, b.notes)
		}
	}
}

// RSPLIB copies the sender of what it complains about.
func TestErrorWithOwnID(t *testing.T) {
	complaint := enrp.Error{IDs: ids(self, 0), Causes: []wire.Cause{{Code: wire.CauseInvalidValues}}}
	b := serving(t)
	b.enrp(b.up(registrar.ENRP, at(61, 9901), 0), complaint)
	if len(b.noted("peer.error")) > 0 {
		t.Errorf("a stranger's is noted: %v", b.notes)
	}
	p := b.peer(0x60, 60)
	b.enrp(p, complaint)
	if notes := b.noted("peer.error"); len(notes) != 1 || notes[0].Server != 0x60 || b.state(0x60) != feed.Active {
		t.Errorf("noted %v, state %v", notes, b.state(0x60))
	}
}

func TestNewPeer(t *testing.T) {
	for _, m := range []enrp.Message{
		enrp.HandleUpdate{IDs: ids(0x60, 0), Handle: "echo", Element: of(0x60, pe(1, 11))},
		presence(0x60),
		enrp.ListRequest{IDs: ids(0x60, 0)},
	} {
		b := serving(t)
		a := b.up(registrar.ENRP, at(60, 9901), 0)
		b.enrp(a, m)
		// ENRP-3.4.1-01 ENRP-3.4.1-02
		want := enrp.Presence{IDs: ids(self, 0x60), ReplyRequired: true, Checksum: 0xffff, HasChecksum: true, Information: information(self, 1)}
		if diff := cmp.Diff(want, all[enrp.Presence](b.takeENRP(a))[0], deepEqual); diff != "" {
			t.Errorf("%T: greeting (-want +got):\n%s", m, diff)
		}
		if got := b.state(0x60); got != feed.Active {
			t.Errorf("%T: state %v, want active", m, got)
		}
		b.advance(30 * time.Second)
		if got := all[enrp.Presence](b.takeENRP(a)); len(got) != 1 { // ENRP-3.4.1-01
			t.Errorf("%T: heartbeats %+v, want one", m, got)
		}
	}
}

func TestReplyRequired(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	m := presence(0x60)
	m.ReplyRequired = true
	b.enrp(p, m)
	// ENRP-3.4.1-03
	want := enrp.Presence{IDs: ids(self, 0x60), Checksum: 0xffff, HasChecksum: true, Information: information(self, 1)}
	if diff := cmp.Diff([]enrp.Message{want}, b.takeENRP(p), deepEqual); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

func TestServerInformation(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	m := presence(0x60)
	m.Information = information(0x60, 61)
	b.enrp(p, m)
	m.Information = information(0x61, 62)
	b.enrp(p, m)
	b.down(p)
	// ENRP-3.4.1-05
	if call := only[registrar.Dial](t, b.dials); !cmp.Equal(call.To, at(61, 9901), deepEqual) {
		t.Errorf("peer is called at %v, want what it said of itself", call.To)
	}
}

func TestHeartbeat(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	a := b.element(11)
	var sums []wire.Checksum
	for i := range 10 {
		switch i {
		case 3:
			b.mustRegister(a, "echo", pe(1, 11))
		case 6:
			b.asap(a, asap.Deregistration{Handle: "echo", ID: 1})
		}
		b.advance(30 * time.Second)
		b.enrp(p, presence(0x60))
		// ENRP-3.4.2-01 TMR-01
		m := only[enrp.Presence](t, b.takeENRP(p))
		if m.ReplyRequired || m.Receiver != 0 || !m.HasChecksum {
			t.Errorf("heartbeat %+v", m)
		}
		sums = append(sums, m.Checksum)
	}
	var one enrp.Sum
	one.Add("echo", 1)
	c, e := one.Checksum(), wire.Checksum(0xffff)
	// ENRP-3.4.2-02 ENRP-3.6.1-01
	if diff := cmp.Diff([]wire.Checksum{e, e, e, c, c, c, e, e, e, e}, sums); diff != "" {
		t.Errorf("checksums (-want +got):\n%s", diff)
	}
}

func TestSilentPeer(t *testing.T) {
	quiet := func(t *testing.T) (*bench, registrar.AssociationID) {
		b := serving(t)
		p := b.peer(0x60, 60)
		b.enrp(p, enrp.HandleUpdate{IDs: ids(0x60, 0), Handle: "echo", Element: of(0x60, pe(1, 11))})
		b.advance(60 * time.Second)
		b.sent[p] = nil
		b.advance(999 * time.Millisecond)
		if got := b.takeENRP(p); len(got) > 0 { // ENRP-3.4.3-02 TMR-02
			t.Fatalf("probed before 61 s: %+v", got)
		}
		b.advance(time.Millisecond)
		if m := only[enrp.Presence](t, b.takeENRP(p)); !m.ReplyRequired || m.Receiver != 0x60 { // ENRP-3.4.3-02
			t.Fatalf("probe %+v, want a PRESENCE to 0x60 with the reply bit", m)
		}
		return b, p
	}
	t.Run("answers", func(t *testing.T) {
		b, p := quiet(t)
		b.advance(4900 * time.Millisecond)
		b.enrp(p, presence(0x60))
		b.advance(30 * time.Second)
		if got := b.state(0x60); got != feed.Active { // ENRP-3.4.3-04
			t.Errorf("state %v, want active", got)
		}
	})
	t.Run("stays silent", func(t *testing.T) {
		b, _ := quiet(t)
		b.advance(4999 * time.Millisecond)
		if got := b.state(0x60); got != feed.Suspect {
			t.Errorf("state %v at 65.999 s, want suspect", got)
		}
		b.advance(time.Millisecond)
		if got := b.state(0x60); got != feed.Dead { // ENRP-3.4.3-03 TMR-03
			t.Errorf("state %v at 66 s, want dead", got)
		}
		if got := b.listed("echo"); !cmp.Equal(got, []string{"1@50"}) {
			t.Errorf("its elements: %v, want them here", got)
		}
	})
	t.Run("association lost meanwhile", func(t *testing.T) {
		b, p := quiet(t)
		b.down(p)
		call := only[registrar.Dial](t, b.dials)
		b.step(registrar.DialFailed{Dial: call.ID, Reason: "refused"})
		if got := b.state(0x60); got != feed.Dead { // ENRP-3.4.3-03
			t.Errorf("state %v, want dead", got)
		}
	})
}

func TestEveryMessageIsASignOfLife(t *testing.T) {
	unknown, _ := hex.DecodeString("0b00000c0000006100000000")
	b := serving(t)
	p, q := b.peer(0x60, 60), b.peer(0x61, 61)
	for range 10 {
		b.advance(20 * time.Second)
		// ENRP-3.4.3-01 TMR-21
		b.enrp(p, enrp.HandleUpdate{IDs: ids(0x60, 0), Handle: "echo", Element: of(0x60, pe(1, 11))})
		b.step(registrar.Received{Association: q, Data: unknown}) // ENRP-3.7-03
	}
	if got := []feed.LinkState{b.state(0x60), b.state(0x61)}; !cmp.Equal(got, []feed.LinkState{feed.Active, feed.Active}) {
		t.Errorf("states %v, want both active", got)
	}
	if n := len(b.noted("peer.suspect")); n > 0 {
		t.Errorf("suspected %d times", n)
	}
}

func TestAssociationToPeerLost(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	b.mustRegister(b.element(11), "echo", pe(1, 11))
	b.down(p)
	call := only[registrar.Dial](t, b.dials)
	b.mustRegister(b.element(12), "echo", pe(2, 12))
	back := b.up(registrar.ENRP, call.To, call.ID)
	got := b.takeENRP(back)
	var sum enrp.Sum
	sum.Add("echo", 1)
	sum.Add("echo", 2)
	// The update waited, and the PRESENCE behind it covers it.
	want := []enrp.Message{
		enrp.HandleUpdate{IDs: ids(self, 0), Handle: "echo", Element: of(self, pe(2, 12))},
		enrp.Presence{IDs: ids(self, 0x60), Checksum: sum.Checksum(), HasChecksum: true, Information: information(self, 1)},
	}
	if diff := cmp.Diff(want, got, deepEqual); diff != "" {
		t.Errorf("over the new association (-want +got):\n%s", diff)
	}
}

func TestPeerLimit(t *testing.T) {
	b := serving(t, func(cfg *registrar.Config) { cfg.Limits.Peers = 2 })
	a := b.up(registrar.ENRP, at(60, 9901), 0)
	for id := range wire.ServerID(5) {
		b.enrp(a, presence(0x60+id))
	}
	if got := len(b.noted("peer.discovered")); got != 2 { // SEC-27
		t.Errorf("%d peers, want 2", got)
	}
}

func TestUnknownENRP(t *testing.T) {
	tests := []struct{ name, in, reply string }{
		// ENRP-3.7-01
		{"message, report", "4f00000c0000006000000050", "0a0000200000005000000060000c00140002" + "0010" + "4f00000c0000006000000050"},
		{"message, silent", "0b00000c0000006000000050", ""},
		{"error", "0a000014000000600000000000" + "0c000800000004", ""}, // ENRP-3.7-02
	}
	for _, tt := range tests {
		b := serving(t)
		p := b.peer(0x60, 60)
		in, err := hex.DecodeString(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		b.step(registrar.Received{Association: p, Data: in})
		got := ""
		for _, data := range b.sent[p] {
			got += hex.EncodeToString(data)
		}
		if got != tt.reply {
			t.Errorf("%s: reply %s, want %s", tt.name, got, tt.reply)
		}
	}
}

// A dead peer is forgotten when the last of its elements has gone elsewhere.
func TestDeadPeerWithoutElements(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	b.enrp(p, enrp.HandleUpdate{IDs: ids(0x60, 0), Handle: "echo", Element: of(0x60, pe(1, 11))})
	b.down(p)
	b.step(registrar.DialFailed{Dial: b.dials[len(b.dials)-1].ID, Reason: "refused"})
	b.advance(2 * time.Minute)
	if got := b.state(0x60); got != feed.Dead {
		t.Fatalf("state %v, want dead with an element", got)
	}
	b.mustRegister(b.element(11), "echo", pe(1, 11))
	b.advance(30 * time.Second)
	if got := b.state(0x60); got != feed.Forgotten {
		t.Errorf("state %v without elements, want forgotten", got)
	}
}

// A stop gives up what is being dialled; that says nothing of the peer.
func TestStopWhileDialling(t *testing.T) {
	b := serving(t)
	b.down(b.peer(0x60, 60))
	b.step(registrar.Stop{})
	b.step(registrar.DialFailed{Dial: b.dials[len(b.dials)-1].ID, Reason: "context canceled"})
	if got := b.noted("peer.suspect"); len(got) > 0 || b.state(0x60) != feed.Active {
		t.Errorf("state %v, noted %v, want no change", b.state(0x60), got)
	}
}
