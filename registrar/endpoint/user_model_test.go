package endpoint_test

import (
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// peerModel is what the effects say of sessions, messages and channels. It fails
// where that contradicts itself: every message is answered once unless cancelled,
// every session is in one state and ends once, no round takes an element twice,
// every attempt and channel has one owner, and a cookie is echoed first of all.
type peerModel struct {
	r        *rapid.T
	now      time.Duration
	sessions map[endpoint.SessionID]*sessionModel
	connects map[endpoint.ConnectID]connectModel
	channels map[endpoint.ChannelID]*channelModel
	messages map[endpoint.MessageID]*messageModel
	// used are the elements connected to, or sent to, since they were last reported.
	used map[memberModel]bool
	// doubted is the element that has ended a channel in good order in this step: an
	// attempt to reach it is a probe.
	doubted memberModel
	// again is when an element is looked at once more that has ended a probe, too.
	again map[memberModel]time.Duration
	// closing are channels that nobody wants any more, to be closed in this step.
	closing map[endpoint.ChannelID]bool
}

type sessionState uint8

const (
	sessionResolving sessionState = iota
	sessionConnecting
	sessionUp
)

type sessionModel struct {
	state   sessionState
	element wire.PEIdentifier
	channel endpoint.ChannelID
	upAt    time.Duration
	tried   map[wire.PEIdentifier]bool // in this round
	cookie  *string
}

type memberModel struct {
	handle wire.PoolHandle
	id     wire.PEIdentifier
}

type connectModel struct {
	memberModel
	to    string // of a message to a transport address
	probe bool
}

type channelModel struct {
	control, accepted bool
	connectModel
	upAt   time.Duration
	flight []endpoint.MessageID
	// said counts the control messages sent.
	said int
}

type messageModel struct {
	all  bool
	been map[wire.PEIdentifier]bool
}

func newPeerModel(r *rapid.T) *peerModel {
	return &peerModel{
		r:        r,
		sessions: make(map[endpoint.SessionID]*sessionModel),
		connects: make(map[endpoint.ConnectID]connectModel),
		channels: make(map[endpoint.ChannelID]*channelModel),
		messages: make(map[endpoint.MessageID]*messageModel),
		used:     make(map[memberModel]bool),
		again:    make(map[memberModel]time.Duration),
		closing:  make(map[endpoint.ChannelID]bool),
	}
}

func (m *peerModel) open(n endpoint.SessionID) {
	if m.sessions[n] == nil {
		m.sessions[n] = &sessionModel{tried: make(map[wire.PEIdentifier]bool)}
	}
}

// of gives the session that a pool belongs to.
func (m *peerModel) of(handle wire.PoolHandle) (endpoint.SessionID, *sessionModel) {
	for n := range endpoint.SessionID(3) {
		if poolOf(n+1) == handle {
			return n + 1, m.sessions[n+1]
		}
	}
	return 0, nil
}

// up, refused and down are what happens, before the endpoint hears of it.
func (m *peerModel) up(id endpoint.ChannelID, connect endpoint.ConnectID, control bool) {
	want, ok := m.connects[connect]
	if !ok {
		m.closing[id] = true
	}
	delete(m.connects, connect)
	if !want.probe {
		m.used[want.memberModel] = true
	}
	m.channels[id] = &channelModel{control: control, connectModel: want, upAt: m.now}
}

func (m *peerModel) refused(id endpoint.ConnectID) {
	if n, s := m.of(m.connects[id].handle); n != 0 && !m.connects[id].probe {
		s.state = sessionResolving
	}
	delete(m.connects, id)
}

func (m *peerModel) down(id endpoint.ChannelID, orderly bool) {
	switch c := m.channels[id]; {
	case !orderly || c.accepted || c.to != "":
	case c.probe:
		m.again[c.memberModel] = c.upAt + 100*time.Millisecond
	default:
		m.doubted = c.memberModel
	}
	delete(m.channels, id)
}

func (m *peerModel) cookie(id endpoint.ChannelID, cookie string) {
	c := m.channels[id]
	if _, s := m.of(c.handle); s != nil && c.control && !c.accepted && !c.probe {
		s.cookie = &cookie
	}
}

func (m *peerModel) effect(effect endpoint.Effect) {
	switch f := effect.(type) {
	case endpoint.Send:
		m.told(f)
	case endpoint.Connect:
		m.connect(f)
	case endpoint.CancelConnect:
		if _, ok := m.connects[f.ID]; !ok {
			m.r.Fatalf("cancels connect %d, which is over", f.ID)
		}
		delete(m.connects, f.ID)
	case endpoint.CloseChannel:
		if m.channels[f.Channel] == nil || m.channels[f.Channel].accepted || len(m.channels[f.Channel].flight) > 0 {
			m.r.Fatalf("closes channel %d, which is %+v", f.Channel, m.channels[f.Channel])
		}
		delete(m.channels, f.Channel)
		delete(m.closing, f.Channel)
	case endpoint.SendControl:
		m.says(f)
	case endpoint.Transmit:
		m.transmit(f)
	case endpoint.MessageDone:
		m.done(f)
	case endpoint.SessionUp:
		m.sessionUp(f)
	case endpoint.SessionDown:
		s := m.sessions[f.Session]
		if s == nil || s.state != sessionUp || s.element != f.Element {
			m.r.Fatalf("%+v for %+v", f, s)
		}
		if m.now-s.upAt >= time.Second {
			s.tried = make(map[wire.PEIdentifier]bool)
		}
		s.state = sessionResolving
	case endpoint.SessionFailed:
		if s := m.sessions[f.Session]; s == nil || s.state != sessionResolving || f.Err == nil {
			m.r.Fatalf("%+v for %+v", f, s)
		}
		delete(m.sessions, f.Session)
	case endpoint.CookieEchoed:
		if c := m.channels[f.Channel]; c == nil || !c.accepted || !c.control || f.Err == nil {
			m.r.Fatalf("%+v over %+v: no cookie was signed", f, c)
		}
	}
}

func (m *peerModel) told(f endpoint.Send) {
	d, err := asap.Parse(f.Data)
	if err != nil {
		m.r.Fatalf("endpoint sent %x: %v", f.Data, err)
	}
	if u, ok := d.Message.(asap.EndpointUnreachable); ok {
		who := memberModel{u.Handle, u.ID}
		if !m.used[who] {
			m.r.Fatalf("reports %+v, which was not used since the last report", who)
		}
		delete(m.used, who)
	}
}

func (m *peerModel) connect(f endpoint.Connect) {
	c := connectModel{memberModel: memberModel{f.Handle, f.Element}}
	if f.Handle == "" {
		c.to = string(f.To.TLV())
	}
	at, again := m.again[c.memberModel]
	if f.Handle != "" && (c.memberModel == m.doubted || again && at == m.now) {
		c.probe, m.doubted = true, memberModel{}
		delete(m.again, c.memberModel)
		m.connects[f.ID] = c
		return
	}
	if n, s := m.of(f.Handle); n != 0 {
		switch {
		case s == nil || s.state != sessionResolving:
			m.r.Fatalf("%+v for session %d, which is %+v", f, n, s)
		case s.tried[f.Element]:
			m.r.Fatalf("session %d tries element %d twice in a round", n, f.Element)
		}
		s.state, s.element, s.tried[f.Element] = sessionConnecting, f.Element, true
	} else if m.links()[c] > 0 {
		m.r.Fatalf("%+v, though there is a channel", f)
	}
	m.used[c.memberModel] = true
	m.connects[f.ID] = c
}

// links counts the channels and attempts for messages.
func (m *peerModel) links() map[connectModel]int {
	out := make(map[connectModel]int)
	for _, c := range m.connects {
		if !c.probe {
			out[c]++
		}
	}
	for id, c := range m.channels {
		if !c.accepted && !c.probe && !m.closing[id] {
			out[c.connectModel]++
		}
	}
	return out
}

func (m *peerModel) says(f endpoint.SendControl) {
	c := m.channels[f.Channel]
	if c == nil || !c.control {
		m.r.Fatalf("sends %x over channel %d, which is %+v", f.Data, f.Channel, c)
	}
	c.said++
	d, err := asap.Parse(f.Data)
	if err != nil {
		m.r.Fatalf("endpoint sent %x: %v", f.Data, err)
	}
	if _, ok := d.Message.(asap.Cookie); ok && !c.accepted {
		m.r.Fatalf("a user sends a cookie")
	}
	if echo, ok := d.Message.(asap.CookieEcho); ok {
		_, s := m.of(c.handle)
		if s == nil || s.cookie == nil || *s.cookie != echo.Cookie || c.said != 1 {
			m.r.Fatalf("echo %q as message %d, session %+v", echo.Cookie, c.said, s)
		}
	}
}

func (m *peerModel) sessionUp(f endpoint.SessionUp) {
	s, c := m.sessions[f.Session], m.channels[f.Channel]
	if s == nil || s.state != sessionConnecting || s.element != f.Element.ID || c == nil || c.handle != poolOf(f.Session) {
		m.r.Fatalf("%+v for %+v over %+v", f, s, c)
	}
	if s.cookie != nil && c.control && c.said == 0 {
		m.r.Fatalf("%+v without an echo of %q", f, *s.cookie)
	}
	s.state, s.channel, s.upAt = sessionUp, f.Channel, m.now
}

func (m *peerModel) transmit(f endpoint.Transmit) {
	c, x := m.channels[f.Channel], m.messages[f.Message]
	if c == nil || c.accepted || x == nil || slices.Contains(c.flight, f.Message) {
		m.r.Fatalf("%+v over %+v, message %+v", f, c, x)
	}
	if n, _ := m.of(c.handle); n != 0 {
		m.r.Fatalf("%+v over the channel of session %d", f, n)
	}
	if c.to == "" && x.been[c.id] {
		m.r.Fatalf("%+v to element %d for the second time", f, c.id)
	}
	x.been[c.id] = true
	m.used[c.memberModel] = true
	c.flight = append(c.flight, f.Message)
}

func (m *peerModel) done(f endpoint.MessageDone) {
	x := m.messages[f.Message]
	if x == nil {
		m.r.Fatalf("answers message %d twice, or though cancelled", f.Message)
	}
	for _, id := range f.Reached {
		if !x.been[id] {
			m.r.Fatalf("%+v: was not sent to %d", f, id)
		}
	}
	if !x.all && len(f.Reached) > 1 {
		m.r.Fatalf("%+v: reached more than one", f)
	}
	delete(m.messages, f.Message)
}

// check compares what belongs together, after each step.
func (m *peerModel) check() {
	m.doubted = memberModel{}
	if len(m.closing) > 0 {
		m.r.Fatalf("channels %v have no owner and are not closed", slices.Sorted(maps.Keys(m.closing)))
	}
	links := m.links()
	for c, n := range links {
		if n > 1 {
			m.r.Fatalf("%d channels or attempts for %+v", n, c)
		}
	}
	for n := range endpoint.SessionID(3) {
		s := m.sessions[n+1]
		have := 0
		for c := range links {
			if c.handle == poolOf(n+1) {
				have++
			}
		}
		want := 0
		if s != nil && s.state != sessionResolving {
			want = 1
		}
		if have != want {
			m.r.Fatalf("session %d is %+v, with %d channels or attempts", n+1, s, have)
		}
		if s != nil && s.state == sessionUp && m.channels[s.channel] == nil {
			m.r.Fatalf("session %d is up over channel %d, which is down", n+1, s.channel)
		}
	}
}

// allUp reports whether no session looks for an element.
func (m *peerModel) allUp() bool {
	for _, s := range m.sessions {
		if s.state != sessionUp {
			return false
		}
	}
	return true
}
