package rsplib

import (
	"strings"
	"testing"
)

// TestElementLives: an element of RSPLIB registers, is asked whether it lives,
// registers again and leaves.
func TestElementLives(t *testing.T) {
	for _, service := range []struct{ name, pool string }{
		{"echo", "EchoPool"}, {"discard", "DiscardPool"}, {"daytime", "DaytimePool"},
		{"pingpong", "PingPongPool"}, {"calcapp", "CalcAppPool"}, {"fractal", "FractalGeneratorPool"},
	} {
		t.Run(service.name, func(t *testing.T) {
			s := begin(t, 1, "registrar", "rspserver -"+service.name+": registers, keep-alives, registers again, deregisters")
			r := s.host("r1", "10.0.0.1").registrar(0x11111111)
			p := s.host("p1", "10.0.0.11").rspserver(service.name, 0xa0000001, 7001, r.at(asapPort))
			first := r.awaitElements(service.pool, 1)[hex(0xa0000001)]
			if first.User.Port != 7001 || !first.Owned {
				t.Errorf("the element is known as %+v", first)
			}
			r.awaitMore(2, "keepalive.acknowledged")
			r.awaitState("a later end of the registration", func(s state) bool {
				return s.elements(service.pool)[hex(0xa0000001)].ExpiresAt.After(first.ExpiresAt)
			})
			p.stop()
			r.awaitElements(service.pool, 0)
			if log := r.text(); !strings.Contains(log, "text=deregistered") {
				t.Error("it went without deregistration")
			}
		})
	}
}
