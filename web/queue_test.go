package web

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// follower is a client that applies what it takes.
type follower struct {
	q *queue
	r *replica.Replica
}

func follow(t testing.TB, h *Hub) *follower {
	t.Helper()
	q, ok := h.join(position{})
	if !ok {
		t.Fatal("no place")
	}
	return &follower{q, replica.New()}
}

func (f *follower) catchUp(t interface{ Fatal(...any) }, h *Hub) (frames [][]byte) {
	frames = takeAll(h, f.q, start)
	for _, b := range frames {
		if _, err := f.r.ApplyFrame(b); err != nil {
			t.Fatal(err)
		}
	}
	return frames
}

// takeAll takes until nothing more belongs to it.
func takeAll(h *Hub, q *queue, now time.Time) (frames [][]byte) {
	for more := true; more; {
		var frame []byte
		frame, more = h.take(q, now)
		frames = append(frames, frame)
	}
	return frames
}

func TestQueueMerges(t *testing.T) {
	h := newTestHub()
	f := follow(t, h)
	f.catchUp(t, h)
	e := element(1, self)
	for w := range uint32(1000) {
		e.Policy.Weight = w
		h.Publish(start, []feed.Message{add("P", e), feed.ElementState{Handle: "P", ID: 1}, sum(self, "P", 1)})
	}
	frames := f.catchUp(t, h)
	list, err := feed.Parse(frames[0])
	if err != nil || len(frames) != 1 {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	var types []enrp.MessageType
	for _, m := range list {
		types = append(types, m.Type())
	}
	want := []enrp.MessageType{enrp.TypeHandleUpdate, feed.TypeElementState, enrp.TypePresence, feed.TypeSequence}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, _ := f.r.Element("P", 1)
	if got.Policy.Weight != 999 {
		t.Errorf("weight %d, want the latest", got.Policy.Weight)
	}
}

func TestQueueKeepsRemovalInFrontOfReturn(t *testing.T) {
	h := newTestHub()
	e := element(1, self)
	h.Publish(start, []feed.Message{add("P", e)})
	f := follow(t, h)
	f.catchUp(t, h)
	back := e
	back.Policy = wire.Policy{Type: wire.RoundRobin} // a pool changes its type only while it is empty
	h.Publish(start, []feed.Message{del("P", e), add("P", back)})
	f.catchUp(t, h)
	if got, _ := f.r.Pool("P"); got.Policy.Type != wire.RoundRobin {
		t.Errorf("policy %v", got.Policy)
	}
}

func TestQueueFallsBackToSnapshot(t *testing.T) {
	h := newTestHub()
	f := follow(t, h)
	f.catchUp(t, h)
	published := 0
	for ; !f.q.behind && published < maxQueued/entryCost; published++ {
		h.Publish(start, []feed.Message{add("P", element(wire.PEIdentifier(published+1), self))})
	}
	if !f.q.behind || len(f.q.pending.elements) != 0 {
		t.Fatalf("behind %v with %d pending: memory must be bounded", f.q.behind, len(f.q.pending.elements))
	}
	for _, b := range f.catchUp(t, h) {
		if len(b) > frameSize+64 {
			t.Errorf("frame of %d bytes", len(b))
		}
	}
	if got := f.r.Counts().Elements; got != published {
		t.Errorf("%d elements after the snapshot", got)
	}
}

// A page sets its clock by what it hears first.
func TestSnapshotTellsTheTime(t *testing.T) {
	h := newTestHub()
	h.Publish(start, []feed.Message{add("P", element(1, self))})
	f := follow(t, h)
	late := start.Add(time.Hour)
	for _, b := range takeAll(h, f.q, late) {
		if _, err := f.r.ApplyFrame(b); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.r.Sequence(); got.Now.Time() != late || got.Number != 2 {
		t.Errorf("sequence %+v, want number 2 and the time %v", got, late)
	}
}

// A client that takes at random times ends up with what the hub has.
func TestQueueProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newTestHub()
		q, _ := h.join(position{})
		f := &follower{q, replica.New()}
		have := map[key]wire.PoolElement{}
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			k := key{wire.PoolHandle(fmt.Sprintf("P%d", rapid.IntRange(0, 2).Draw(t, "pool"))), wire.PEIdentifier(rapid.IntRange(1, 4).Draw(t, "id"))}
			e := element(k.id, rapid.SampledFrom([]wire.ServerID{self, other}).Draw(t, "home"))
			e.Policy.Weight = uint32(i)
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0, 1:
				have[k] = e
				h.Publish(start, []feed.Message{add(k.handle, e), feed.ElementState{Handle: k.handle, ID: k.id, Reports: uint16(i)}})
			case 2:
				if old, ok := have[k]; ok {
					delete(have, k)
					h.Publish(start, []feed.Message{del(k.handle, old)})
				}
			default:
				f.catchUp(t, h)
			}
		}
		f.catchUp(t, h)
		h.View(func(r *replica.Replica) {
			if digestOf(r) != digestOf(f.r) || r.Counts() != f.r.Counts() || r.Sequence().Number != f.r.Sequence().Number {
				t.Fatalf("client has %+v, hub %+v", f.r.Counts(), r.Counts())
			}
		})
	})
}

func digestOf(r *replica.Replica) [sha256.Size]byte {
	return [sha256.Size]byte(r.Digest(sha256.New()))
}

// Steps of takeovers are not merged: none may be missing. Too many make a snapshot
// of it.
func TestQueueKeepsSteps(t *testing.T) {
	h := newTestHub()
	f := follow(t, h)
	f.catchUp(t, h)
	publish := func(n int) {
		for i := range n {
			h.Publish(start, []feed.Message{feed.TakeoverStep{Takeover: 1, Number: uint32(i + 1), Target: other, Kind: feed.InitSent}}) //nolint:gosec // small
		}
	}
	publish(3)
	f.catchUp(t, h)
	if x, ok := f.r.Takeover(1); !ok || len(x.Steps) != 3 {
		t.Fatalf("takeover %+v, want 3 steps", x)
	}
	publish(maxSteps + 1)
	if !f.q.behind || len(f.q.pending.steps) > 0 {
		t.Errorf("behind %v with %d steps: memory must be bounded", f.q.behind, len(f.q.pending.steps))
	}
	f.catchUp(t, h)
	h.View(func(r *replica.Replica) {
		want, _ := r.Takeover(1)
		got, _ := f.r.Takeover(1)
		if diff := cmp.Diff(want.Steps, got.Steps); diff != "" {
			t.Errorf("(-hub +client):\n%s", diff)
		}
	})
}
