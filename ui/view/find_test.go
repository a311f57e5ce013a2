package view

import (
	"strings"
	"testing"

	"rserpool/registrar/feed"
)

func TestFind(t *testing.T) {
	s := sample()
	s.element("OtherPool", 5, peer1, weight(1), feed.Up) // the same ID as in CalcAppPool
	for _, tt := range []struct{ text, path, anchor string }{
		{"EchoPool", "pools/EchoPool", ""},
		{"\x00\xff", "pools/" + Key("\x00\xff"), ""},
		{"echo", "elements?q=echo", ""},
		{"0x00000002", "elements?q=0x00000002&pe=EchoPool%2F0x00000002", ""},
		{"2", "elements?q=0x00000002&pe=EchoPool%2F0x00000002", ""},
		{"5", "elements?q=0x00000005", ""},
		{peer1.String(), "peers", Anchor(peer1.String())},
		{self.String(), "elements?q=" + self.String(), ""},
		{"", "elements", ""},
		{strings.Repeat("x", maxFilter+1), "elements", ""},
	} {
		q, anchor := Find(s.Replica, tt.text)
		if q.Path() != tt.path || anchor != tt.anchor {
			t.Errorf("%q leads to %q #%q, want %q #%q", tt.text, q.Path(), anchor, tt.path, tt.anchor)
		}
	}
}
