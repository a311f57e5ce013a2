package rsplib

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// outage is how long a network is away: longer than it takes at these timers to take
// anybody for dead, which in turn is longer than a busy machine takes for anything.
const outage = 13 * time.Second

var patient = []string{"--max-time-last-heard", "6s", "--max-time-no-response", "6s", "--keepalive-timeout", "11s"}

// losses are what our registrars log when something was lost.
var losses = regexp.MustCompile(`peer\.dead|takeover\.|element\.(removed|moved|orphaned)`)

// TestNativeTwoNetworks: each host of a scope of ours has an address in either
// network. One is enough for everything.
func TestNativeTwoNetworks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, first, second string }{{"IPv4", "10.0.0.", "10.0.1."}, {"IPv6", "fd00:0::", "fd00:1::"}} {
		t.Run(c.name, func(t *testing.T) {
			play(t, 8, "registrar, element, user",
				"three registrars, hosts in two networks, "+c.name+": either is cut, and no element, peer or session is lost", func(s *scene) {
					both := func(label, number string) *host { return s.host(label, c.first+number, c.second+number) }
					h1, h2, h3 := both("r1", "1"), both("r2", "2"), both("r3", "3")
					r1 := h1.nativeMember(0x11111111)
					r2 := h2.nativeMember(0x22222222, naming(false, h1)...)
					r3 := h3.nativeMember(0x33333333, naming(false, h1, h2)...)
					both("p1", "11").pingpong(0xa1, h1)
					both("p2", "12").pingpong(0xa2, h2)
					want := make(homes).at(r1, "PP", 0xa1).at(r2, "PP", 0xa2)
					s.agree(want, r1, r2, r3)
					s.inStep(r1, r2, r3)
					u := both("u1", "21").ours("user", "PP", "--send", "ping {n}", "--interval", "100ms", "--timeout", "1m", "--heartbeat", "2s", "--registrar", h3.at(asapPort))
					u.awaitMore(3, "pong ")
					for n := range s.nets {
						s.cutAll(n)
						u.awaitMore(3, "pong ")
						s.always(outage, "two elements, each at its home", func() bool {
							return !slices.ContainsFunc([]*member{r1, r2, r3}, func(r *member) bool { return !maps.Equal(r.homes(), want) })
						})
						u.awaitMore(3, "pong ")
						s.mendAll(n)
						s.inStep(r1, r2, r3)
					}
					if strings.Contains(u.text(), "failed over") {
						s.Error("the session has failed over")
					}
					for _, r := range []*member{r1, r2, r3} {
						if lost := losses.FindAllString(r.program.text(), -1); lost != nil {
							s.Errorf("%s has noted %q", r.program.label, lost)
						}
					}
				})
		})
	}
}

// nativeMember starts a registrar of ours in a scope of ours alone, patient.
func (h *host) nativeMember(id uint32, flags ...string) *member {
	h.Helper()
	r := h.nativeRegistrar(id, slices.Concat(patient, flags)...)
	return &member{host: h, id: id, program: r.process, ours: r}
}

// inStep returns when each of ours has the others as peers, and all that they have.
func (s *scene) inStep(members ...*member) {
	s.Helper()
	for _, m := range members {
		m.ours.awaitState("all peers in step", func(s state) bool {
			odd := func(p peer) bool { return p.State != "active" || !p.InSync }
			return len(s.Peers) == len(members)-1 && !slices.ContainsFunc(s.Peers, odd)
		})
	}
}

// pingpong starts an element of ours at a registrar that speaks the RFC dialect.
func (h *host) pingpong(id uint32, registrar *host, flags ...string) *process {
	h.Helper()
	line := []string{"pingpong", "--pool", "PP", "--id", hex(id), "--registrar", registrar.at(asapPort), "--cookie-key-file", h.secret(), "--heartbeat", "2s"}
	p := h.ours("element", append(line, flags...)...)
	p.awaitText("registered " + hex(id))
	return p
}
