package replica_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

func TestHelloResets(t *testing.T) {
	r := started(t,
		add("p", pe(1, self, rr)), presence(self, 1), feed.PeerState{Peer: 2}, feed.Event{Name: "x"},
		feed.RegistrarState{Phase: feed.Serving}, feed.Sequence{Number: 9})
	if !r.Synced() || r.Self() != self {
		t.Errorf("before: synced %v, self %v", r.Synced(), r.Self())
	}
	other := hello
	other.Registrar, other.Epoch = 0x55, 8
	apply(t, r, other)
	fresh := replica.New()
	apply(t, fresh, other)
	if diff := cmp.Diff(look(fresh), look(r), cmpAddr); diff != "" {
		t.Errorf("after another Hello (-fresh +got):\n%s", diff)
	}
	if r.Synced() {
		t.Error("synced before the snapshot's end")
	}
}

func TestApply(t *testing.T) {
	weighted := wire.Policy{Type: wire.WeightedRoundRobin, Weight: 3}
	tests := []struct {
		name string
		give []feed.Message
		want []string // the elements: handle, ID, home, health
		// refused counts elements that contradict their pool.
		refused int
	}{
		{
			"add",
			[]feed.Message{add("p", pe(2, 9, rr)), add("p", pe(1, self, rr)), add("a", pe(7, self, weighted))},
			[]string{"a 7 own up", "p 1 own up", "p 2 0x00000009 up"},
			0,
		},
		{
			"add again moves between homes",
			[]feed.Message{add("p", pe(1, self, rr)), add("p", pe(1, 9, rr))},
			[]string{"p 1 0x00000009 up"},
			0,
		},
		{
			"remove",
			[]feed.Message{add("p", pe(1, 9, rr)), add("p", pe(2, 9, rr)), del("p", pe(1, 9, rr))},
			[]string{"p 2 0x00000009 up"},
			0,
		},
		{"remove says another home", []feed.Message{add("p", pe(1, 9, rr)), del("p", pe(1, 8, rr))}, nil, 0},
		{
			"remove what is not there",
			[]feed.Message{del("p", pe(1, 9, rr)), add("q", pe(2, 9, rr)), del("q", pe(1, 9, rr))},
			[]string{"q 2 0x00000009 up"},
			0,
		},
		{
			"contradicts its pool",
			[]feed.Message{add("p", pe(1, 9, rr)), add("p", pe(2, 9, weighted)), add("p", pe(1, 8, weighted))},
			[]string{"p 1 0x00000009 up"},
			2,
		},
		{
			"pool comes back with another policy",
			[]feed.Message{add("p", pe(1, 9, rr)), del("p", pe(1, 9, rr)), add("p", pe(1, 9, weighted))},
			[]string{"p 1 0x00000009 up"},
			0,
		},
		{"table", []feed.Message{enrp.HandleTableResponse{Pools: []enrp.Pool{
			{Handle: "p", Elements: []wire.PoolElement{pe(1, self, rr), pe(2, 9, rr), pe(3, 9, weighted)}},
			{Handle: "q", Elements: []wire.PoolElement{pe(1, self, weighted)}},
		}}}, []string{"p 1 own up", "p 2 0x00000009 up", "q 1 own up"}, 1},
		{
			"state",
			[]feed.Message{add("p", pe(1, 9, rr)), feed.ElementState{Handle: "p", ID: 1, Health: feed.Unanswered}},
			[]string{"p 1 0x00000009 suspect"},
			0,
		},
		{"state survives a change of attributes", []feed.Message{
			add("p", pe(1, 9, rr)), feed.ElementState{Handle: "p", ID: 1, Health: feed.Expired}, add("p", pe(1, self, rr)),
		}, []string{"p 1 own expired"}, 0},
		{"state does not survive a removal", []feed.Message{
			add("p", pe(1, 9, rr)),
			feed.ElementState{Handle: "p", ID: 1, Health: feed.Expired},
			del("p", pe(1, 9, rr)), add("p", pe(1, 9, rr)),
		}, []string{"p 1 0x00000009 up"}, 0},
		{"state of what is not there", []feed.Message{
			feed.ElementState{Handle: "p", ID: 1}, add("q", pe(1, 9, rr)), feed.ElementState{Handle: "q", ID: 2, Health: feed.Unanswered},
		}, []string{"q 1 0x00000009 up"}, 0},
		{"creates no element", []feed.Message{
			enrp.ListResponse{Servers: []wire.ServerInformation{{ID: 2, Transport: transport(9901)}}},
			presence(2, 5),
			feed.PeerState{Peer: 2},
			feed.Goodbye{Reason: "x"},
			feed.Applied{Number: 1},
			enrp.ListRequest{},
		}, nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := started(t, tt.give...)
			var got []string
			for e := range r.AllElements() {
				home := e.HomeServer.String()
				if e.Owned {
					home = "own"
				}
				if e.State.Handle != e.Handle || e.State.ID != e.ID {
					t.Errorf("element %v of %q has the state of %v of %q", e.ID, e.Handle, e.State.ID, e.State.Handle)
				}
				got = append(got, fmt.Sprintf("%s %d %s %v", e.Handle, uint32(e.ID), home, e.State.Health))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("elements (-want +got):\n%s", diff)
			}
			if n := r.Counts().Refused; n != tt.refused {
				t.Errorf("refused %d, want %d", n, tt.refused)
			}
		})
	}
}

// POL-7-05: the bytes of an unknown policy go through feed, replica and snapshot.
func TestUnknownPolicyIsCarried(t *testing.T) {
	private := wire.Policy{Type: 0xb0001003, Raw: "\x00\x01\x02\xff\x00"}
	r := restore(t, started(t, add("p", pe(1, 9, private)), feed.Sequence{Number: 1}), 1000)
	p, _ := r.Pool("p")
	e, _ := r.Element("p", 1)
	if p.Policy != private || e.Policy != private {
		t.Errorf("pool has %+v, element %+v, want %+v", p.Policy, e.Policy, private)
	}
}

func TestPoolSums(t *testing.T) {
	health := func(id wire.PEIdentifier, h feed.Health) feed.Message {
		return feed.ElementState{Handle: "p", ID: id, Health: h}
	}
	r := started(t,
		add("p", pe(1, self, rr)), add("p", pe(2, 9, rr)), add("p", pe(3, 8, rr)), add("p", pe(4, 9, rr)), add("q", pe(1, 9, rr)),
		health(1, feed.Unanswered), health(2, feed.Expired), health(3, feed.Unanswered), health(3, feed.Up))
	p, ok := r.Pool("p")
	want := []replica.HomeCount{{Home: 8, Elements: 1}, {Home: 9, Elements: 2}, {Home: self, Elements: 1}}
	if diff := cmp.Diff(want, p.Homes); !ok || diff != "" {
		t.Errorf("homes, found %v (-want +got):\n%s", ok, diff)
	}
	if p.Len != 4 || p.Owned != 1 || p.Suspect != 1 || p.Expired != 1 {
		t.Errorf("pool has %d elements, %d owned, %d suspect, %d expired, want 4, 1, 1, 1", p.Len, p.Owned, p.Suspect, p.Expired)
	}
	if diff := cmp.Diff(replica.Counts{Pools: 2, Elements: 5, Owned: 1, Suspect: 1, Expired: 1}, r.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if _, ok := r.Pool("r"); ok {
		t.Error("found a pool that is not there")
	}
	if _, ok := r.Element("p", 5); ok {
		t.Error("found an element that is not there")
	}
}

func TestEventsAreBounded(t *testing.T) {
	for _, n := range []int{0, 1, 999, 1000, 1001, 2345} {
		r := started(t)
		for i := range n {
			r.Apply(feed.Event{At: feed.Time(i + 1)})
		}
		r.Apply(feed.Sequence{Number: 1})
		for name, r := range map[string]*replica.Replica{"itself": r, "its snapshot": restore(t, r, 2000)} {
			got := slices.Collect(r.Events())
			if len(got) != min(n, 1000) {
				t.Fatalf("%s keeps %d of %d events", name, len(got), n)
			}
			for i, e := range got {
				if e.At != feed.Time(n-i) {
					t.Fatalf("%s of %d: event %d is number %d, want %d", name, n, i, e.At, n-i)
				}
			}
		}
	}
}

func TestApplyFrame(t *testing.T) {
	frame := func(list ...feed.Message) (b []byte) {
		for _, m := range list {
			var err error
			if b, err = feed.Append(b, m); err != nil {
				t.Fatal(err)
			}
		}
		return b
	}
	r := replica.New()
	seq, err := r.ApplyFrame(frame(hello, add("p", pe(1, 9, rr)), feed.Sequence{Number: 5, Now: 1}))
	if seq != 5 || err != nil || r.Sequence().Number != 5 || r.Counts().Elements != 1 {
		t.Errorf("good frame gives %d, %v, %+v", seq, err, r.Counts())
	}
	before := look(r)
	for name, bad := range map[string][]byte{
		"cut":     frame(add("p", pe(2, 9, rr)), feed.Sequence{Number: 6, Now: 1})[:60],
		"invalid": append(frame(add("p", pe(2, 9, rr))), 4, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 9, 0, 0),
	} {
		if seq, err := r.ApplyFrame(bad); err == nil {
			t.Errorf("%s frame gives %d without an error", name, seq)
		}
		if diff := cmp.Diff(before, look(r), cmpAddr); diff != "" {
			t.Errorf("%s frame has changed something (-before +after):\n%s", name, diff)
		}
	}
	if seq, err := r.ApplyFrame(frame(feed.Goodbye{Reason: "x"})); seq != 0 || err != nil {
		t.Errorf("frame without a Sequence gives %d, %v, want 0", seq, err)
	}
}

func TestTakeDirty(t *testing.T) {
	r := started(t, add("q", pe(1, self, rr)), add("p", pe(1, 2, rr)))
	if diff := cmp.Diff(replica.Dirty{All: true}, r.TakeDirty()); diff != "" {
		t.Errorf("after Hello (-want +got):\n%s", diff)
	}
	tests := []struct {
		name string
		give []feed.Message
		want replica.Dirty
	}{
		{"nothing", []feed.Message{feed.Sequence{Number: 3}, del("z", pe(1, 2, rr)), feed.ElementState{Handle: "z"}}, replica.Dirty{}},
		{
			"elements",
			[]feed.Message{add("z", pe(1, self, rr)), add("p", pe(1, 2, rr)), add("p", pe(2, 2, rr))},
			replica.Dirty{Pools: []wire.PoolHandle{"z", "p"}, Elements: []replica.Ref{{Handle: "z", ID: 1}, {Handle: "p", ID: 1}, {Handle: "p", ID: 2}}, Own: true, Peers: true},
		},
		{"another home", []feed.Message{add("q", pe(1, 2, rr))}, replica.Dirty{Pools: []wire.PoolHandle{"q"}, Elements: []replica.Ref{{Handle: "q", ID: 1}}, Own: true, Peers: true}},
		{"pool goes", []feed.Message{del("z", pe(1, self, rr))}, replica.Dirty{Pools: []wire.PoolHandle{"z"}, Elements: []replica.Ref{{Handle: "z", ID: 1}}, Own: true}},
		{"health", []feed.Message{feed.ElementState{Handle: "p", ID: 1}}, replica.Dirty{Pools: []wire.PoolHandle{"p"}, Elements: []replica.Ref{{Handle: "p", ID: 1}}}},
		{"own checksum", []feed.Message{presence(self, 1)}, replica.Dirty{Own: true}},
		{"peer's checksum", []feed.Message{presence(2, 1)}, replica.Dirty{Peers: true}},
		{"peer", []feed.Message{feed.PeerState{Peer: 2}}, replica.Dirty{Peers: true}},
		{"list", []feed.Message{enrp.ListResponse{}}, replica.Dirty{Peers: true}},
		{"phase", []feed.Message{feed.RegistrarState{Phase: feed.Draining}}, replica.Dirty{Own: true}},
		{"event", []feed.Message{feed.Event{}}, replica.Dirty{Events: true}},
		{"counters", []feed.Message{feed.Counters{}}, replica.Dirty{Counters: true}},
		{"hello", []feed.Message{feed.Event{}, hello}, replica.Dirty{All: true}},
	}
	for _, tt := range tests {
		apply(t, r, tt.give...)
		if diff := cmp.Diff(tt.want, r.TakeDirty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	// Whoever never asks costs bounded memory, and is told to look at all.
	for i := range 4096 {
		r.Apply(add(wire.PoolHandle(fmt.Sprint(i)), pe(1, self, rr)))
	}
	if d := r.TakeDirty(); d.All || len(d.Pools) != 4096 {
		t.Errorf("at the limit: all %v, %d pools", d.All, len(d.Pools))
	}
	for i := range 4097 {
		r.Apply(add(wire.PoolHandle(fmt.Sprint(i)), pe(1, self, rr)))
	}
	if diff := cmp.Diff(replica.Dirty{All: true}, r.TakeDirty()); diff != "" {
		t.Errorf("above the limit (-want +got):\n%s", diff)
	}
	for range 1<<15 + 1 {
		r.Apply(add("one", pe(1, self, rr)))
	}
	if diff := cmp.Diff(replica.Dirty{All: true}, r.TakeDirty()); diff != "" {
		t.Errorf("above the limit of elements (-want +got):\n%s", diff)
	}
}
