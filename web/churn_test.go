package web

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// churning is a registrar at which elements come, change, move and go.
type churning struct {
	*rand.Rand
	h        *Hub
	elements map[key]wire.PoolElement
	sums     map[wire.ServerID]*enrp.Sum
	policies map[wire.PoolHandle]wire.PolicyType
	number   uint32 // of the latest takeover
}

// batch makes n changes.
func (c *churning) batch(n int) {
	var changes []feed.Message
	touched := map[wire.ServerID]bool{}
	for range n {
		k := key{wire.PoolHandle(fmt.Sprintf("P%d", c.IntN(5))), id(c.IntN(800))}
		old, known := c.elements[k]
		if known && c.IntN(4) == 0 {
			changes = append(changes, c.remove(k, old))
			touched[old.HomeServer] = true
			continue
		}
		if c.IntN(1000) == 0 { // the pool ends, and begins again with another policy
			for id := range wire.PEIdentifier(801) { // in an order that stays the same
				if e, ok := c.elements[key{k.handle, id}]; ok {
					changes = append(changes, c.remove(key{k.handle, id}, e))
					touched[e.HomeServer] = true
				}
			}
			c.policies[k.handle], known = 1+c.policies[k.handle]%4, false
		}
		e := element(k.id, []wire.ServerID{self, other}[c.IntN(2)])
		e.Policy = wire.Policy{Type: 1 + c.policies[k.handle], Weight: c.Uint32()}
		if known {
			c.sums[old.HomeServer].Remove(k.handle, k.id)
			touched[old.HomeServer] = true
		}
		c.elements[k] = e
		c.sums[e.HomeServer].Add(k.handle, k.id)
		touched[e.HomeServer] = true
		changes = append(changes, add(k.handle, e), feed.ElementState{Handle: k.handle, ID: k.id, Health: feed.Health(c.IntN(3))}) //nolint:gosec // small
	}
	for _, home := range []wire.ServerID{self, other} {
		if touched[home] {
			changes = append(changes, enrp.Presence{IDs: enrp.IDs{Sender: home}, Checksum: c.sums[home].Checksum(), HasChecksum: true})
		}
	}
	c.h.Publish(start, changes)
}

// takeover tells more of one than is kept for a page that does not read.
func (c *churning) takeover() {
	c.number++
	var steps []feed.Message
	for i := range uint32(maxSteps + 1) {
		steps = append(steps, feed.TakeoverStep{Takeover: c.number, Number: i, Target: other, Kind: feed.Asked})
	}
	c.h.Publish(start, steps)
}

func (c *churning) remove(k key, e wire.PoolElement) feed.Message {
	delete(c.elements, k)
	c.sums[e.HomeServer].Remove(k.handle, k.id)
	return del(k.handle, e)
}

// page is a client as the page is one: it says where to go on when it comes back, if
// what it has is whole.
type page struct {
	*follower
	whole, more bool
}

// hear takes one frame.
func (p *page) hear(t *testing.T, h *Hub) {
	t.Helper()
	frame, more := h.take(p.q, start)
	number, err := p.r.ApplyFrame(frame)
	if err != nil {
		t.Fatal(err)
	}
	p.more, p.whole = more, p.r.Synced() && number != 0
	if p.more == p.whole {
		t.Fatalf("more follows: %v, what the page has is whole: %v", p.more, p.whole)
	}
	if apart := p.r.Disagrees(); p.whole && len(apart) > 0 {
		t.Fatalf("checksums differ for %v", apart)
	}
}

// lose ends the connection with what is on its way, and comes back; as a new page
// where it is loaded again.
func (p *page) lose(t *testing.T, h *Hub, again bool) {
	t.Helper()
	h.leave(p.q)
	var from position
	if again {
		p.r = replica.New()
	} else if p.whole {
		from = readPosition(p.r.Position())
	}
	q, ok := h.join(from)
	if !ok {
		t.Fatal("no place")
	}
	p.q, p.more = q, true
}

// Whatever happens, and however often connections are lost in the middle of it, a page
// has in the end what the registrar has.
func TestPagesUnderChurn(t *testing.T) {
	rounds := 200
	if testing.Short() {
		rounds = 100
	}
	for seed := range uint64(2) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			c := &churning{
				Rand: rand.New(rand.NewPCG(seed, 1)), h: newTestHub(), elements: map[key]wire.PoolElement{}, policies: map[wire.PoolHandle]wire.PolicyType{},
				sums: map[wire.ServerID]*enrp.Sum{self: {}, other: {}},
			}
			c.batch(5000)
			pages := make([]*page, 4)
			for i := range pages {
				pages[i] = &page{follower: follow(t, c.h)}
			}
			lost, inSnapshot, behind := 0, 0, 0
			for round := range rounds {
				served := 0
				for _, p := range pages {
					if !p.q.behind {
						served++
					}
				}
				c.batch(c.IntN(40))
				if c.IntN(50) == 0 {
					c.takeover()
				}
				for _, p := range pages {
					if !p.q.behind {
						served--
					}
					for range c.IntN(4) {
						p.hear(t, c.h)
					}
					if c.IntN(6) == 0 {
						lost++
						if p.q.walk != nil {
							inSnapshot++
						}
						p.lose(t, c.h, c.IntN(2) == 0)
					}
				}
				behind += served
				if round%50 == 49 {
					c.compare(t, pages)
				}
			}
			if lost < rounds/4 || inSnapshot < 10 || behind == 0 {
				t.Errorf("lost %d times, %d of them in a snapshot, fell behind %d times: this run shows nothing", lost, inSnapshot, behind)
			}
		})
	}
}

// compare lets all pages catch up, and finds in them what the registrar has.
func (c *churning) compare(t *testing.T, pages []*page) {
	t.Helper()
	c.h.View(func(r *replica.Replica) {
		if got := r.Counts(); got.Elements != len(c.elements) || got.Refused > 0 || len(r.Disagrees()) > 0 {
			t.Fatalf("the hub has %+v of %d elements", got, len(c.elements))
		}
	})
	for i, p := range pages {
		for p.more = true; p.more || p.r.Sequence().Number < c.h.sequence; {
			p.hear(t, c.h)
		}
		c.h.View(func(r *replica.Replica) {
			if digestOf(r) != digestOf(p.r) || r.Counts() != p.r.Counts() {
				t.Fatalf("page %d has %+v, the registrar %+v", i, p.r.Counts(), r.Counts())
			}
		})
		if err := p.r.Verify(); err != nil {
			t.Fatal(err)
		}
	}
}
