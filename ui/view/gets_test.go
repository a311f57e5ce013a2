package view

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/feed"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// What a user gets is listed as the registrar has said it, with what this page knows
// of the elements.
func TestGets(t *testing.T) {
	s := sample()
	q := Query{Kind: Pool, Pool: "EchoPool"}
	page := func(a *Answer) PoolPage {
		q.Answer = a
		return Build(s.Replica, s.now, q).Pool
	}
	if p := page(nil); p.Gets != nil || !strings.HasPrefix(p.GetsNote, "Ask, ") {
		t.Errorf("before anybody has asked: %+v, %q", p.Gets, p.GetsNote)
	}
	p := page(NewAnswer("EchoPool", 200, []string{"0x00000002", "0x00000001", "0x00000099", "nothing"}, ""))
	want := []GetRow{
		{ID: "0x00000002", Number: "1", URL: "../pools/EchoPool?pe=0x00000002", State: chip("warn", "suspect", "Suspect"), Value: "4", Transport: "sctp 192.0.2.2:7"},
		{ID: "0x00000001", Number: "2", URL: "../pools/EchoPool?pe=0x00000001", State: quiet("ok", "up", "Up"), Value: "8", Transport: "sctp 192.0.2.1:7"},
		{ID: "0x00000099", Number: "3", URL: "../pools/EchoPool?pe=0x00000099", State: quiet("off", "removed", "Gone")},
	}
	if diff := cmp.Diff(want, p.Gets); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		answer *Answer
		want   string
	}{
		{NewAnswer("EchoPool", 200, []string{"0x00000001"}, ""), "As of the moment"},
		{NewAnswer("EchoPool", 200, []string{"0x00000002"}, ""), "One of them does not answer"},
		{NewAnswer("EchoPool", 0, nil, ""), "The registrar does not answer."},
		{NewAnswer("EchoPool", 502, nil, ""), "The registrar answers with status 502."},
		{NewAnswer("EchoPool", 404, nil, "No such pool."), "No such pool."},
		{NewAnswer("CalcAppPool", 200, []string{"0x00000001"}, ""), "Ask, "},
	} {
		if p := page(tt.answer); !strings.HasPrefix(p.GetsNote, tt.want) {
			t.Errorf("%+v: %q, want %q", tt.answer, p.GetsNote, tt.want)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, tt := range []struct {
		policies []wire.Policy
		want     string
	}{
		{[]wire.Policy{policy.RoundRobin()}, "Round robin"},
		{[]wire.Policy{weight(1), weight(8), weight(20)}, "Weighted round robin, 1 to 20, 29 in all"},
		{[]wire.Policy{weight(5), weight(5)}, "Weighted round robin, all at 5"},
		{[]wire.Policy{{Type: wire.LeastUsed, Load: 0x40000000}, {Type: wire.LeastUsed, Load: 0xc0000000}}, "Least used, 25 % to 75 %"},
	} {
		s := newScope()
		for i, p := range tt.policies {
			s.element("P", wire.PEIdentifier(i+1), self, p, feed.Up)
		}
		if got := Build(s.Replica, s.now, Query{Kind: Pool, Pool: "P"}).Pool.Spread; got != tt.want {
			t.Errorf("%v: %q, want %q", tt.policies, got, tt.want)
		}
	}
	s := newScope()
	for i := range spreadMost + 1 {
		s.element("P", wire.PEIdentifier(i+1), self, weight(uint32(i+1)), feed.Up)
	}
	if got := Build(s.Replica, s.now, Query{Kind: Pool, Pool: "P"}).Pool.Spread; got != "Weighted round robin" {
		t.Errorf("a large pool: %q", got)
	}
}

func TestPoolIsProtected(t *testing.T) {
	s := sample()
	s.Apply(feed.Protected{Handle: "EchoPool"})
	for pool, want := range map[wire.PoolHandle]bool{"EchoPool": true, "CalcAppPool": false} {
		p := Build(s.Replica, s.now, Query{Kind: Pool, Pool: pool}).Pool
		if p.Protected != want || p.WhatIfURL != "../what-if?pool="+string(pool) {
			t.Errorf("%s: protected %v, copy at %s", pool, p.Protected, p.WhatIfURL)
		}
	}
}
