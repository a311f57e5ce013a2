package rsplib

import (
	"fmt"
	"strings"
	"testing"
)

// TestUserFailsOver: the element that a user of RSPLIB works with ends the session or
// dies; the next one goes on counting from the cookie.
func TestUserFailsOver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, scenario string
		flags          []string
		fail           func(*process)
	}{
		{"session ends", "pingpongclient: sessions end, cookie echo to the next element", []string{"-pppfailureafter=3"}, func(*process) {}},
		{"killed", "pingpongclient: element killed, cookie echo to the next", nil, (*process).kill},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, 2, "registrar", c.scenario, func(s *scene) {
				r := s.host("r1", "10.0.0.1").registrar(0x11111111)
				first := s.host("p1", "10.0.0.11").rspserver("pingpong", 0xa0000001, 7001, r.at(asapPort), c.flags...)
				r.awaitElements("PingPongPool", 1)
				u := s.host("u1", "10.0.0.21").pingpongclient(r.at(asapPort))
				u.awaitText("from PE $a0000001")
				s.host("p2", "10.0.0.12").rspserver("pingpong", 0xa0000002, 7002, r.at(asapPort), c.flags...)
				r.awaitState("both elements", func(s state) bool { return s.elements("PingPongPool")[hex(0xa0000002)].ID != "" })
				c.fail(first)
				u.awaitText("from PE $a0000002")
				before, after, _ := strings.Cut(u.text(), "from PE $a0000002 (reply #")
				var reply int
				if _, err := fmt.Sscanf(after, "%d", &reply); err != nil {
					s.Fatal(err)
				}
				if served := strings.Count(before, "Ack #"); reply != served {
					s.Errorf("the next element's first reply is %d, want %d", reply, served)
				}
				u.awaitMore(3, "Ack #")
			})
		})
	}
}

// TestUserCalcApp: the user of a stateful service; its jobs go on at another element
// when the one that has them dies.
func TestUserCalcApp(t *testing.T) {
	play(t, 2, "registrar", "calcappclient: element killed, its job goes on at the next one", func(s *scene) {
		r := s.host("r1", "10.0.0.1").registrar(0x11111111)
		first := s.host("p1", "10.0.0.11").rspserver("calcapp", 0xb0000001, 7101, r.at(asapPort))
		r.awaitElements("CalcAppPool", 1)
		u := s.host("u1", "10.0.0.21").theirs("calcappclient", append(append([]string{"-jobinterval=1", "-jobsize=2000000", "-runtime=25"}, at(r.at(asapPort))...), theirLog...)...)
		u.awaitText("Job #1")
		s.host("p2", "10.0.0.12").rspserver("calcapp", 0xb0000002, 7102, r.at(asapPort))
		r.awaitElements("CalcAppPool", 2)
		first.kill()
		if code := u.wait(); code != 0 {
			s.Errorf("calcappclient ends with code %d", code)
		}
	})
}

// TestUserTerminal: lines to an echo service and back.
func TestUserTerminal(t *testing.T) {
	play(t, 2, "registrar", "rspterminal: lines to an echo service and back", func(s *scene) {
		r := s.host("r1", "10.0.0.1").registrar(0x11111111)
		s.host("p1", "10.0.0.11").rspserver("echo", 0xa0000001, 7001, r.at(asapPort))
		r.awaitElements("EchoPool", 1)
		h := s.host("u1", "10.0.0.21")
		u := s.prepare(h, "rspterminal", append(append([]string{"stdbuf", "-oL", "rspterminal"}, at(r.at(asapPort))...), theirLog...)...)
		in := u.input()
		u.start(h)
		fmt.Fprintln(in, "hello over there")
		u.awaitText("hello over there")
	})
}

// TestUserReports: a user reports an element whose host is gone, and the registrar
// asks that one and takes it out, long before it would have by itself.
func TestUserReports(t *testing.T) {
	play(t, 2, "registrar", "pingpongclient: reports the element of a vanished host, which is then removed", func(s *scene) {
		r := s.host("r1", "10.0.0.1").registrar(0x11111111, "--keepalive-interval", "10m")
		h := s.host("p1", "10.0.0.11")
		gone := h.rspserver("pingpong", 0xa0000001, 7001, r.at(asapPort))
		r.awaitElements("PingPongPool", 1)
		u := s.host("u1", "10.0.0.21").pingpongclient(r.at(asapPort))
		u.awaitText("from PE $a0000001")
		s.host("p2", "10.0.0.12").rspserver("pingpong", 0xa0000002, 7002, r.at(asapPort))
		r.awaitElements("PingPongPool", 2)
		h.vanish()
		u.awaitText("from PE $a0000002")
		r.awaitElements("PingPongPool", 1)
		gone.kill() // it hunts, and may take half a minute to hear that it is to end
	})
}
