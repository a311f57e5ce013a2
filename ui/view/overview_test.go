package view

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// Problems say what is wrong, where and what follows, the worst first.
func TestProblems(t *testing.T) {
	s := sample()
	s.element("LastPool", 7, self, weight(1), feed.Up)
	s.element("LastPool", 8, self, weight(1), feed.Unanswered)
	s.Apply(feed.Protected{Handle: "LastPool"})
	s.peer(9, feed.Suspect, 0)
	s.peer(10, feed.TakingOver, 0)
	var got []string
	p := Build(s.Replica, s.now, Query{}).Overview
	for _, w := range p.Problems {
		got = append(got, w.State.Word+": "+w.Head+" | "+w.Text+" | "+w.Action+" "+w.URL)
	}
	want := []string{
		"Out of step: Registrar 0x3c5d9e10 holds other elements than this page | Told " + told(s, peer1) + ". | Compare ./peers#peer-0x3c5d9e10",
		"Dead: Registrar 0xb2e40417 is dead | It comes back by a presence of its own; until then it has 0 elements. | Watch ./peers#peer-0xb2e40417",
		"None up: 0x00ff has no element that is up | Of 1: 1 expired. | Open pool ./pools/b64.AP8",
		"Suspect: Registrar 0x00000009 is silent | Probed. Without an answer its 0 elements are taken over. | Watch ./peers#peer-0x00000009",
		"Suspect: 2 elements do not answer as they should | Users still get them: EchoPool 1, LastPool 1. | List 2 ./elements?q=state%3Asuspect",
		"1 left: LastPool is down to one element | Protected pool. The others: 1 suspect. | Open pool ./pools/LastPool",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if p.Look != "8" || p.Worst != "The worst 6 of 8" {
		t.Errorf("%s to look at, %q", p.Look, p.Worst)
	}
}

func told(s *scope, id wire.ServerID) string {
	p, _ := s.Peer(id)
	return p.Told.String() + ", computed " + p.Computed.String()
}

// Without a problem the page says so, and has no empty card.
func TestNothingNeedsALook(t *testing.T) {
	s := newScope()
	s.element("EchoPool", 1, self, weight(1), feed.Up)
	p := Build(s.Replica, s.now, Query{})
	if p.Overview.Summary != "Nothing needs a look." || slots(p)["over.calm"] != "true" {
		t.Errorf("summary %q, calm %q", p.Overview.Summary, slots(p)["over.calm"])
	}
	// A pool alone that needs one is a problem too.
	s.element("EchoPool", 2, self, weight(1), feed.Expired)
	if p := Build(s.Replica, s.now, Query{}); p.Overview.Summary != "2 things need a look." {
		t.Errorf("summary %q, problems %+v", p.Overview.Summary, p.Overview.Problems)
	}
}

// Rates are those of the last ten seconds; the chart ends with them at the right.
func TestRates(t *testing.T) {
	s := newScope()
	second := func(ago int, resolved, unresolved uint64) {
		s.Apply(feed.Counters{At: feed.At(s.now.Add(-time.Duration(ago) * time.Second)), Resolutions: resolved, Unresolved: unresolved, ENRPIn: 5})
	}
	second(100, 1000, 10)
	second(50, 1500, 10) // 500 in one step
	second(4, 1600, 60)  // 150 in the last one
	r := Build(s.Replica, s.now, Query{}).Overview.Rates[0]
	if r.Value != "15" || r.Note != "5.0/s without an element" || r.Class != "bad" {
		t.Errorf("%s a second, %q (%s), want 15 and 5.0/s", r.Value, r.Note, r.Class)
	}
	if want := "Handle resolutions: 15 a second now, at most 100; in five minutes 650, of them 50 without an element"; r.Text != want {
		t.Errorf("text %q, want %q", r.Text, want)
	}
	line := strings.Split(r.Line, "L")
	if len(line) != ratePoints || line[0] != "M0 40" || line[ratePoints-1] != "240 29" {
		t.Errorf("line of %d points from %s to %s", len(line), line[0], line[len(line)-1])
	}
	if !strings.HasSuffix(r.Area, "V40H0Z") || !strings.HasSuffix(r.Bad, "L240 37") {
		t.Errorf("area %s, bad %s", r.Area, r.Bad)
	}
	if enrp := Build(s.Replica, s.now, Query{}).Overview.Rates[3]; enrp.Value != "0.0" || enrp.Bad != "" {
		t.Errorf("ENRP %+v, want nothing: it was so before", enrp)
	}
	// Nothing told yet is nothing happened.
	if r := rates(replica.New(), s.now)[0]; r.Value != "0.0" || r.Note != "" || r.Bad != "" {
		t.Errorf("without samples %+v", r)
	}
}

// Each step ticks itself; with all of them done, or after a while, they go.
func TestSteps(t *testing.T) {
	s := newScope()
	state := func() string {
		p := Build(s.Replica, s.now, Query{}).Overview.Steps
		text := p.Register.Class() + " " + p.Resolve.Class() + " " + p.Second.Class()
		if p.Off {
			text += " off"
		}
		return text
	}
	check := func(want string) {
		t.Helper()
		if got := state(); got != want {
			t.Errorf("steps %s, want %s", got, want)
		}
	}
	check("open open open")
	s.peer(peer1, feed.Active, 0)
	check("open open done")
	s.element("EchoPool", 1, self, weight(1), feed.Up)
	check("done open done")
	late := Build(s.Replica, s.now.Add(newcomer), Query{}).Overview.Steps
	if !late.Off {
		t.Error("ten minutes later the steps are still there")
	}
	s.Apply(feed.Counters{At: feed.At(s.now), Resolutions: 1, Registrations: 1})
	check("done done done off")
	s.remove("EchoPool", 1) // nothing is registered, as at the beginning
	check("done done done")
}

// The card of this registrar says whose handlespace it started with.
func TestMentor(t *testing.T) {
	s := sample()
	says := func(want string) {
		t.Helper()
		if got := Build(s.Replica, s.now, Query{}).Overview.Registrar.Mentor; got != want {
			t.Errorf("the mentor is %q, want %q", got, want)
		}
	}
	says(unknown)
	s.Apply(feed.Event{At: feed.At(s.now), Name: "registrar.alone", Server: self})
	says("none, it started alone")
	s.Apply(feed.PeerState{Peer: peer1, State: feed.Active, Mentor: true})
	says("0x3c5d9e10, download under way")
	s.Apply(feed.PeerState{Peer: peer1, State: feed.Active})
	s.Apply(feed.Event{At: feed.At(s.now), Name: "mentor.completed", Server: peer1, Text: "96 elements downloaded"})
	says("0x3c5d9e10, 96 elements downloaded")
}
