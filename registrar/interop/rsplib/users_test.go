package rsplib

import (
	"fmt"
	"strings"
	"testing"
)

// TestUserFailsOver: the element that a user of RSPLIB works with ends the session or
// dies; the next one goes on counting from the cookie.
func TestUserFailsOver(t *testing.T) {
	for _, c := range []struct {
		name, scenario string
		flags          []string
		fail           func(*process)
	}{
		{"session ends", "pingpongclient: sessions end, cookie echo to the next element", []string{"-pppfailureafter=3"}, func(*process) {}},
		{"killed", "pingpongclient: element killed, cookie echo to the next", nil, (*process).kill},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := begin(t, 2, "registrar", c.scenario)
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
				t.Fatal(err)
			}
			if served := strings.Count(before, "Ack #"); reply != served {
				t.Errorf("the next element's first reply is %d, want %d", reply, served)
			}
			u.awaitMore(3, "Ack #")
		})
	}
}
