package endpoint_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// TestRandomPeers opens, sends, answers and breaks in any order; peerModel says
// what must hold. In the end the world is kind: everything comes to its end, and
// nothing is left.
func TestRandomPeers(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := newPeerDriver(t, r)
		for range rapid.IntRange(1, 120).Draw(r, "events") {
			d.any()
		}
		d.finish()
	})
}

// peerDriver makes things happen. Session n uses the pool Sn, so that a Connect
// tells whose it is; messages use the pools A and B.
type peerDriver struct {
	*scene
	r     *rapid.T
	model *peerModel
	// asked are the resolutions without an answer; late are cancelled attempts that
	// may succeed all the same.
	asked   []wire.PoolHandle
	late    []endpoint.ConnectID
	message endpoint.MessageID
}

func newPeerDriver(t *testing.T, r *rapid.T) *peerDriver {
	cfg := endpoint.DefaultConfig()
	cfg.Rand = rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 1))
	cfg.Servers = []endpoint.Address{server(1)}
	d := &peerDriver{scene: newSceneWith(t, cfg), r: r, model: newPeerModel(r)}
	d.silent = true
	d.register(4)
	return d
}

// step hands an event to the endpoint and its effects to the model.
func (d *peerDriver) step(ev endpoint.Event) {
	d.model.now = d.now
	for _, f := range d.scene.step(ev) {
		switch f := f.(type) {
		case endpoint.Send:
			if m, ok := d.parse(f.Data).(asap.HandleResolution); ok {
				d.asked = append(d.asked, m.Handle)
			}
		case endpoint.CancelConnect:
			d.late = append(d.late, f.ID)
		}
		d.model.effect(f)
	}
	d.model.check()
	d.out = nil
}

func draw[T any](d *peerDriver, what string, list ...T) T {
	return rapid.SampledFrom(list).Draw(d.r, what)
}

func (d *peerDriver) any() {
	n := endpoint.SessionID(rapid.IntRange(1, 3).Draw(d.r, "session"))
	switch rapid.IntRange(0, 15).Draw(d.r, "what") {
	case 0, 1:
		d.model.open(n)
		d.step(endpoint.OpenSession{
			Session: n, Handle: poolOf(n), Prefer: d.anyID(), As: draw[endpoint.ElementID](d, "as", 0, 1),
		})
	case 2:
		delete(d.model.sessions, n)
		d.step(endpoint.CloseSession{Session: n})
	case 3, 4:
		d.send()
	case 5:
		id := endpoint.MessageID(rapid.Uint64Range(0, uint64(d.message)).Draw(d.r, "message"))
		delete(d.model.messages, id)
		d.step(endpoint.CancelMessage{Message: id})
	case 6, 7:
		d.connectEnds()
	case 8:
		if id, ok := d.anyChannel(); ok {
			orderly := rapid.Bool().Draw(d.r, "orderly")
			d.model.down(id, orderly)
			d.step(endpoint.ChannelDown{Channel: id, Reason: "lost", Orderly: orderly})
		}
	case 9:
		d.transmit()
	case 10:
		d.control()
	case 11:
		d.last++
		control := rapid.Bool().Draw(d.r, "control")
		d.model.channels[d.last] = &channelModel{control: control, accepted: true}
		d.step(endpoint.ChannelUp{Channel: d.last, Element: draw[endpoint.ElementID](d, "element", 1, 2), Control: control})
	case 12:
		d.answerAny()
	case 13:
		if id, ok := d.anyChannel(); ok {
			d.step(endpoint.SendBusinessCard{Channel: id, Order: d.anyIDs()})
			d.step(endpoint.SendCookie{Channel: id, State: "state"})
		}
	case 14:
		d.step(draw[endpoint.Event](d, "other",
			endpoint.Purge{Handle: "S1"}, endpoint.Purge{Handle: "A"}, endpoint.Purge{Handle: "EchoPool"},
			endpoint.Forget{Element: 1}, endpoint.TransportFailure{Handle: "A", Element: 1},
		))
	default:
		d.advance(draw(d, "time", time.Millisecond, time.Second, 31*time.Second))
	}
}

func poolOf(n endpoint.SessionID) wire.PoolHandle { return wire.PoolHandle(fmt.Sprintf("S%d", n)) }

func (d *peerDriver) anyID() wire.PEIdentifier {
	return wire.PEIdentifier(rapid.Uint32Range(0, 5).Draw(d.r, "id"))
}

func (d *peerDriver) anyIDs() []wire.PEIdentifier {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) wire.PEIdentifier {
		return wire.PEIdentifier(rapid.Uint32Range(1, 5).Draw(t, "id"))
	}), 1, 5).Draw(d.r, "ids")
}

func (d *peerDriver) anyChannel() (endpoint.ChannelID, bool) {
	if len(d.model.channels) == 0 {
		return 0, false
	}
	return draw(d, "channel", slices.Sorted(maps.Keys(d.model.channels))...), true
}

func (d *peerDriver) send() {
	d.message++
	m := endpoint.SendMessage{Message: d.message, Handle: draw[wire.PoolHandle](d, "pool", "A", "B", "EchoPool")}
	for _, o := range []endpoint.SendOptions{
		endpoint.SendFailover, endpoint.SendNoFailover, endpoint.SendToLast, endpoint.SendToAll, endpoint.SendToSelf,
	} {
		if rapid.Bool().Draw(d.r, "option") {
			m.Options |= o
		}
	}
	switch rapid.IntRange(0, 3).Draw(d.r, "to") {
	case 0:
		m.Element = d.anyID()
	case 1:
		m.Handle, m.To = "", member(d.anyID()).UserTransport
	}
	d.model.messages[m.Message] = &messageModel{all: m.Options&endpoint.SendToAll != 0, been: make(map[wire.PEIdentifier]bool)}
	d.step(m)
}

// connectEnds lets one attempt succeed or fail.
func (d *peerDriver) connectEnds() {
	open := slices.Concat(slices.Sorted(maps.Keys(d.model.connects)), d.late)
	if len(open) == 0 {
		return
	}
	id := draw(d, "connect", open...)
	if rapid.Bool().Draw(d.r, "succeeds") {
		d.connected(id, rapid.Bool().Draw(d.r, "control"))
		return
	}
	d.late = slices.DeleteFunc(d.late, func(x endpoint.ConnectID) bool { return x == id })
	d.model.refused(id)
	d.step(endpoint.ConnectFailed{Connect: id, Reason: "refused", Local: rapid.Bool().Draw(d.r, "local")})
}

func (d *peerDriver) connected(id endpoint.ConnectID, control bool) {
	d.late = slices.DeleteFunc(d.late, func(x endpoint.ConnectID) bool { return x == id })
	d.last++
	d.model.now = d.now
	d.model.up(d.last, id, control)
	d.step(endpoint.ChannelUp{Channel: d.last, Connect: id, Control: control})
}

func (d *peerDriver) transmit() {
	id, ok := d.anyChannel()
	if ok && len(d.model.channels[id].flight) > 0 {
		d.transmitted(id, rapid.IntRange(0, len(d.model.channels[id].flight)-1).Draw(d.r, "nth"))
	}
}

func (d *peerDriver) transmitted(id endpoint.ChannelID, nth int) {
	c := d.model.channels[id]
	n := c.flight[nth]
	c.flight = slices.Delete(c.flight, nth, nth+1)
	d.step(endpoint.Transmitted{Channel: id, Message: n})
}

// control brings a message of the other end.
func (d *peerDriver) control() {
	id, ok := d.anyChannel()
	if !ok {
		return
	}
	var b []byte
	switch rapid.IntRange(0, 3).Draw(d.r, "control message") {
	case 0:
		cookie := rapid.StringN(0, 8, 8).Draw(d.r, "cookie")
		d.model.cookie(id, cookie)
		b = d.encode(asap.Cookie{Cookie: cookie})
	case 1:
		b = d.encode(card(draw[wire.PoolHandle](d, "pool", "A", "S1", "S2", "EchoPool"), d.anyIDs()...))
	case 2:
		b = d.encode(asap.CookieEcho{Cookie: strings.Repeat("x", 40)})
	default:
		b = rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(d.r, "bytes")
	}
	d.step(endpoint.ControlReceived{Channel: id, Data: b})
}

// answerAny answers one resolution with whatever the pool is by now.
func (d *peerDriver) answerAny() {
	if len(d.asked) == 0 {
		return
	}
	i := rapid.IntRange(0, len(d.asked)-1).Draw(d.r, "resolution")
	handle := d.asked[i]
	d.asked = slices.Delete(d.asked, i, i+1)
	delete(d.pools, handle)
	if rapid.IntRange(0, 4).Draw(d.r, "known") > 0 {
		d.pools[handle] = roundRobin(d.anyIDs()...)
	}
	d.step(endpoint.Received{Association: d.home, Data: d.resolution(handle)})
}

func (d *peerDriver) advance(by time.Duration) {
	for end := d.now + by; ; {
		at, ok := d.endpoint.Deadline()
		if !ok || at.Sub(epoch) > end {
			d.now = end
			return
		}
		d.now = max(d.now, at.Sub(epoch))
		d.step(endpoint.Tick{})
	}
}

// finish is a kind world: all is answered, reached and taken.
func (d *peerDriver) finish() {
	for range 100 {
		for len(d.asked) > 0 {
			handle := d.asked[0]
			d.asked = d.asked[1:]
			d.pools[handle] = roundRobin(1, 2, 3, 4)
			d.step(endpoint.Received{Association: d.home, Data: d.resolution(handle)})
		}
		for _, id := range slices.Sorted(maps.Keys(d.model.connects)) {
			d.connected(id, true)
		}
		for _, id := range slices.Sorted(maps.Keys(d.model.channels)) {
			for len(d.model.channels[id].flight) > 0 {
				d.transmitted(id, 0)
			}
		}
		if len(d.asked)+len(d.model.connects)+len(d.model.messages) == 0 && d.model.allUp() {
			break
		}
		d.advance(time.Second)
	}
	if len(d.model.messages) > 0 {
		d.r.Fatalf("%d messages without an answer", len(d.model.messages))
	}
	for _, n := range slices.Sorted(maps.Keys(d.model.sessions)) {
		if d.model.sessions[n].state != sessionUp {
			d.r.Fatalf("session %d is not up, though all can be reached", n)
		}
		delete(d.model.sessions, n)
		d.step(endpoint.CloseSession{Session: n})
	}
	for _, id := range slices.Sorted(maps.Keys(d.model.channels)) {
		if d.model.channels[id].accepted {
			d.model.down(id, false)
			d.step(endpoint.ChannelDown{Channel: id, Reason: "done"})
		}
	}
	d.advance(time.Second)
	for _, id := range slices.Sorted(maps.Keys(d.model.connects)) { // a probe's second look
		d.connected(id, true)
	}
	d.advance(10 * time.Minute)
	if n := endpoint.Peers(d.endpoint); n > 0 {
		d.r.Fatalf("%d things are kept that nobody needs", n)
	}
	if n := endpoint.Cached(d.endpoint); n > 0 {
		d.r.Fatalf("%d pools are kept in the cache, nobody needs them", n)
	}
}
