package registrar_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// announcing switches the multicast group for ENRP on.
func announcing(cfg *registrar.Config) { cfg.AnnounceENRP = true }

// grouped gives a registrar that has started with a group and peers, and waits
// for somebody to ask.
func grouped(t *testing.T, peers ...registrar.Endpoint) *bench {
	t.Helper()
	cfg := config(self, 1, peers...)
	announcing(&cfg)
	b := idle(t, cfg)
	b.step(registrar.Start{})
	return b
}

// servingGrouped gives one that has found nobody, and serves.
func servingGrouped(t *testing.T) *bench {
	t.Helper()
	b := serving(t, announcing)
	b.advance(5 * time.Second)
	if b.r.Phase() != feed.Serving {
		t.Fatalf("phase %v after the wait, want serving", b.r.Phase())
	}
	return b
}

// announcement is what the registrar on host tells the group.
func announcement(id wire.ServerID, host byte, replyRequired bool) enrp.Presence {
	m := presence(id)
	m.ReplyRequired, m.Information = replyRequired, information(id, host)
	return m
}

// hear lets a message be heard on the group, from host.
func (b *bench) hear(host byte, m enrp.Message) {
	b.t.Helper()
	data, err := enrp.Append(nil, m)
	if err != nil {
		b.t.Fatal(err)
	}
	b.hearBytes(host, data)
}

func (b *bench) hearBytes(host byte, data []byte) {
	b.t.Helper()
	b.step(registrar.Heard{From: netip.AddrPortFrom(at(host, 0).Addrs[0], 40000), Data: data})
}

// takeDials gives, and forgets, whom the registrar has called.
func (b *bench) takeDials() []registrar.Dial {
	dials := b.dials
	b.dials = nil
	return dials
}

func onlyDial(t *testing.T, b *bench, want registrar.Endpoint) registrar.Dial {
	t.Helper()
	d := only[registrar.Dial](t, b.takeDials())
	if diff := cmp.Diff(want, d.To, deepEqual); diff != "" || d.Protocol != registrar.ENRP {
		t.Fatalf("%v dial (-want +got):\n%s", d.Protocol, diff)
	}
	return d
}

// INC-46: off unless asked for; then at the start and at every heartbeat.
func TestAnnouncePresence(t *testing.T) {
	for _, dialect := range []registrar.Dialect{registrar.RFC, registrar.RSPLIB} {
		cfg := dialect.Config()
		own := config(self, 1)
		cfg.ID, cfg.Rand, cfg.ASAP, cfg.ENRP, cfg.AnnounceENRP = own.ID, own.Rand, own.ASAP, own.ENRP, true
		cfg.PeerHeartbeatCycle, cfg.KeepAliveInterval = 30*time.Second, 0
		b := idle(t, cfg)
		b.step(registrar.Start{})
		first := only[enrp.Presence](t, b.presences)
		if want := dialect == registrar.RFC; first.ReplyRequired != want {
			t.Errorf("%v: the first PRESENCE has reply required %v, want %v", dialect, first.ReplyRequired, want)
		}
		b.advance(90*time.Second - 1)
		b.mustRegister(b.element(11), "echo", pe(1, 11))
		b.advance(1)
		if len(b.presences) != 4 {
			t.Fatalf("%v: %d PRESENCEs in 90 s, want 4", dialect, len(b.presences))
		}
		last := b.presences[3]
		want := enrp.Presence{IDs: ids(self, 0), Checksum: last.Checksum, HasChecksum: true, Information: information(self, 1)}
		if diff := cmp.Diff(want, last, deepEqual); diff != "" {
			t.Errorf("%v: PRESENCE (-want +got):\n%s", dialect, diff)
		}
		if last.Checksum == first.Checksum { // ENRP-3.4.2-02
			t.Errorf("%v: checksum %v with an element is that without", dialect, last.Checksum)
		}
	}
	b := serving(t)
	b.advance(time.Minute)
	if len(b.presences) > 0 {
		t.Errorf("%d PRESENCEs although nobody asked for them", len(b.presences))
	}
}

func TestNobodyHeard(t *testing.T) {
	b := grouped(t)
	b.advance(5*time.Second - 1)
	if b.r.Phase() != feed.Starting {
		t.Errorf("phase %v before the wait is over", b.r.Phase())
	}
	b.advance(1)
	if b.r.Phase() != feed.Serving {
		t.Errorf("phase %v after the wait, want serving", b.r.Phase())
	}
	if n := only[registrar.Noted](t, b.noted("registrar.alone")); n.Level != registrar.Info {
		t.Errorf("noted %+v, want no warning: nobody was configured", n)
	}
}

// loads plays the mentor on a, from the list request to the last part of the
// table.
func (b *bench) loads(a registrar.AssociationID, id wire.ServerID) {
	b.t.Helper()
	only[enrp.ListRequest](b.t, b.takeENRP(a))
	b.enrp(a, enrp.ListResponse{IDs: ids(id, self), Servers: []wire.ServerInformation{information(id, byte(id))}})
	only[enrp.HandleTableRequest](b.t, b.takeENRP(a))
	b.enrp(a, enrp.HandleTableResponse{IDs: ids(id, self), Pools: []enrp.Pool{
		{Handle: "echo", Elements: []wire.PoolElement{of(id, pe(1, 11))}},
	}})
	if b.r.Phase() != feed.Serving || len(b.noted("mentor.completed")) != 1 {
		b.t.Errorf("phase %v, want serving by the table of %v", b.r.Phase(), id)
	}
}

func TestMentorHeard(t *testing.T) {
	t.Run("on the group", func(t *testing.T) {
		b := grouped(t)
		b.hear(96, announcement(0x60, 96, false))
		b.loads(b.answer(onlyDial(t, b, at(96, 9901))), 0x60)
	})
	t.Run("called by it", func(t *testing.T) {
		b := grouped(t)
		a := b.up(registrar.ENRP, at(96, 9901), 0)
		b.enrp(a, announcement(0x60, 96, true))
		b.loads(a, 0x60)
		if len(b.dials) > 0 {
			t.Errorf("dials %v, want none: it is there", b.dials)
		}
	})
	t.Run("after the configured ones", func(t *testing.T) {
		b := grouped(t, at(70, 9901))
		b.step(registrar.DialFailed{Dial: onlyDial(t, b, at(70, 9901)).ID, Reason: "refused"})
		if b.r.Phase() != feed.Starting {
			t.Fatalf("phase %v, want a wait for the group", b.r.Phase())
		}
		b.hear(96, announcement(0x60, 96, false))
		dials := b.takeDials()
		if len(dials) != 2 {
			t.Fatalf("dials %v, want the configured peer again and the one heard", dials)
		}
		b.step(registrar.DialFailed{Dial: dials[0].ID, Reason: "refused"})
		b.loads(b.answer(dials[1]), 0x60)
	})
	t.Run("while the configured ones are asked", func(t *testing.T) {
		b := grouped(t, at(70, 9901))
		configured := onlyDial(t, b, at(70, 9901))
		b.hear(96, announcement(0x60, 96, false))
		a := b.answer(onlyDial(t, b, at(96, 9901)))
		b.step(registrar.DialFailed{Dial: configured.ID, Reason: "refused"})
		b.loads(a, 0x60)
	})
	t.Run("not ready at first", func(t *testing.T) { // both have just started
		b := grouped(t)
		b.hear(96, announcement(0x60, 96, true))
		a := b.answer(onlyDial(t, b, at(96, 9901)))
		only[enrp.ListRequest](t, b.takeENRP(a))
		b.enrp(a, enrp.ListResponse{IDs: ids(0x60, self), Reject: true})
		b.advance(3 * time.Second)
		b.loads(a, 0x60)
	})
	t.Run("a second one", func(t *testing.T) {
		b := grouped(t)
		b.hear(96, announcement(0x60, 96, false))
		b.step(registrar.DialFailed{Dial: onlyDial(t, b, at(96, 9901)).ID, Reason: "refused"})
		b.hear(112, announcement(0x70, 112, false))
		dials := b.takeDials()
		b.step(registrar.DialFailed{Dial: dials[0].ID, Reason: "refused"})
		b.loads(b.answer(dials[1]), 0x70)
	})
}

// What makes a peer is what it says over SCTP.
func TestHeardAfterStart(t *testing.T) {
	b := servingGrouped(t)
	b.hear(96, announcement(0x60, 96, false))
	if len(all[feed.PeerState](b.changes)) > 0 {
		t.Errorf("changes %v: a datagram has made a peer", b.changes)
	}
	a := b.answer(onlyDial(t, b, at(96, 9901)))
	if m := only[enrp.Presence](t, b.takeENRP(a)); m.Receiver != 0 || !m.ReplyRequired {
		t.Errorf("greeting %+v, want receiver 0 and the reply bit", m)
	}
	b.enrp(a, enrp.Presence{IDs: ids(0x60, self), Checksum: 1, HasChecksum: true})
	only[enrp.HandleTableRequest](t, b.takeENRP(a))
	if got := all[feed.PeerState](b.changes); len(got) == 0 || got[len(got)-1].State != feed.Active {
		t.Errorf("peer states %+v, want it active", got)
	}
	b.advance(25 * time.Second)
	if len(b.ended) > 0 {
		t.Errorf("ended %v, want the peer kept", b.ended)
	}
}

// SEC-20
func TestNotHeard(t *testing.T) {
	none := announcement(0x60, 96, false)
	none.Information = wire.ServerInformation{}
	foreign := announcement(0x60, 96, false)
	foreign.Information.ID = 0x61
	elsewhere := announcement(0x60, 96, false)
	elsewhere.Receiver = 0x70
	portless := announcement(0x60, 96, false)
	portless.Information.Transport.Port = 0
	tests := []struct {
		name string
		in   enrp.Message
	}{
		{"our own", announcement(self, 96, true)},
		{"nobody", announcement(0, 96, true)},
		{"no server information", none},
		{"server information of another", foreign},
		{"for another", elsewhere},
		{"no port", portless},
		{"our own place", announcement(0x60, 1, true)},
		{"a handle update", add(0x60, "echo", of(0x60, pe(1, 11)))},
		{"a takeover", enrp.TakeoverServer{Takeover: enrp.Takeover{IDs: ids(0x60, 0), Target: self}}},
		{"a list", enrp.ListResponse{IDs: ids(0x60, self), Servers: []wire.ServerInformation{information(0x60, 96)}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, err := enrp.Append(nil, tt.in)
			if err != nil {
				t.Fatal(err)
			}
			for _, in := range [][]byte{data, data[:len(data)-1], {0x4f, 0, 0, 4}, {}} {
				b := servingGrouped(t)
				b.changes = nil
				b.hearBytes(96, in)
				if len(b.dials) > 0 || len(b.sent) > 0 || len(b.changes) > 0 {
					t.Errorf("%x: dials %v, sent %v, changes %v, want nothing", in, b.dials, b.sent, b.changes)
				}
			}
		})
	}
	b := serving(t)
	b.hear(96, announcement(0x60, 96, true))
	if len(b.dials) > 0 {
		t.Errorf("dials %v although the group is off", b.dials)
	}
}

func TestWhereabouts(t *testing.T) {
	addrs := func(texts ...string) (list []netip.Addr) {
		for _, text := range texts {
			list = append(list, netip.MustParseAddr(text))
		}
		return list
	}
	var many []netip.Addr
	for host := range byte(20) {
		many = append(many, at(100+host, 0).Addrs...)
	}
	tests := []struct {
		name, from string
		told, want []netip.Addr
	}{
		{"its own word", "192.0.2.96", addrs("192.0.2.97", "2001:db8::97"), addrs("192.0.2.97", "2001:db8::97")},
		{"no unicast address", "192.0.2.96", addrs("0.0.0.0", "239.0.0.51"), addrs("192.0.2.96")},
		{"no unicast address, mapped source", "::ffff:192.0.2.96", addrs("0.0.0.0"), addrs("192.0.2.96")},
		{"loopback of another host", "192.0.2.96", addrs("127.0.0.1"), addrs("192.0.2.96")},
		{"loopback of this host", "127.0.0.1", addrs("127.0.0.2"), addrs("127.0.0.2")},
		{"more than may be called", "192.0.2.96", many, many[:8]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := servingGrouped(t)
			m := announcement(0x60, 96, false)
			m.Information.Transport.Addresses = tt.told
			data, err := enrp.Append(nil, m)
			if err != nil {
				t.Fatal(err)
			}
			b.step(registrar.Heard{From: netip.AddrPortFrom(netip.MustParseAddr(tt.from), 1), Data: data})
			onlyDial(t, b, registrar.Endpoint{Addrs: tt.want, Port: 9901})
		})
	}
}
