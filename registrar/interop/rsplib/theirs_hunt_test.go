package rsplib

import (
	"fmt"
	"testing"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// TestOursHunt: an element and a user of ours that know two registrars of RSPLIB; the
// one they are at is gone.
func TestOursHunt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		gone func(*member)
	}{
		{"killed", func(m *member) { m.program.kill() }},
		{"vanishes", func(m *member) { m.vanish() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, 3, "element, user", "rspregistrar "+c.name+": an element of ours is at the other one, a user's session goes on, and it resolves there", func(s *scene) {
				a, b := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2")
				first := a.theirMember(0x11111111, naming(true, b)...)
				second := b.theirMember(0x22222222, naming(true, a)...)
				p := s.host("p1", "10.0.0.11").ours("element", "pingpong", "--dialect", "rsplib", "--pool", "PP", "--id", "0xa1", "--reregister", "2s",
					"--registrar", a.at(asapPort), "--registrar", b.at(asapPort))
				p.awaitText("registered 0x000000a1")
				home, other := first, second
				if s.homeOf("PP", 0xa1, first, second) == second {
					home, other = second, first
				}
				h := s.host("u1", "10.0.0.21")
				u := h.ours("user", "PP", "--send", "ping {n}", "--interval", "200ms", "--timeout", "1m", "--heartbeat", "2s",
					"--registrar", home.at(asapPort), "--registrar", other.at(asapPort))
				u.awaitMore(3, "pong ")
				c.gone(home)
				s.agree(make(homes).at(other, "PP", 0xa1), other)
				u.awaitMore(3, "pong ")
				again := h.ours("resolve", "PP", "--registrar", home.at(asapPort), "--registrar", other.at(asapPort))
				if code := again.wait(); code != 0 {
					s.Errorf("resolve ends with code %d", code)
				}
			})
		})
	}
}

// homeOf returns the member that an element is at home at, when both know it.
func (s *scene) homeOf(pool string, id uint32, members ...*member) (home *member) {
	s.Helper()
	s.await("the element's home", func() bool {
		for _, m := range members {
			at := m.homes(pool)[pool+" "+hex(id)]
			home = nil
			for _, other := range members {
				if at == hex(other.id) {
					home = other
				}
			}
			if home == nil {
				return false
			}
		}
		return true
	})
	return home
}

// TestOursRegistrarRestarts: an element of ours has one registrar, which is started
// again with nothing in it.
func TestOursRegistrarRestarts(t *testing.T) {
	play(t, 3, "element", "rspregistrar is killed and started again: an element of ours registers anew", func(s *scene) {
		h := s.host("r1", "10.0.0.1")
		r := h.theirMember(0x11111111)
		p := s.host("p1", "10.0.0.11").ours("element", "echo", "--dialect", "rsplib", "--pool", "PP", "--id", "0xa1", "--registrar", h.at(asapPort))
		p.awaitText("registered 0x000000a1")
		s.agree(make(homes).at(r, "PP", 0xa1), r)
		r.program.kill()
		again := h.theirMember(0x11111112)
		s.agree(make(homes).at(again, "PP", 0xa1), again)
	})
}

// TestOursReports: a user of ours finds an element dead and says so.
func TestOursReports(t *testing.T) {
	play(t, 3, "user", "a user of ours reports an element of a vanished host to rspregistrar -maxbadpereports=1, which removes it", func(s *scene) {
		h := s.host("r1", "10.0.0.1")
		r := h.theirMember(0x11111111, "-maxbadpereports=1", "-endpointkeepalivetransmissioninterval=300000")
		where := s.host("p1", "10.0.0.11")
		element := func(h *host, id string) {
			h.ours("element", "pingpong", "--dialect", "rsplib", "--pool", "PP", "--id", id, "--registrar", r.at(asapPort), "--lifetime", "1h",
				"--cookie-key-file", s.secret()).awaitText("registered ")
		}
		element(where, "0xa1")
		u := s.host("u1", "10.0.0.21").ours("user", "PP", "--send", "ping {n}", "--interval", "200ms", "--timeout", "1m", "--registrar", h.at(asapPort))
		u.awaitText("from 0x000000a1")
		element(s.host("p2", "10.0.0.12"), "0xa2")
		s.agree(make(homes).at(r, "PP", 0xa1, 0xa2), r)
		where.vanish()
		u.awaitText("from 0x000000a2")
		s.agree(make(homes).at(r, "PP", 0xa2), r)
	})
}

// TestOursPolicies: elements of ours with each policy of RFC 5356 at RSPLIB's
// registrar, which tells users of it what they said.
func TestOursPolicies(t *testing.T) {
	play(t, 3, "element", "elements of ours with the nine policies of RFC 5356 at rspregistrar, each with its values", func(s *scene) {
		h := s.host("r1", "10.0.0.1")
		r := h.theirMember(0x11111111)
		p := s.host("p1", "10.0.0.11")
		list := []string{"rr", "wrr:5", "rand", "wrand:7", "prio:3", "lu:25%", "lud:25%:10%", "plu:25%:10%", "rlu:25%"}
		for i, text := range list {
			p.ours("element", "discard", "--dialect", "rsplib", "--pool", text, "--policy", text, "--id", fmt.Sprintf("0x%x", 0xa1+i), "--registrar", h.at(asapPort)).
				awaitText("registered ")
		}
		for i, text := range list {
			want, err := policy.Parse(text)
			if err != nil {
				s.Fatal(err)
			}
			var all []wire.PoolElement
			s.await("an element with "+text, func() bool {
				all = r.resolve(text)
				return len(all) == 1
			})
			if all[0].ID != wire.PEIdentifier(0xa1+i) || all[0].Policy != want {
				s.Errorf("of %s it tells %+v, want the policy %+v", text, all[0], want)
			}
		}
	})
}
