package sim

import (
	"strconv"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
)

// control looks at an ASAP message that goes into a channel.
func (s *Scope) control(from *end, data []byte) {
	c, h := from.link.channel, from.host
	if !c.control {
		s.wrong(h, "sends an ASAP message over a channel for data only")
	}
	d, err := asap.Parse(data)
	if err != nil {
		s.wrong(h, "sends what cannot be read: %v", err)
	}
	if from != &from.link.ends[0] {
		return
	}
	c.controls++
	if m, ok := d.Message.(asap.CookieEcho); ok {
		if c.echo = m.Cookie; c.controls != 1 {
			s.wrong(h, "sends a cookie echo as message %d of a channel", c.controls)
		}
	}
}

// controlArrived notes what a user got over a channel: a session keeps the latest
// cookie.
func (s *Scope) controlArrived(e *end, data []byte) {
	c := e.link.channel
	if c == nil || e != &e.link.ends[0] || c.session == nil || c.session.channel != e || asap.MessageType(data[0]) != asap.TypeCookie {
		return
	}
	if d, err := asap.Parse(data); err == nil {
		if m, ok := d.Message.(asap.Cookie); ok {
			c.session.cookie = m.Cookie
		}
	}
}

// giveCookie lets an element give the user at the other end the state of the
// session. States are numbered, so that none is like another.
func (s *Scope) giveCookie(e *end) {
	c, h := e.link.channel, e.host
	if !c.control || !s.serves(c) {
		return
	}
	s.lastState++
	state := strconv.FormatUint(s.lastState, 10)
	effects := h.carrier.core.Step(h.clock(s.now), endpoint.SendCookie{Channel: endpoint.ChannelID(e.number), State: state})
	for _, effect := range effects {
		if f, ok := effect.(endpoint.SendControl); ok && f.Channel == endpoint.ChannelID(e.number) {
			if d, err := asap.Parse(f.Data); err == nil {
				if m, ok := d.Message.(asap.Cookie); ok {
					s.states[m.Cookie] = state
				}
			}
		}
	}
	s.performCarrier(h, effects)
	s.arm(h)
}

// echoed looks at the state that an element has been handed: that which the user's
// session was given last.
func (s *Scope) echoed(h *host, f endpoint.CookieEchoed) {
	e := s.channelEnd(h, f.Channel)
	if e == nil {
		return
	}
	s.report.Users.Echoes++
	if want := s.states[e.link.channel.echo]; f.Err != nil || f.State != want {
		s.wrong(h, "is told of the state %q (%v), want %q", f.State, f.Err, want)
	}
}
