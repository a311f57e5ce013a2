package registrar_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// scene is what the cases of TestTally play in: a registrar with a peer that is home to
// element 1 of echo, the association of an element, and that of a user.
type scene struct {
	*bench
	peer, element, user registrar.AssociationID
}

// tallied is all that a tally counts but messages, by name, without zeros.
func tallied(t registrar.Tally) map[string]int {
	m := map[string]int{
		"unknown pools": int(t.UnknownPools), "shed": int(t.Shed), "mismatches": int(t.Mismatches),
		"takeovers timed": int(t.TakeoverTimes.Count()),
		"asap open":       t.Associations[registrar.ASAP], "enrp open": t.Associations[registrar.ENRP],
		"subscriptions": t.Subscriptions, "downloads": t.Downloads,
	}
	for p, list := range t.Discarded {
		for reason, n := range list {
			m[discard(registrar.Protocol(p), registrar.DiscardReason(reason))] = int(n)
		}
	}
	for code, n := range t.Refused {
		m["refused: "+wire.CauseCode(code).Words()] = int(n)
	}
	for o, n := range t.Resyncs {
		m[fmt.Sprintf("resync %d", o)] = int(n)
	}
	for o, n := range t.Takeovers {
		m[fmt.Sprintf("takeover %d", o)] = int(n)
	}
	return m
}

func discard(p registrar.Protocol, r registrar.DiscardReason) string {
	return fmt.Sprintf("discarded %v %d", p, r)
}

// grown is what has been counted since before.
func grown(before, after registrar.Tally) map[string]int {
	grown, old := tallied(after), tallied(before)
	for name := range grown {
		if grown[name] -= old[name]; grown[name] == 0 {
			delete(grown, name)
		}
	}
	return grown
}

// shed lets m come in an overload.
func (s *scene) shed(from registrar.AssociationID, m asap.Message) {
	data, err := asap.Append(nil, m)
	if err != nil {
		s.t.Fatal(err)
	}
	s.step(registrar.Received{Association: from, Data: data, Shed: true})
}

func TestTally(t *testing.T) {
	const a, e = registrar.ASAP, registrar.ENRP
	raw := func(s *scene, on registrar.AssociationID, data ...byte) {
		s.step(registrar.Received{Association: on, Data: data})
	}
	tests := []struct {
		name string
		do   func(s *scene)
		want map[string]int
	}{
		{"refused registration", func(s *scene) { s.register(s.user, "echo", pe(3, 13)) }, map[string]int{"refused: invalid values": 1}},
		{"refused for its policy", func(s *scene) {
			s.register(s.element, "echo", pe(5, 11, policy(wire.Policy{Type: wire.WeightedRoundRobin, Weight: 1})))
		}, map[string]int{"refused: inconsistent pooling policy": 1}},
		{"unknown pool", func(s *scene) { s.asap(s.user, asap.HandleResolution{Handle: "none"}) }, map[string]int{"unknown pools": 1}},
		{"too much to do", func(s *scene) { s.shed(s.user, asap.HandleResolution{Handle: "echo"}) }, map[string]int{"shed": 1}},
		{"too much to do, but not for this", func(s *scene) { s.shed(s.element, asap.Deregistration{Handle: "echo", ID: 99}) }, map[string]int{}},
		{"known pool", func(s *scene) { s.asap(s.user, asap.HandleResolution{Handle: "echo"}) }, map[string]int{}},
		{"subscription", func(s *scene) { s.asap(s.user, asap.HandleResolution{Handle: "echo", Subscribe: true}) }, map[string]int{"subscriptions": 1}},
		{"subscription that ends", func(s *scene) {
			s.asap(s.user, asap.HandleResolution{Handle: "echo", Subscribe: true})
			s.down(s.user)
		}, map[string]int{"asap open": -1}},
		{"subscription to a pool that ends", func(s *scene) {
			s.mustRegister(s.element, "brief", pe(1, 11))
			s.asap(s.user, asap.HandleResolution{Handle: "brief", Subscribe: true})
			s.asap(s.element, asap.Deregistration{Handle: "brief", ID: 1})
		}, map[string]int{"unknown pools": 1}},
		{"associations", func(s *scene) {
			s.bench.element(20)
			s.up(e, at(70, 9901), 0)
		}, map[string]int{"asap open": 1, "enrp open": 1}},

		{"malformed", func(s *scene) {
			raw(s, s.user, 5, 0, 0, 2)
			raw(s, s.peer, 4)
		}, map[string]int{discard(a, registrar.DiscardMalformed): 1, discard(e, registrar.DiscardMalformed): 1}},
		{"unknown type", func(s *scene) { raw(s, s.user, 0x3f, 0, 0, 4) }, map[string]int{discard(a, registrar.DiscardUnrecognized): 1}},
		{"invalid", func(s *scene) { raw(s, s.user, 9, 0, 0, 4) }, map[string]int{discard(a, registrar.DiscardInvalid): 1}},
		{"of nobody", func(s *scene) { s.enrp(s.peer, presence(0)) }, map[string]int{discard(e, registrar.DiscardMisaddressed): 1}},
		{
			"for another", func(s *scene) { s.enrp(s.peer, enrp.Presence{IDs: ids(0x60, 0x99)}) },
			map[string]int{discard(e, registrar.DiscardMisaddressed): 1},
		},
		{
			"acknowledgement of nothing", func(s *scene) { s.asap(s.user, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1}) },
			map[string]int{discard(a, registrar.DiscardUnexpected): 1},
		},
		{"table of nobody's wish", func(s *scene) { s.enrp(s.peer, part(false, of(0x60, pe(1, 11)))) }, map[string]int{discard(e, registrar.DiscardUnexpected): 1}},
		{
			"consent to nothing", func(s *scene) { s.enrp(s.peer, enrp.InitTakeoverAck{Takeover: takeover(0x60, 0x70)}) },
			map[string]int{discard(e, registrar.DiscardUnexpected): 1},
		},
		{
			"complaint", func(s *scene) { s.asap(s.user, asap.Error{Causes: []wire.Cause{{Code: wire.CauseInvalidValues}}}) },
			map[string]int{discard(a, registrar.DiscardError): 1},
		},
		{"too many reports", func(s *scene) {
			for range registrar.DefaultConfig().Limits.Reports + 2 {
				s.asap(s.user, asap.EndpointUnreachable{Handle: "none", ID: 1})
			}
		}, map[string]int{discard(a, registrar.DiscardUnexpected): registrar.DefaultConfig().Limits.Reports, discard(a, registrar.DiscardLimit): 2}},

		{"resynchronised", func(s *scene) {
			s.step(registrar.ResyncPeer{Request: 1, Peer: 0x60})
			s.enrp(s.peer, part(false, of(0x60, pe(1, 11))))
		}, map[string]int{"resync 0": 1}},
		{"not resynchronised", func(s *scene) {
			s.step(registrar.ResyncPeer{Request: 1, Peer: 0x60})
			s.enrp(s.peer, enrp.HandleTableResponse{IDs: ids(0x60, self), Reject: true})
		}, map[string]int{"resync 1": 1}},
		{"stopped meanwhile", func(s *scene) {
			s.step(registrar.ResyncPeer{Request: 1, Peer: 0x60})
			s.step(registrar.Stop{})
		}, map[string]int{"resync 3": 1}},
		{"mismatch", func(s *scene) {
			s.enrp(s.peer, enrp.Presence{IDs: ids(0x60, 0), Checksum: 1, HasChecksum: true})
			s.enrp(s.peer, part(false, of(0x60, pe(1, 11))))
			s.advance(30 * time.Second)
			s.enrp(s.peer, enrp.Presence{IDs: ids(0x60, 0), Checksum: 2, HasChecksum: true})
		}, map[string]int{"mismatches": 2, "resync 0": 1}},

		{"seen", func(s *scene) {
			for range 2 { // the second tells nothing new
				s.enrp(s.up(e, at(70, 9901), 0), enrp.TakeoverServer{Takeover: takeover(0x70, 0x60)})
			}
		}, map[string]int{"enrp open": 2, takeoverWas(registrar.TakeoverSeen): 1}},
		{
			"objected", func(s *scene) { s.enrp(s.peer, enrp.InitTakeover{Takeover: takeover(0x60, self)}) },
			map[string]int{takeoverWas(registrar.TakeoverObjected): 1},
		},
		{
			"refuted", func(s *scene) { s.enrp(s.peer, enrp.TakeoverServer{Takeover: takeover(0x60, self)}) },
			map[string]int{takeoverWas(registrar.TakeoverRefuted): 1},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &scene{bench: serving(t)}
			s.peer, s.element, s.user = s.bench.peer(0x60, 60), s.bench.element(11), s.bench.element(12)
			s.mustRegister(s.element, "echo", pe(4, 11))
			s.enrp(s.peer, add(0x60, "echo", pe(1, 11)))
			before := s.r.Tally()
			tt.do(s)
			if diff := cmp.Diff(tt.want, grown(before, s.r.Tally())); diff != "" {
				t.Errorf("counted (-want +got):\n%s", diff)
			}
		})
	}
}

func takeoverWas(r registrar.TakeoverResult) string { return fmt.Sprintf("takeover %d", r) }

// What comes of the wish to take a dead registrar over is counted once.
func TestTakeoverTally(t *testing.T) {
	tests := []struct {
		result registrar.TakeoverResult
		end    func(w *widow)
	}{
		{registrar.TakeoverWon, func(w *widow) { w.ack(0x70, 0x60) }},
		{registrar.TakeoverCancelled, func(w *widow) { w.alive(0x60) }},
		{registrar.TakeoverYielded, func(w *widow) { w.enrp(w.to[0x70], enrp.InitTakeover{Takeover: takeover(0x70, 0x60)}) }},
		{registrar.TakeoverYielded, func(w *widow) { w.enrp(w.to[0x70], enrp.TakeoverServer{Takeover: takeover(0x70, 0x60)}) }},
	}
	for _, tt := range tests {
		w := widowed(t, 2, 0x70)
		before := w.r.Tally()
		w.now = w.now.Add(1500 * time.Millisecond)
		tt.end(w)
		after := w.r.Tally()
		if got := after.Takeovers[tt.result] - before.Takeovers[tt.result]; got != 1 {
			t.Errorf("result %d: counted %d times, want once", tt.result, got)
		}
		times := after.TakeoverTimes
		if tt.result != registrar.TakeoverWon {
			if times.Count() != 0 {
				t.Errorf("result %d: %d takeovers timed, want none", tt.result, times.Count())
			}
		} else if sum := times.Sum(); times.Count() != 1 || sum < 1500*time.Millisecond || sum > 3*time.Second {
			t.Errorf("%d takeovers took %v, want one of 1.5 s and the rest of a second", times.Count(), sum)
		}
	}
}

// Every message counts, by its type; what has none counts too.
func TestMessageTally(t *testing.T) {
	b := serving(t, announcing)
	p, user := b.peer(0x60, 60), b.element(12)
	before := b.r.Tally().Messages
	b.asap(user, asap.HandleResolution{Handle: "none"})
	b.step(registrar.Received{Association: user})
	b.step(registrar.Received{Association: user, Data: []byte{0xf0, 0, 0, 4}})
	b.enrp(p, enrp.ListRequest{IDs: ids(0x60, self)})
	b.hear(70, announcement(0x70, 70, false))
	b.advance(31 * time.Second) // a heartbeat
	after := b.r.Tally().Messages
	delta := func(p registrar.Protocol, d registrar.Direction, kind int) uint64 {
		return after[p][d][kind] - before[p][d][kind]
	}
	for _, tt := range []struct {
		p    registrar.Protocol
		d    registrar.Direction
		kind int
		want uint64
	}{
		{registrar.ASAP, registrar.In, int(asap.TypeHandleResolution), 1},
		{registrar.ASAP, registrar.Out, int(asap.TypeHandleResolutionResponse), 1},
		{registrar.ASAP, registrar.In, 0, 2},
		{registrar.ENRP, registrar.In, int(enrp.TypeListRequest), 1},
		{registrar.ENRP, registrar.Out, int(enrp.TypeListResponse), 1},
		{registrar.ENRP, registrar.In, int(enrp.TypePresence), 1},
		{registrar.ENRP, registrar.Out, int(enrp.TypePresence), 2}, // to the peer, and to the group
	} {
		if got := delta(tt.p, tt.d, tt.kind); got != tt.want {
			t.Errorf("%v, direction %d, type %d: counted %d, want %d", tt.p, tt.d, tt.kind, got, tt.want)
		}
	}
}
