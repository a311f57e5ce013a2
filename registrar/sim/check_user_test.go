package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// Each thing that must hold for users is missed when it does not.
func TestSimCheckUsers(t *testing.T) {
	report := func(id wire.PEIdentifier) []byte {
		data, err := asap.Append(nil, asap.EndpointUnreachable{Handle: "pool-0", ID: id})
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	tests := []struct {
		name, want string
		spoil      func(s *Scope, h *host, u *user)
	}{
		{"nothing", "", func(*Scope, *host, *user) {}},
		{"pool seen in part", "U1 sees pool-0 with", func(_ *Scope, _ *host, u *user) { u.seen.elements = u.seen.elements[1:] }},
		{"pool not seen", "told false", func(_ *Scope, _ *host, u *user) { u.seen = seen{} }},
		{"error beside elements", "U1 sees pool-0", func(_ *Scope, _ *host, u *user) { u.seen.err = endpoint.ErrTimeout }},
		{"no session", "U1 has no session", func(_ *Scope, _ *host, u *user) { u.session = nil }},
		{"session with a dead one", "which is gone", func(s *Scope, _ *host, u *user) {
			s.elements[u.session.channel.link.channel.element].state = gone
		}},
		{"resolution without answer", "no answer to resolution 7", func(_ *Scope, _ *host, u *user) { u.requests[7] = &question{at: time.Minute} }},
		{"message without answer", "became of message 7", func(_ *Scope, _ *host, u *user) {
			u.messages[7] = &letter{question: question{at: time.Minute}}
		}},
		{"two answers", "message 7", func(s *Scope, h *host, _ *user) { s.messageDone(h, endpoint.MessageDone{Message: 7}) }},
		{"reached more than took it", "has reached [3], want []", func(s *Scope, h *host, u *user) {
			u.messages[7] = &letter{}
			s.messageDone(h, endpoint.MessageDone{Message: 7, Reached: []wire.PEIdentifier{3}})
		}},
		{"no element of a pool that has some", "finds no element", func(s *Scope, h *host, u *user) {
			u.round, u.session.channel = s.now, nil
			s.sessionFailed(h, endpoint.SessionFailed{Session: u.session.id, Err: endpoint.ErrTimeout})
		}},
		{"two channels of a session", "has its session with pool-0/", func(s *Scope, h *host, u *user) {
			e := u.session.channel
			s.sessionUp(h, endpoint.SessionUp{
				Session: u.session.id, Channel: endpoint.ChannelID(e.number), Element: wire.PoolElement{ID: wire.PEIdentifier(e.link.channel.element + 1)}, //nolint:gosec // few
			})
		}},
		{"another cookie", "after the echo", func(s *Scope, h *host, u *user) {
			e := u.session.channel
			u.session.channel, u.session.cookie = nil, "another"
			s.sessionUp(h, endpoint.SessionUp{
				Session: u.session.id, Channel: endpoint.ChannelID(e.number), Element: wire.PoolElement{ID: wire.PEIdentifier(e.link.channel.element + 1)}, //nolint:gosec // few
			})
		}},
		{"state of nobody", `of the state "9"`, func(s *Scope, _ *host, u *user) {
			e := u.session.channel.other()
			s.echoed(e.host, endpoint.CookieEchoed{Channel: endpoint.ChannelID(e.number), State: "9"})
		}},
		{"report of one not used", "pool-0/1 as unreachable", func(s *Scope, h *host, u *user) {
			delete(u.used, 1)
			s.unreachable(h, report(1))
		}},
		{"two reports", "pool-0/1 as unreachable", func(s *Scope, h *host, u *user) {
			u.used[1] = true
			s.unreachable(h, report(1))
			s.unreachable(h, report(1))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.Elements, cfg.Pools, cfg.Users, cfg.Duration = 4, 1, 1, 30*time.Second
			s, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Run(); err != nil {
				t.Fatal(err)
			}
			tt.spoil(s, s.users[0], s.users[0].carrier.user)
			c := &complaints{left: maxComplaints}
			s.checkUsers(c, s.alive())
			got := ""
			if list := append(s.failed, c.list...); len(list) > 0 {
				got = fmt.Sprint(list)
			}
			if !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("complains of %q, want %q", got, tt.want)
			}
		})
	}
}
