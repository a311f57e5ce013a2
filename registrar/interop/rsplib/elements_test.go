package rsplib

import (
	"testing"
)

// TestElementLives: an element of RSPLIB registers, is asked whether it lives,
// registers again and leaves.
func TestElementLives(t *testing.T) {
	t.Parallel()
	for _, service := range []struct{ name, pool string }{
		{"echo", "EchoPool"},
		{"discard", "DiscardPool"},
		{"daytime", "DaytimePool"},
		{"pingpong", "PingPongPool"},
		{"calcapp", "CalcAppPool"},
		{"fractal", "FractalGeneratorPool"},
	} {
		t.Run(service.name, func(t *testing.T) {
			play(t, 1, "registrar", "rspserver -"+service.name+": registers, keep-alives, registers again, deregisters", func(s *scene) {
				r := s.host("r1", "10.0.0.1").registrar(0x11111111)
				p := s.host("p1", "10.0.0.11").rspserver(service.name, 0xa0000001, 7001, r.at(asapPort))
				first := r.awaitElements(service.pool, 1)[hex(0xa0000001)]
				if first.User.Port != 7001 || !first.Owned {
					s.Errorf("the element is known as %+v", first)
				}
				r.awaitMore(2, "keepalive.acknowledged")
				r.awaitMore(1, "registered again")
				p.stop()
				r.awaitElements(service.pool, 0)
				r.awaitText("text=deregistered")
			})
		})
	}
}

// TestElementPolicies: all policies of RFC 5356 as RSPLIB's elements have them.
func TestElementPolicies(t *testing.T) {
	play(t, 1, "registrar", "rspserver -policy: the nine of RFC 5356, each with its values", func(s *scene) {
		r := s.host("r1", "10.0.0.1").registrar(0x11111111)
		h := s.host("p1", "10.0.0.11")
		list := []struct{ spec, want string }{
			{"RoundRobin", "round_robin {}"},
			{"WeightedRoundRobin:5", "weighted_round_robin {5 0 0 0}"},
			{"Random", "random {}"},
			{"WeightedRandom:7", "weighted_random {7 0 0 0}"},
			{"Priority:3", "priority {0 3 0 0}"},
			{"LeastUsed", "least_used {}"},
			{"LeastUsedDegradation:0.25", "least_used_degradation"},
			{"PriorityLeastUsed:0.25", "priority_least_used"},
			{"RandomizedLeastUsed", "randomized_least_used"},
		}
		for i, p := range list {
			h.rspserver("discard", uint32(0xa0000001+i), 7001+i, r.at(asapPort), "-policy="+p.spec, "-poolhandle="+p.spec)
		}
		for _, p := range list {
			r.awaitElements(p.spec, 1)
		}
		r.awaitMore(len(list), "registered again")
	})
}

// TestElementPrivatePolicies: an element whose policy cannot be selected by is told so,
// and the scope lives on (D-08).
func TestElementPrivatePolicies(t *testing.T) {
	play(t, 1, "registrar", "rspserver -policy: private ones are refused with a cause, others go on", func(s *scene) {
		r := s.host("r1", "10.0.0.1").registrar(0x11111111)
		h := s.host("p1", "10.0.0.11")
		list := []string{
			"PriorityLeastUsedDegradation:0.25", "WeightedRandomDPF:5:0.5", "LeastUsedDPF:0.5", "LeastUsedDegradationDPF:0.25:0.5",
		}
		for i, spec := range list {
			h.rspserver("discard", uint32(0xa0000001+i), 7001+i, r.at(asapPort), "-policy="+spec, "-poolhandle="+spec[:min(len(spec), 32)])
		}
		h.rspserver("discard", 0xa00000ff, 7100, r.at(asapPort))
		r.awaitElements("DiscardPool", 1)
		r.awaitMore(2*len(list), "element.refused")
	})
}

// TestElementKilled: the kernel of a killed element aborts its association.
func TestElementKilled(t *testing.T) {
	play(t, 1, "registrar", "rspserver killed: removed at once, another one stays", func(s *scene) {
		r := s.host("r1", "10.0.0.1").slowRegistrar(0x11111111)
		victim := s.host("p1", "10.0.0.11").rspserver("echo", 0xa0000001, 7001, r.at(asapPort))
		s.host("p2", "10.0.0.12").rspserver("echo", 0xa0000002, 7002, r.at(asapPort))
		r.awaitElements("EchoPool", 2)
		victim.kill()
		if left := r.awaitElements("EchoPool", 1); left[hex(0xa0000002)].ID == "" {
			s.Errorf("left is %v", left)
		}
	})
}

// TestElementVanishes: nothing comes from a host that is cut off; when it is back, its
// element is too.
func TestElementVanishes(t *testing.T) {
	play(t, 1, "registrar", "rspserver's host vanishes: removed after a keep-alive, back when the host is", func(s *scene) {
		r := s.host("r1", "10.0.0.1").registrar(0x11111111)
		h := s.host("p1", "10.0.0.11")
		h.rspserver("pingpong", 0xa0000001, 7001, r.at(asapPort))
		s.host("p2", "10.0.0.12").rspserver("pingpong", 0xa0000002, 7002, r.at(asapPort))
		r.awaitElements("PingPongPool", 2)
		h.vanish()
		r.awaitElements("PingPongPool", 1)
		for n := range h.links {
			h.mend(n)
		}
		r.awaitElements("PingPongPool", 2)
	})
}

// TestElementAutoclose: RSPLIB ends an association that was idle for 30 s, opens
// another one without a word, and registers over it when it is time to.
func TestElementAutoclose(t *testing.T) {
	play(t, 1, "registrar", "rspserver's association ends by autoclose: it stays, and registers again over another one", func(s *scene) {
		r := s.host("r1", "10.0.0.1").registrar(0x11111111, "--keepalive-interval", "5m")
		p := s.host("p1", "10.0.0.11").rspserver("pingpong", 0xa0000001, 7001, r.at(asapPort), "-rereginterval=38000")
		r.awaitElements("PingPongPool", 1)
		s.await("another association", func() bool {
			if len(r.state().elements("PingPongPool")) != 1 {
				s.Fatal("the element was removed")
			}
			return p.count("Registrar connection lost") > 0
		})
		r.awaitMore(1, "registered again")
	})
}

// TestElementRegistrarRestarts: an element that has lost its registrar registers at
// the next one there.
func TestElementRegistrarRestarts(t *testing.T) {
	play(t, 1, "registrar", "our registrar is killed and started again: rspserver registers anew", func(s *scene) {
		h := s.host("r1", "10.0.0.1")
		r := h.registrar(0x11111111)
		p := s.host("p1", "10.0.0.11").rspserver("pingpong", 0xa0000001, 7001, r.at(asapPort))
		r.awaitElements("PingPongPool", 1)
		r.kill()
		again := h.registrar(0x11111112)
		again.awaitElements("PingPongPool", 1)
		p.stop() // without a registrar it would not end
		again.awaitElements("PingPongPool", 0)
	})
}
