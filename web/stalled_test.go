package web

import (
	"math/rand/v2"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// mostPerClient is what a client may cost the server that stops reading.
const mostPerClient = 4 << 20

// A client that stops reading costs little, wherever it stops and whatever goes on:
// just before its changes are too many to be kept.
func TestStalledClientIsBounded(t *testing.T) {
	const elements = 20_000
	large := make([]netip.Addr, 100)
	for i := range large {
		large[i] = netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
	}
	h := newTestHub()
	for i := range elements {
		h.Publish(start, []feed.Message{add("P", element(id(i), self)), feed.ElementState{Handle: "P", ID: id(i)}})
	}
	small := func(i int) []feed.Message {
		return []feed.Message{add("P", element(id(i), self)), feed.ElementState{Handle: "P", ID: id(i), Reports: 1}}
	}
	for _, tt := range []struct {
		name string
		// took is how many frames the client got; half as well, when half of what
		// may wait did, the beginning of it.
		took   int
		half   bool
		change func(i int) []feed.Message
	}{
		{"in its snapshot", 10, false, small},
		{"behind it", 1000, false, small},
		{"in the middle of changes", 1000, true, small},
		{"elements that come and go", 1000, true, func(i int) []feed.Message {
			return append([]feed.Message{del("P", element(id(i), self))}, small(i)...)
		}},
		{"large elements", 1000, true, func(i int) []feed.Message {
			e := element(id(i), self)
			e.UserTransport.Addresses = large
			return []feed.Message{add("P", e)}
		}},
		{"steps", 1000, false, func(i int) []feed.Message {
			return []feed.Message{feed.TakeoverStep{Takeover: 1, Number: uint32(i), Target: other, Handle: "P", Element: id(i)}} //nolint:gosec // small
		}},
		{"peers", 1000, true, func(i int) []feed.Message {
			return []feed.Message{feed.PeerState{Peer: wire.ServerID(i % 1000)}, feed.Event{Name: "peer.seen", Text: strings.Repeat("x", i%1000)}} //nolint:gosec // small
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q, _ := h.join(position{})
			for more, n := true, 0; more && n < tt.took; n++ {
				_, more = h.take(q, start)
			}
			cut := !tt.half
			for i := range elements {
				if q.pending.size+q.held > maxQueued*99/100 || len(q.pending.steps) == maxSteps {
					break
				}
				if !cut && q.pending.size > maxQueued/2 {
					cut = true
					h.take(q, start)
				}
				h.Publish(start, tt.change(i))
			}
			if q.behind {
				t.Fatal("the changes were dropped before they were too many")
			}
			size := q.pending.size + q.held
			h.backlog = backlog{latest: h.backlog.latest} // which has let them go by then
			with := inUse()
			h.leave(q)
			*q = queue{}
			cost := int(with) - int(inUse()) //nolint:gosec // some MB
			t.Logf("%.2f MiB, reckoned as %.2f", float64(cost)/(1<<20), float64(size)/(1<<20))
			if cost > mostPerClient-frameSize*2 { // a frame is being written, and was copied
				t.Errorf("it costs %d bytes", cost)
			}
			if cost < size/5 {
				t.Errorf("it costs %d bytes, %d were reckoned: what is measured here?", cost, size)
			}
		})
	}
}

// inUse is the memory in use.
func inUse() uint64 {
	runtime.GC()
	runtime.GC() // what the first one finalised
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func id(i int) wire.PEIdentifier { return wire.PEIdentifier(i + 1) } //nolint:gosec // small

// Clients that never read, one by WebSocket and one by event stream, hold up neither
// the registrar nor other clients.
func TestStalledClientDelaysNobody(t *testing.T) {
	const elements = 5000
	s, hub, _ := newTestServer(t, nil)
	for i := range elements {
		hub.Publish(start, []feed.Message{add("P", element(id(i), self))})
	}
	if _, _, err := dial(t, s, nil, subprotocol); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/v1/feed", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", eventStream)
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() // of which nothing is read
	conn, _, err := dial(t, s, nil, subprotocol)
	if err != nil {
		t.Fatal(err)
	}
	r := replica.New()
	for round := range 20 {
		for i := range elements {
			e := element(id(i), self)
			e.Policy.Weight = uint32(round) //nolint:gosec // small
			hub.Publish(start, []feed.Message{add("P", e)})
		}
		hub.mu.Lock()
		want := hub.sequence
		hub.mu.Unlock()
		for r.Sequence().Number < want {
			next(t.Context(), t, conn, r)
		}
	}
	hub.View(func(h *replica.Replica) {
		if digestOf(r) != digestOf(h) {
			t.Error("the client that reads has something else than the registrar")
		}
	})
	hub.mu.Lock()
	defer hub.mu.Unlock()
	if len(hub.queues) != 3 {
		t.Errorf("%d clients are served, want 3", len(hub.queues))
	}
	for q := range hub.queues {
		if size := q.pending.size + q.held; size > maxQueued {
			t.Errorf("%d bytes wait", size)
		}
	}
}

// A snapshot comes to its end, however much changes meanwhile: a slow client does not
// start again and again.
func TestSnapshotEnds(t *testing.T) {
	const elements = 20_000
	h := newTestHub()
	for i := range elements {
		h.Publish(start, []feed.Message{add("P", element(id(i), self))})
	}
	f := follow(t, h)
	changed, random := 0, rand.New(rand.NewPCG(1, 2))
	for frames := 0; ; frames++ {
		b, more := h.take(f.q, start)
		if _, err := f.r.ApplyFrame(b); err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		if f.q.behind || frames > 1000 {
			t.Fatalf("frame %d, behind: %v", frames, f.q.behind)
		}
		for range 500 { // about as much as a frame brings
			e := element(id(random.IntN(elements)), self)
			e.Policy.Weight = uint32(changed) //nolint:gosec // small
			h.Publish(start, []feed.Message{add("P", e)})
			changed++
		}
	}
	if changed < elements {
		t.Fatalf("only %d changes: this run shows nothing", changed)
	}
	f.catchUp(t, h) // what came while the last of it was on its way
	h.View(func(r *replica.Replica) {
		if digestOf(r) != digestOf(f.r) {
			t.Error("the client has something else than the registrar")
		}
	})
}
