package replica_test

import (
	"crypto/sha256"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

const self = 0x0a000001

var (
	rr      = wire.Policy{Type: wire.RoundRobin}
	cmpAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	hello   = feed.Hello{Schema: feed.Schema, Registrar: self, Epoch: 7, Started: 1000, Now: 2000, Version: "test"}
)

func pe(id wire.PEIdentifier, home wire.ServerID, p wire.Policy) wire.PoolElement {
	return wire.PoolElement{ID: id, HomeServer: home, Life: 300, Policy: p, UserTransport: transport(7)}
}

func transport(port uint16) wire.Transport {
	return wire.Transport{Type: wire.TypeSCTPTransport, Port: port, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.7")}}
}

func add(handle wire.PoolHandle, e wire.PoolElement) feed.Message {
	return enrp.HandleUpdate{IDs: enrp.IDs{Sender: self}, Action: enrp.AddPE, Handle: handle, Element: e}
}

func del(handle wire.PoolHandle, e wire.PoolElement) feed.Message {
	return enrp.HandleUpdate{IDs: enrp.IDs{Sender: self}, Action: enrp.DelPE, Handle: handle, Element: e}
}

func presence(home wire.ServerID, c wire.Checksum) feed.Message {
	return enrp.Presence{IDs: enrp.IDs{Sender: home}, Checksum: c, HasChecksum: true}
}

// fatal is what testing and rapid have in common.
type fatal interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func apply(t fatal, r *replica.Replica, list ...feed.Message) {
	t.Helper()
	for _, m := range list {
		r.Apply(m)
	}
	if err := r.Verify(); err != nil {
		t.Fatal(err)
	}
}

func started(t testing.TB, list ...feed.Message) *replica.Replica {
	t.Helper()
	r := replica.New()
	apply(t, r, append([]feed.Message{hello}, list...)...)
	return r
}

// view is all that a reader can see of a replica.
type view struct {
	Hello    feed.Hello
	State    feed.RegistrarState
	Sequence feed.Sequence
	Synced   bool
	Pools    []replica.Pool
	Elements []replica.Element
	Peers    []replica.Peer
	Events   []feed.Event
	Steps    [][]feed.TakeoverStep
	Counters []feed.Counters
	Counts   replica.Counts
	Apart    []wire.ServerID
	Digest   [32]byte
	Told     wire.Checksum
	Page     wire.Checksum
	Known    bool
}

func look(r *replica.Replica) view {
	v := view{
		Hello: r.Hello(), State: r.State(), Sequence: r.Sequence(), Synced: r.Synced(),
		Pools: slices.Collect(r.Pools()), Elements: slices.Collect(r.AllElements()),
		Peers: slices.Collect(r.Peers()), Events: slices.Collect(r.Events()), Counters: r.Samples(),
		Counts: r.Counts(), Apart: r.Disagrees(), Digest: digestOf(r),
	}
	for x := range r.Takeovers() {
		v.Steps = append(v.Steps, x.Steps)
	}
	v.Counts.Refused = 0 // a history, not a state
	v.Told, v.Page, v.Known = r.Own()
	return v
}

// restore makes a replica from a snapshot.
func restore(t fatal, r *replica.Replica, limit int) *replica.Replica {
	t.Helper()
	fresh := replica.New()
	frames := r.Snapshot(limit)
	for i, frame := range frames {
		if fresh.Synced() {
			t.Fatalf("synced behind frame %d of %d", i, len(frames))
		}
		list, err := feed.Parse(frame)
		if err != nil {
			t.Fatal(err)
		}
		if len(frame) > limit && len(list) > 2 {
			t.Fatalf("frame of %d bytes with %d messages, limit is %d", len(frame), len(list), limit)
		}
		if list[len(list)-1].Type() != feed.TypeSequence {
			t.Fatalf("the last message of a frame is %T, want Sequence", list[len(list)-1])
		}
		if _, err := fresh.ApplyFrame(frame); err != nil {
			t.Fatal(err)
		}
	}
	if err := fresh.Verify(); err != nil {
		t.Fatal(err)
	}
	return fresh
}

// digestOf is the digest as the export gives it.
func digestOf(r *replica.Replica) [sha256.Size]byte {
	return [sha256.Size]byte(r.Digest(sha256.New()))
}
