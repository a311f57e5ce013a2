package replica_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// What one element of EchoPool adds up to: the vector cksum_one_pe_aligned.
const (
	vectorID  = 0x11223344
	vectorSum = 0x4deb
)

// ENRP-3.6.1-01: the replica shows a checksum per peer and for the registrar
// itself, as told, as the registrar computes it, and as it computes it here.
func TestChecksums(t *testing.T) {
	r := started(t, feed.PeerState{Peer: 2}, feed.PeerState{Peer: 3, Told: 0xffff, HasTold: true, Matched: true})
	type seen struct {
		told, computed, page wire.Checksum
		hasComputed          bool
		elements             int
		same, known          bool
	}
	check := func(name string, id wire.ServerID, want seen) {
		t.Helper()
		p, ok := r.Peer(id)
		same, known := p.InStep()
		got := seen{p.Told, p.Computed, p.Page, p.HasComputed, p.Elements, same, known}
		if !ok || got != want {
			t.Errorf("%s: peer %v is %+v, %v, want %+v", name, id, got, ok, want)
		}
	}
	disagrees := func(name string, want ...wire.ServerID) {
		t.Helper()
		if diff := cmp.Diff(want, r.Disagrees()); diff != "" {
			t.Errorf("%s: disagrees (-want +got):\n%s", name, diff)
		}
	}
	check("nothing told", 2, seen{computed: 0xffff, page: 0xffff})
	check("no element, told so", 3, seen{told: 0xffff, computed: 0xffff, page: 0xffff, same: true, known: true})
	if _, _, known := r.Own(); known {
		t.Error("the own checksum is known before the registrar has said it")
	}

	apply(t, r, add("EchoPool", pe(vectorID, 2, rr)), presence(2, vectorSum), presence(self, 0xffff))
	check("told nothing, has one", 2, seen{computed: vectorSum, page: vectorSum, hasComputed: true, elements: 1})
	disagrees("all in step")
	if told, page, known := r.Own(); told != 0xffff || page != 0xffff || !known {
		t.Errorf("own checksum is %v here, %v there, %v", page, told, known)
	}

	apply(t, r, feed.PeerState{Peer: 2, Told: vectorSum, HasTold: true})
	check("told before its elements came", 2, seen{told: vectorSum, computed: vectorSum, page: vectorSum, hasComputed: true, elements: 1, same: true, known: true})
	apply(t, r, feed.PeerState{Peer: 2, Told: 0x1111, HasTold: true, Matched: true})
	check("matched, then changed", 2, seen{told: 0x1111, computed: vectorSum, page: vectorSum, hasComputed: true, elements: 1, same: true, known: true})
	apply(t, r, feed.PeerState{Peer: 2, Told: 0x1111, HasTold: true})
	check("tells another", 2, seen{told: 0x1111, computed: vectorSum, page: vectorSum, hasComputed: true, elements: 1, known: true})
	disagrees("the registrar differs from its peer, but not from here")

	apply(t, r, presence(2, 0x2222), presence(self, 0x3333), presence(9, 0x4444))
	check("gone astray", 2, seen{told: 0x1111, computed: 0x2222, page: vectorSum, hasComputed: true, elements: 1, known: true})
	disagrees("gone astray", 2, 9, self)

	apply(t, r, enrp.Presence{IDs: enrp.IDs{Sender: 2}})
	disagrees("a PRESENCE without a checksum says nothing", 2, 9, self)
}

func TestPeers(t *testing.T) {
	informed := func(id wire.ServerID, port uint16) wire.ServerInformation {
		return wire.ServerInformation{ID: id, Transport: transport(port)}
	}
	r := started(t,
		enrp.ListResponse{Servers: []wire.ServerInformation{informed(7, 1), informed(5, 2), informed(6, 3)}},
		feed.PeerState{Peer: 7, State: feed.Active, Heard: 10},
		feed.PeerState{Peer: 5, State: feed.Dead, Information: informed(5, 4)},
		feed.PeerState{Peer: 5, State: feed.Active})
	ids := func() (list []wire.ServerID) {
		for p := range r.Peers() {
			list = append(list, p.Peer)
		}
		return list
	}
	if diff := cmp.Diff([]wire.ServerID{5, 7}, ids()); diff != "" { // the list has made none
		t.Errorf("peers (-want +got):\n%s", diff)
	}
	for id, port := range map[wire.ServerID]uint16{7: 1, 5: 4} {
		if p, _ := r.Peer(id); p.Information.Transport.Port != port {
			t.Errorf("peer %v has port %d, want %d", id, p.Information.Transport.Port, port)
		}
	}
	apply(t, r, add("p", pe(1, 7, rr)), presence(7, 1), feed.PeerState{Peer: 7, State: feed.Forgotten})
	if _, ok := r.Peer(7); ok || !slices.Equal(ids(), []wire.ServerID{5}) {
		t.Errorf("a forgotten peer stays, have %v", ids())
	}
	if diff := cmp.Diff([]wire.ServerID{7}, r.Disagrees()); diff != "" { // its element is still there
		t.Errorf("disagrees (-want +got):\n%s", diff)
	}
	apply(t, r, del("p", pe(1, 7, rr)), presence(7, 0xffff), feed.PeerState{Peer: 7})
	if p, _ := r.Peer(7); p.HasComputed || p.Information.Present() {
		t.Errorf("a peer that comes back has something left: %+v", p)
	}
}

func TestDigest(t *testing.T) {
	base := func() []feed.Message {
		return []feed.Message{add("p", pe(1, 2, rr)), add("p", pe(2, self, rr)), add("q", pe(1, 2, rr))}
	}
	want := digestOf(started(t, base()...))
	another := hello
	another.Registrar = 2
	same := map[string][]feed.Message{
		"other order":         {add("q", pe(1, 2, rr)), add("p", pe(2, self, rr)), add("p", pe(1, 2, rr))},
		"another registrar":   append([]feed.Message{another}, base()...),
		"clock and health":    append(base(), feed.ElementState{Handle: "p", ID: 1, Expires: 99, Health: feed.Expired, Reports: 2}),
		"peers, events, time": append(base(), feed.PeerState{Peer: 2}, feed.Event{Name: "x"}, feed.Sequence{Number: 5, Now: 5}),
		"there and back":      append(base(), add("p", pe(1, 3, rr)), add("p", pe(1, 2, rr)), add("r", pe(1, 2, rr)), del("r", pe(1, 2, rr))),
	}
	for name, list := range same {
		if digestOf(started(t, list...)) != want {
			t.Errorf("%s: digest must be the same", name)
		}
	}
	life, port := pe(1, 2, rr), pe(1, 2, rr)
	life.Life, port.UserTransport.Port = 301, 8
	asap := pe(1, 2, rr)
	asap.ASAPTransport = transport(3863)
	weight := wire.Policy{Type: wire.WeightedRandom, Weight: 1}
	other := map[string][]feed.Message{
		"empty":     nil,
		"less":      base()[:2],
		"home":      append(base(), add("p", pe(1, 3, rr))),
		"life":      append(base(), add("p", life)),
		"transport": append(base(), add("p", port)),
		"asap":      append(base(), add("p", asap)),
		"policy":    append(base(), del("q", pe(1, 2, rr)), add("q", pe(1, 2, weight))),
		"handle":    append(base(), del("q", pe(1, 2, rr)), add("r", pe(1, 2, rr))),
		"id":        append(base(), del("q", pe(1, 2, rr)), add("q", pe(9, 2, rr))),
	}
	seen := map[[32]byte]string{want: "base"}
	for name, list := range other {
		d := digestOf(started(t, list...))
		if same := seen[d]; same != "" {
			t.Errorf("%s has the digest of %s", name, same)
		}
		seen[d] = name
	}
}
