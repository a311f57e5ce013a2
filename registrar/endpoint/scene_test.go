package endpoint_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// scene is an endpoint with a home that answers resolutions from pools and
// accepts registrations. Connects and channels are named by the element they lead
// to, channels also by their number: c1, c2.
type scene struct {
	t        testing.TB
	endpoint *endpoint.Endpoint
	now      time.Duration
	home     endpoint.AssociationID
	pools    map[wire.PoolHandle]pool
	// silent: the home takes resolutions and says nothing. stuck: it takes no
	// associations.
	silent, stuck bool
	// lacks is how many resolutions it refuses for want of resources.
	lacks int
	// connects are the attempts under way by element, 0 for a transport address.
	connects map[wire.PEIdentifier]endpoint.ConnectID
	last     endpoint.ChannelID
	out      []string
	// raw are the control messages sent.
	raw [][]byte
}

type pool struct {
	policy   wire.PolicyType
	elements []wire.PoolElement
}

func member(id wire.PEIdentifier) wire.PoolElement {
	return wire.PoolElement{
		ID: id, HomeServer: 1, Life: 300, Policy: wire.Policy{Type: wire.RoundRobin},
		UserTransport: wire.Transport{
			Type: wire.TypeSCTPTransport, Use: wire.DataAndControl, Port: 7,
			Addresses: []netip.Addr{netip.AddrFrom4([4]byte{203, 0, 113, byte(id)})},
		},
	}
}

func roundRobin(ids ...wire.PEIdentifier) pool {
	p := pool{policy: wire.RoundRobin}
	for _, id := range ids {
		p.elements = append(p.elements, member(id))
	}
	return p
}

// newScene has the pool EchoPool with these elements, and a home.
func newScene(t testing.TB, ids ...wire.PEIdentifier) *scene {
	cfg := endpoint.DefaultConfig()
	cfg.Rand = rand.New(rand.NewChaCha8([32]byte{1}))
	cfg.Servers = []endpoint.Address{server(1)}
	return newSceneWith(t, cfg, ids...)
}

func newSceneWith(t testing.TB, cfg endpoint.Config, ids ...wire.PEIdentifier) *scene {
	e, err := endpoint.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{
		t: t, endpoint: e, pools: make(map[wire.PoolHandle]pool),
		connects: make(map[wire.PEIdentifier]endpoint.ConnectID),
	}
	if len(ids) > 0 {
		s.pools["EchoPool"] = roundRobin(ids...)
	}
	s.step(endpoint.Start{})
	return s
}

// step hands an event over, and whatever the home says to the effects.
func (s *scene) step(ev endpoint.Event) []endpoint.Effect {
	effects := s.endpoint.Step(epoch.Add(s.now), ev)
	for _, f := range slices.Clone(effects) {
		if line := s.line(f); line != "" {
			s.out = append(s.out, line)
		}
		switch f := f.(type) {
		case endpoint.Dial:
			if s.stuck {
				break
			}
			s.home++
			effects = append(effects, s.step(endpoint.AssociationUp{Association: s.home, Dial: f.ID, Remote: server(1), Local: ownAddrs})...)
		case endpoint.Connect:
			s.connects[f.Element] = f.ID
		case endpoint.SendControl:
			s.raw = append(s.raw, f.Data)
		case endpoint.Send:
			if answer := s.answer(f.Data); answer != nil {
				effects = append(effects, s.step(endpoint.Received{Association: f.Association, Data: answer})...)
			}
		}
	}
	return effects
}

// answer is what the home says to a message, nil for nothing.
func (s *scene) answer(data []byte) []byte {
	switch m := s.parse(data).(type) {
	case asap.HandleResolution:
		if s.silent {
			return nil
		}
		if s.lacks > 0 {
			s.lacks--
			return s.encode(asap.HandleResolutionResponse{Handle: m.Handle, Causes: []wire.Cause{{Code: wire.CauseLackOfResources}}})
		}
		return s.listing(m.Handle, m.Items)
	case asap.Registration:
		return s.encode(asap.RegistrationResponse{Handle: m.Handle, ID: m.Element.ID})
	default:
		return nil
	}
}

func (s *scene) resolution(handle wire.PoolHandle) []byte { return s.listing(handle, 0) }

// listing is the resolution with the first items of the pool, 0 for all.
func (s *scene) listing(handle wire.PoolHandle, items uint32) []byte {
	p, ok := s.pools[handle]
	if !ok {
		return s.encode(asap.HandleResolutionResponse{Handle: handle, Causes: []wire.Cause{{Code: wire.CauseUnknownPoolHandle}}})
	}
	elements := p.elements
	if items > 0 {
		elements = elements[:min(int(items), len(elements))]
	}
	return s.encode(asap.HandleResolutionResponse{Handle: handle, Policy: wire.Policy{Type: p.policy}, Elements: elements})
}

func (s *scene) parse(data []byte) asap.Message {
	d, err := asap.Parse(data)
	if err != nil {
		s.t.Fatalf("endpoint sent %x: %v", data, err)
	}
	return d.Message
}

func (s *scene) encode(m asap.Message) []byte {
	b, err := asap.Append(nil, m)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// line shows what concerns the peers, "" for the rest.
func (s *scene) line(effect endpoint.Effect) string {
	switch f := effect.(type) {
	case endpoint.Send:
		switch m := s.parse(f.Data).(type) {
		case asap.HandleResolution:
			return fmt.Sprintf("HR %s", m.Handle)
		case asap.EndpointUnreachable:
			return fmt.Sprintf("UNREACH %s %d", m.Handle, m.ID)
		}
		return ""
	case endpoint.Connect:
		if f.Handle == "" {
			return fmt.Sprintf("connect to %v", f.To.Addresses[0])
		}
		return fmt.Sprintf("connect %d", f.Element)
	case endpoint.CancelConnect:
		return "cancel"
	case endpoint.CloseChannel:
		return fmt.Sprintf("close c%d", f.Channel)
	case endpoint.SendControl:
		return fmt.Sprintf("c%d < %s", f.Channel, s.control(f.Data))
	case endpoint.Transmit:
		if f.Unordered {
			return fmt.Sprintf("c%d < message %d unordered", f.Channel, f.Message)
		}
		return fmt.Sprintf("c%d < message %d", f.Channel, f.Message)
	case endpoint.MessageDone:
		return fmt.Sprintf("message %d done %d%s", f.Message, f.Reached, suffix(f.Err))
	case endpoint.SessionUp:
		if f.From != 0 {
			return fmt.Sprintf("session %d up c%d %d from %d (%s)", f.Session, f.Channel, f.Element.ID, f.From, f.Reason)
		}
		return fmt.Sprintf("session %d up c%d %d", f.Session, f.Channel, f.Element.ID)
	case endpoint.SessionDown:
		return fmt.Sprintf("session %d down %d (%s)", f.Session, f.Element, f.Reason)
	case endpoint.SessionFailed:
		return fmt.Sprintf("session %d failed%s", f.Session, suffix(f.Err))
	case endpoint.CookieEchoed:
		return fmt.Sprintf("c%d cookie %q%s", f.Channel, f.State, suffix(f.Err))
	case endpoint.ControlRefused:
		return fmt.Sprintf("c%d refused%s", f.Channel, suffix(f.Err))
	}
	return ""
}

func suffix(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

func (s *scene) control(data []byte) string {
	switch m := s.parse(data).(type) {
	case asap.BusinessCard:
		words := []string{"BUSINESS_CARD", string(m.Handle)}
		for _, pe := range m.Elements {
			words = append(words, fmt.Sprint(uint32(pe.ID)))
		}
		return strings.Join(words, " ")
	case asap.CookieEcho:
		return "COOKIE_ECHO " + m.Cookie
	case asap.Cookie:
		return fmt.Sprintf("COOKIE of %d bytes", len(m.Cookie))
	case asap.Error:
		return fmt.Sprintf("ERROR %v", m.Causes[0].Code)
	default:
		s.t.Fatalf("control message %T", m)
		return ""
	}
}

// do steps and compares the lines since the last call.
func (s *scene) do(ev endpoint.Event, want ...string) {
	s.t.Helper()
	s.step(ev)
	s.want(want...)
}

func (s *scene) want(want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.out); diff != "" {
		s.t.Fatalf("effects (-want +got):\n%s", diff)
	}
	s.out = nil
}

// up lets the attempt to reach an element succeed.
func (s *scene) up(id wire.PEIdentifier, want ...string) endpoint.ChannelID {
	s.t.Helper()
	return s.upWith(id, true, want...)
}

func (s *scene) upWith(id wire.PEIdentifier, control bool, want ...string) endpoint.ChannelID {
	s.t.Helper()
	s.last++
	c := s.last
	s.do(endpoint.ChannelUp{Channel: c, Connect: s.connect(id), Control: control}, want...)
	return c
}

func (s *scene) connect(id wire.PEIdentifier) endpoint.ConnectID {
	s.t.Helper()
	n, ok := s.connects[id]
	if !ok {
		s.t.Fatalf("nobody connects to %d", id)
	}
	delete(s.connects, id)
	return n
}

func (s *scene) fail(id wire.PEIdentifier, want ...string) {
	s.t.Helper()
	s.do(endpoint.ConnectFailed{Connect: s.connect(id), Reason: "refused"}, want...)
}

func (s *scene) down(c endpoint.ChannelID, want ...string) {
	s.t.Helper()
	s.do(endpoint.ChannelDown{Channel: c, Reason: "lost"}, want...)
}

// accept is a user's channel to element 1 of this endpoint.
func (s *scene) accept(control bool, want ...string) endpoint.ChannelID {
	s.t.Helper()
	s.last++
	s.do(endpoint.ChannelUp{Channel: s.last, Element: 1, Control: control}, want...)
	return s.last
}

func (s *scene) receive(c endpoint.ChannelID, m asap.Message, want ...string) {
	s.t.Helper()
	s.do(endpoint.ControlReceived{Channel: c, Data: s.encode(m)}, want...)
}

// register makes the element 1 of this endpoint, in EchoPool.
func (s *scene) register(id wire.PEIdentifier) {
	s.t.Helper()
	s.do(endpoint.Register{Element: 1, Spec: endpoint.Spec{
		Handle: "EchoPool", ID: id, Life: 300, Policy: wire.Policy{Type: wire.RoundRobin},
		User: wire.Transport{Type: wire.TypeSCTPTransport, Use: wire.DataAndControl, Port: 7},
	}})
}

// pass lets time go by; the endpoint gets a Tick whenever it wants one.
func (s *scene) pass(d time.Duration, want ...string) {
	s.t.Helper()
	for end := s.now + d; ; {
		at, ok := s.endpoint.Deadline()
		if !ok || at.Sub(epoch) > end {
			s.now = end
			break
		}
		s.now = max(s.now, at.Sub(epoch))
		s.step(endpoint.Tick{})
	}
	s.want(want...)
}

func card(handle wire.PoolHandle, ids ...wire.PEIdentifier) asap.BusinessCard {
	m := asap.BusinessCard{Handle: handle}
	for _, id := range ids {
		m.Elements = append(m.Elements, member(id))
	}
	return m
}
