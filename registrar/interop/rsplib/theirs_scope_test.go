package rsplib

import (
	"strings"
	"testing"
)

// TestOursAtTheirs: elements and users of ours in a scope that has RSPLIB's registrar
// only.
func TestOursAtTheirs(t *testing.T) {
	play(t, 3, "element, user", "pingpong of ours at rspregistrar: keep-alives, a session that fails over, deregistration", func(s *scene) {
		h := s.host("r1", "10.0.0.1")
		h.rspregistrar(0x11111111)
		element := func(label, addr, id string) *process {
			return s.host(label, addr).ours("element", "pingpong", "--pool", "PP", "--id", id, "--registrar", h.at(asapPort), "--lifetime", "25h",
				"--cookie-key-file", s.secret())
		}
		first, second := element("p1", "10.0.0.11", "0xa1"), element("p2", "10.0.0.12", "0xa2")
		first.awaitText("registered 0x000000a1")
		second.awaitText("registered 0x000000a2")
		s.await("both at the registrar", func() bool {
			dump := h.hsdump(h.at(enrpPort))
			return strings.Contains(dump, "a1") && strings.Contains(dump, "a2")
		})
		u := s.host("u1", "10.0.0.21").ours("user", "PP", "--send", "ping {n}", "--interval", "200ms", "--registrar", h.at(asapPort))
		u.awaitMore(5, "pong ")
		victim, other := first, "0x000000a2"
		if strings.Contains(u.text(), "from 0x000000a2") {
			victim, other = second, "0x000000a1"
		}
		victim.kill()
		u.awaitText("from " + other)
		u.awaitMore(5, "pong ")
		if n := u.count("pong 1 from"); n != 1 {
			s.Errorf("the first request was answered %d times", n)
		}
	})
}

// TestOursWithTheirs: a user of ours with an element of RSPLIB's.
func TestOursWithTheirs(t *testing.T) {
	play(t, 3, "user", "user and resolve of ours with rspserver -echo at rspregistrar", func(s *scene) {
		h := s.host("r1", "10.0.0.1")
		h.rspregistrar(0x11111111)
		s.host("p1", "10.0.0.11").rspserver("echo", 0xa0000001, 7001, h.at(asapPort))
		asks := s.host("u1", "10.0.0.21")
		s.await("the element", func() bool {
			p := asks.ours("resolve", "EchoPool", "--registrar", h.at(asapPort))
			return p.wait() == 0 && strings.Contains(p.text(), "0xa0000001")
		})
		u := asks.ours("user", "EchoPool", "--send", "hello {n}", "--count", "5", "--interval", "100ms", "--registrar", h.at(asapPort))
		if code := u.wait(); code != 0 || !strings.Contains(u.text(), "hello 5") {
			s.Errorf("code %d", code)
		}
	})
}

// TestHSDump: RSPLIB's tool takes our registrar for one of its own, and is forgotten.
func TestHSDump(t *testing.T) {
	play(t, 7, "registrar", "hsdump lists the handlespace of ours, and leaves no peer behind", func(s *scene) {
		h := s.host("r1", "10.0.0.1")
		r := h.registrar(0x11111111)
		s.host("p1", "10.0.0.11").rspserver("echo", 0xa0000001, 7001, r.at(asapPort))
		r.awaitElements("EchoPool", 1)
		if dump := s.host("d1", "10.0.0.31").hsdump(r.at(enrpPort)); !strings.Contains(dump, "EchoPool") || !strings.Contains(dump, "a0000001") {
			s.Errorf("hsdump prints %q", dump)
		}
		r.awaitState("no peer", func(s state) bool { return len(s.Peers) == 0 })
	})
}
