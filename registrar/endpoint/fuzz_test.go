package endpoint_test

import (
	"bytes"
	"maps"
	"net/netip"
	"slices"
	"testing"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// player plays a script on an endpoint, which is element and user at once. One byte
// is what happens, one to whom; a message has two bytes of length.
type player struct {
	w *world
	rules
	connects map[endpoint.ConnectID]bool
	channels map[endpoint.ChannelID]bool
	sessions map[endpoint.SessionID]bool
	messages map[endpoint.MessageID]bool
	channel  endpoint.ChannelID
	message  endpoint.MessageID
}

func newPlayer(t *testing.T, start byte) *player {
	p := &player{
		rules:    newRules(t),
		connects: make(map[endpoint.ConnectID]bool), channels: make(map[endpoint.ChannelID]bool),
		sessions: make(map[endpoint.SessionID]bool), messages: make(map[endpoint.MessageID]bool),
	}
	p.w = newWorld(t, int(start%4), func(cfg *endpoint.Config) {
		cfg.Announcements, cfg.Stream = start%4 == 0 || start&4 != 0, start&8 != 0
		if start&16 != 0 {
			cfg.LifeUnit = time.Millisecond
		}
	})
	return p
}

var fuzzPools = []wire.PoolHandle{"A", "B", "", "A"}

func (p *player) play(script []byte) {
	p.do(endpoint.Start{})
	for len(script) >= 2 {
		op, arg := script[0], script[1]
		script = script[2:]
		var data []byte
		if op%20 >= 16 {
			if len(script) < 2 {
				return
			}
			n := min(int(script[0])<<8|int(script[1]), len(script)-2)
			data, script = script[2:2+n], script[2+n:]
		}
		p.one(op%20, arg, data)
	}
}

// one lets one thing happen. What other ends do happens to what is there.
func (p *player) one(op, arg byte, data []byte) {
	pool, id := fuzzPools[arg&3], uint64(arg>>2&3)
	element, request := endpoint.ElementID(id+1), endpoint.RequestID(id+1)
	association, channel := endpoint.AssociationID(arg%8), endpoint.ChannelID(arg%8)
	switch op {
	case 0, 1:
		p.pass([]time.Duration{time.Millisecond, time.Second, 15 * time.Second, time.Minute}[arg%4])
	case 2, 3:
		if len(p.w.dials) > 0 {
			dial := slices.Min(slices.Collect(maps.Keys(p.w.dials)))
			n := p.w.dials[dial]
			delete(p.w.dials, dial)
			if op == 3 {
				p.do(endpoint.DialFailed{Dial: dial, Reason: "fuzz"})
			} else {
				p.associate(dial, n)
			}
		}
	case 4:
		p.associate(0, int(arg%9)+1)
	case 5:
		delete(p.w.opened, association)
		delete(p.up, association)
		p.do(endpoint.AssociationDown{Association: association, Reason: "fuzz"})
	case 6:
		if !p.elements[element] {
			p.elements[element] = true
			p.do(endpoint.Register{Element: element, Spec: specOf(arg, pool)})
		}
	case 7:
		if arg < 128 {
			p.do(endpoint.Deregister{Element: element})
			break
		}
		delete(p.elements, element)
		p.do(endpoint.Forget{Element: element})
	case 8:
		p.do(endpoint.SetPolicy{Element: element, Policy: wire.Policy{Type: wire.LeastUsed, Load: uint32(arg)}})
	case 9:
		if delete(p.requests, request); arg < 128 {
			p.do(endpoint.Cancel{Request: request})
			p.requests[request] = true
			p.do(endpoint.Resolve{Request: request, Handle: pool, Items: uint32(arg >> 5), Fresh: arg&16 != 0})
			break
		}
		p.do(endpoint.Cancel{Request: request})
	case 10:
		p.do([]endpoint.Event{
			endpoint.Populate{Handle: pool},
			endpoint.Purge{Handle: pool},
			endpoint.Watch{Handle: pool},
			endpoint.Unwatch{Handle: pool},
			endpoint.TransportFailure{Handle: pool, Element: wire.PEIdentifier(id)},
		}[int(arg>>4)%5])
	case 11:
		if session := endpoint.SessionID(id + 1); arg < 128 && !p.sessions[session] {
			p.sessions[session] = true
			p.do(endpoint.OpenSession{Session: session, Handle: pool, Prefer: wire.PEIdentifier(arg >> 4 & 3), As: endpoint.ElementID(arg >> 6)})
		} else {
			delete(p.sessions, session)
			p.do(endpoint.CloseSession{Session: session})
		}
	case 12:
		p.message++
		m := endpoint.SendMessage{Message: p.message, Handle: pool, Element: wire.PEIdentifier(id), Options: endpoint.SendOptions(arg >> 3)}
		if arg >= 224 {
			m.Handle, m.To = "", member(wire.PEIdentifier(id)).UserTransport
		}
		p.messages[m.Message] = true
		if p.do(m); arg&31 == 31 {
			delete(p.messages, m.Message)
			p.do(endpoint.CancelMessage{Message: m.Message})
		}
	case 13:
		if len(p.connects) > 0 {
			connect := slices.Min(slices.Collect(maps.Keys(p.connects)))
			delete(p.connects, connect)
			if arg >= 128 {
				p.do(endpoint.ConnectFailed{Connect: connect, Reason: "fuzz", Local: arg&1 != 0, Full: arg&2 != 0})
				break
			}
			p.open(endpoint.ChannelUp{Connect: connect, Control: arg&1 == 0})
		} else {
			p.open(endpoint.ChannelUp{Element: element, Handle: pool, Control: arg < 192})
		}
	case 14:
		delete(p.channels, channel)
		p.do(endpoint.ChannelDown{Channel: channel, Reason: "fuzz", Orderly: arg >= 128})
	case 15:
		p.do([]endpoint.Event{
			endpoint.Transmitted{Channel: channel, Message: endpoint.MessageID(arg>>3&7) + 1},
			endpoint.SendCookie{Channel: channel, State: string(bytes.Repeat([]byte{arg}, int(arg&56)))},
			endpoint.SendBusinessCard{Channel: channel, Order: []wire.PEIdentifier{1, wire.PEIdentifier(arg >> 3 & 3)}},
		}[int(arg>>6)%3])
	case 16, 17:
		p.do(endpoint.Received{Association: association, Data: data})
	case 18:
		p.do(endpoint.Announced{From: netip.AddrPortFrom(server(int(arg%9) + 1).Addrs[0], 3863), Data: data})
	case 19:
		p.do(endpoint.ControlReceived{Channel: channel, Data: data})
	}
}

func specOf(arg byte, pool wire.PoolHandle) endpoint.Spec {
	s := endpoint.Spec{
		Handle: pool, ID: wire.PEIdentifier(arg >> 4 & 3), Life: 60, Policy: wire.Policy{Type: wire.LeastUsed}, Persist: arg&64 != 0, StayOut: arg&128 != 0,
		User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7},
	}
	if arg&128 != 0 {
		s.User = wire.Transport{Type: wire.TypeSCTPTransport, Use: wire.DataAndControl, Port: 7}
	}
	return s
}

func (p *player) associate(dial endpoint.DialID, n int) {
	p.w.last++
	p.w.links[p.w.last], p.up[p.w.last] = n, true
	if dial != 0 {
		p.w.opened[p.w.last] = true
	}
	p.do(endpoint.AssociationUp{Association: p.w.last, Dial: dial, Remote: server(n), Local: ownAddrs})
}

func (p *player) open(ev endpoint.ChannelUp) {
	p.channel++
	ev.Channel = p.channel
	p.channels[p.channel] = true
	p.do(ev)
}

// pass lets time pass, with a Tick when one is due.
func (p *player) pass(by time.Duration) {
	end := p.w.now + by
	for {
		at, ok := p.w.endpoint.Deadline()
		if !ok || at.Sub(epoch) > end {
			break
		}
		p.w.now = max(p.w.now, at.Sub(epoch))
		p.do(endpoint.Tick{})
		if again, ok := p.w.endpoint.Deadline(); ok && !again.After(epoch.Add(p.w.now)) {
			p.t.Fatalf("Tick at %v leaves a deadline at %v", p.w.now, again.Sub(epoch))
		}
	}
	p.w.now = end
}

// do is a step whose effects are well-formed: they are about what there is, what is
// sent can be read, and what is asked is answered once.
func (p *player) do(ev endpoint.Event) {
	t := p.t
	effects := p.w.endpoint.Step(epoch.Add(p.w.now), ev)
	for _, f := range effects {
		switch f := f.(type) {
		case endpoint.Dial:
			p.w.dials[f.ID] = int(f.To.Addrs[0].As4()[3])
		case endpoint.CancelDial:
			delete(p.w.dials, f.ID)
		case endpoint.Send:
			p.reads(f.Data)
		case endpoint.Disconnect:
			delete(p.w.opened, f.Association)
		case endpoint.Connect:
			p.connects[f.ID] = true
		case endpoint.CancelConnect:
			if !p.connects[f.ID] {
				t.Fatalf("cancels connect %d, which is over", f.ID)
			}
			delete(p.connects, f.ID)
		case endpoint.CloseChannel:
			p.uses(f.Channel)
			delete(p.channels, f.Channel)
		case endpoint.SendControl:
			p.uses(f.Channel)
			p.reads(f.Data)
		case endpoint.Transmit:
			p.uses(f.Channel)
			if !p.messages[f.Message] {
				t.Fatalf("sends message %d, which is done", f.Message)
			}
		case endpoint.MessageDone:
			if !p.messages[f.Message] {
				t.Fatalf("answers message %d twice", f.Message)
			}
			delete(p.messages, f.Message)
		case endpoint.SessionUp:
			p.uses(f.Channel)
		case endpoint.SessionFailed:
			if !p.sessions[f.Session] {
				t.Fatalf("session %d ends twice", f.Session)
			}
			delete(p.sessions, f.Session)
		}
	}
	if p.w.parallel = len(p.w.dials) + len(p.w.opened); p.w.parallel > endpoint.MaxParallel {
		t.Fatalf("%d associations open or opening", p.w.parallel)
	}
	p.check(p.w, effects)
}

func (p *player) uses(c endpoint.ChannelID) {
	if !p.channels[c] {
		p.t.Fatalf("uses channel %d, which is down", c)
	}
}

func (p *player) reads(data []byte) {
	if _, err := asap.Parse(data); err != nil {
		p.t.Fatalf("endpoint sent %x: %v", data, err)
	}
}

// FuzzStep: whatever happens and whatever bytes arrive, an endpoint keeps its rules
// and nothing panics. SEC-28
func FuzzStep(f *testing.F) {
	for _, s := range fuzzSeeds(f) {
		for _, start := range []byte{1, 3, 4, 9, 17} {
			f.Add(s, start)
		}
	}
	f.Fuzz(func(t *testing.T, script []byte, start byte) {
		if len(script) <= 1<<11 {
			newPlayer(t, start).play(script)
		}
	})
}

// fuzzSeeds are lives in which messages of all types arrive.
func fuzzSeeds(t testing.TB) (scripts [][]byte) {
	// An element, a session, a message and a resolution, and a home for them.
	life := []byte{2, 0, 6, 0x14, 9, 4, 11, 4, 12, 0, 0, 1, 13, 0, 13, 4, 15, 1, 15, 0x41, 15, 0x82}
	every := life
	elements := []wire.PoolElement{member(1), member(2)}
	for _, m := range []asap.Message{
		asap.RegistrationResponse{Handle: "A", ID: 1},
		asap.RegistrationResponse{Handle: "A", ID: 1, Reject: true, Causes: []wire.Cause{{Code: wire.CauseLackOfResources}}},
		asap.DeregistrationResponse{Handle: "A", ID: 1},
		asap.HandleResolutionResponse{Handle: "A", Policy: wire.Policy{Type: wire.RoundRobin}, Elements: elements},
		asap.HandleResolutionResponse{Handle: "A", Causes: []wire.Cause{{Code: wire.CauseUnknownPoolHandle}}},
		asap.EndpointKeepAlive{Home: true, Server: 7, Handle: "A", ID: 1},
		asap.ServerAnnounce{Server: 7, Transports: []wire.Transport{{Type: wire.TypeSCTPTransport, Port: 3863, Addresses: server(7).Addrs}}},
		asap.Cookie{Cookie: "cookie"},
		asap.CookieEcho{Cookie: "cookie"},
		asap.BusinessCard{Handle: "A", Elements: elements},
		asap.Error{Causes: []wire.Cause{{Code: wire.CauseInvalidValues}}},
	} {
		b, err := asap.Append(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		lines := []byte(nil)
		for _, op := range []byte{16, 18, 19} {
			lines = append(append(lines, op, 1, byte(len(b)>>8), byte(len(b))), b...)
		}
		lines = append(lines, 13, 0, 13, 0, 0, 2, 15, 0x03, 15, 0x04)
		watched := bytes.Clone(lines)
		watched[5] |= 1 // more answers will follow
		scripts = append(scripts, slices.Concat(life, lines), slices.Concat([]byte{2, 0, 10, 0x20}, watched, life))
		every = slices.Concat(every, lines)
	}
	return append(scripts, slices.Concat(every, []byte{5, 1, 1, 3, 2, 0, 7, 4, 14, 1, 14, 0x82, 11, 0x84}))
}
