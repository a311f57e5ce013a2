package main

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
	"rserpool/web"
)

const (
	home  = wire.ServerID(0x0a0a0a0a)
	pools = 20
	life  = 300 * time.Second
	// hot elements are those with the lowest identifiers, more than a window has rows.
	// Every hotEvery-th update is of the next one of them, so that at 5,000 updates/s
	// each changes twenty times a second: as often as the feed has frames.
	hot      = 60
	hotEvery = 4
	// Every churnEvery-th update is no registration but the end of one, or its return.
	churnEvery = 100
)

// load is what happens at a registrar: elements that register again with another
// load, go, and come back. It tells the hub of it as a registrar would.
type load struct {
	hub      *web.Hub
	random   *rand.Rand
	elements int
	updates  int
	gone     []int
	sum      enrp.Sum
	counters feed.Counters
	told     time.Time
}

// newLoad registers the elements. Number i has the ID i+1 and is in pool i%20.
func newLoad(hub *web.Hub, elements int, seed uint64) *load {
	l := &load{hub: hub, random: rand.New(rand.NewPCG(seed, 0)), elements: elements}
	now := time.Now()
	changes := []feed.Message{feed.RegistrarState{Phase: feed.Serving}}
	for i := range elements {
		l.sum.Add(handle(i), id(i))
		changes = append(changes, l.register(i), l.state(i, now))
	}
	hub.Publish(now, append(changes, l.checksum()))
	return l
}

// run publishes updates at a rate a second, in batches of what has become due within
// a millisecond: a registrar publishes what came in while it worked. It ends with done.
func (l *load) run(rate int, done <-chan struct{}) {
	start, tick := time.Now(), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for sent := 0; ; {
		select {
		case <-done:
			return
		case now := <-tick.C:
			due := int(now.Sub(start).Seconds() * float64(rate))
			l.publish(now, due-sent)
			sent = max(sent, due)
		}
	}
}

// publish makes n updates in one batch.
func (l *load) publish(now time.Time, n int) {
	var changes []feed.Message
	for range n {
		changes = append(changes, l.update(now)...)
	}
	if now.Sub(l.told) >= time.Second {
		l.told, l.counters.At = now, feed.At(now)
		changes = append(changes, l.counters)
	}
	l.hub.Publish(now, changes)
}

func (l *load) update(now time.Time) []feed.Message {
	l.updates++
	l.counters.Reregistrations++
	switch {
	case l.updates%churnEvery == 0:
		return l.churn(now)
	case l.updates%hotEvery == 0:
		i := l.updates / hotEvery % min(hot, l.elements)
		return []feed.Message{l.register(i), l.state(i, now)}
	}
	i := l.random.IntN(l.elements)
	for range l.gone { // at most: few of them are
		if !l.away(i) {
			break
		}
		i = l.random.IntN(l.elements)
	}
	return []feed.Message{l.register(i), l.state(i, now)}
}

func (l *load) away(i int) bool { return slices.Contains(l.gone, i) }

// churn ends a registration, or renews one that has ended.
func (l *load) churn(now time.Time) []feed.Message {
	const most = 10 // are away at a time
	event := feed.Event{At: feed.At(now), Server: home, Origin: "pe"}
	if len(l.gone) < most && l.elements > hot+most {
		i := hot + l.random.IntN(l.elements-hot)
		if !l.away(i) {
			l.gone = append(l.gone, i)
			l.sum.Remove(handle(i), id(i))
			m := l.register(i)
			m.Action = enrp.DelPE
			event.Name, event.Handle, event.Element, event.Text = "element.removed", handle(i), id(i), "it deregistered"
			return []feed.Message{m, event, l.checksum()}
		}
	}
	if len(l.gone) == 0 {
		return nil
	}
	i := l.gone[0]
	l.gone = l.gone[1:]
	l.sum.Add(handle(i), id(i))
	event.Name, event.Handle, event.Element, event.Text = "element.registered", handle(i), id(i), "registered here"
	return []feed.Message{l.register(i), l.state(i, now), event, l.checksum()}
}

func (l *load) checksum() feed.Message {
	return enrp.Presence{IDs: enrp.IDs{Sender: home}, Checksum: l.sum.Checksum(), HasChecksum: true}
}

// register is a registration of element i with any load.
func (l *load) register(i int) enrp.HandleUpdate {
	var addr [4]byte
	binary.BigEndian.PutUint32(addr[:], 10<<24+uint32(i)) //nolint:gosec // at most millions
	at := []netip.Addr{netip.AddrFrom4(addr)}
	return enrp.HandleUpdate{IDs: enrp.IDs{Sender: home}, Action: enrp.AddPE, Handle: handle(i), Element: wire.PoolElement{
		ID: id(i), HomeServer: home, Life: wire.RegistrationLife(life / time.Second),
		Policy:        wire.Policy{Type: wire.LeastUsed, Load: l.random.Uint32()},
		UserTransport: wire.Transport{Type: wire.TypeTCPTransport, Port: 7, Addresses: at},
		ASAPTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 40112, Addresses: at},
	}}
}

func (l *load) state(i int, now time.Time) feed.Message {
	return feed.ElementState{Handle: handle(i), ID: id(i), Expires: feed.At(now.Add(life))}
}

func id(i int) wire.PEIdentifier { return wire.PEIdentifier(i + 1) } //nolint:gosec // at most millions

func handle(i int) wire.PoolHandle { return wire.PoolHandle("Pool" + string(rune('A'+i%pools))) }
