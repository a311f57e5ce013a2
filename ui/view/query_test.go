package view

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRoute(t *testing.T) {
	tests := []struct {
		path, query string
		want        Query
		ok          bool
		back        string // the path again
	}{
		{"", "", Query{Kind: Overview}, true, ""},
		{"/", "", Query{Kind: Overview}, true, ""},
		{"pools", "", Query{Kind: Pools}, true, "pools"},
		{"/pools", "q=own%3E2+x&sort=-up&rows=400", Query{Kind: Pools, Filter: "own>2 x", Sort: "-up", Rows: 400}, true, "pools?q=own%3E2%20x&sort=-up&rows=400"},
		{"pools", "rows=-1", Query{Kind: Pools}, true, "pools"},
		{"pools", "rows=99999999", Query{Kind: Pools, Rows: maxRows}, true, "pools?rows=2000"},
		{"pools", "q=%zz&sort=up", Query{Kind: Pools, Sort: "up"}, true, "pools?sort=up"},
		{"pools", "q=%ff", Query{Kind: Pools}, true, "pools"},
		{"pools", "q=" + strings.Repeat("x", maxFilter+1), Query{Kind: Pools}, true, "pools"},
		{"what-if", "pool=EchoPool&policy=wrand&n=2000&seed=4711&v-0x1=5&v-2=30%25:5%25&fail=0x00000002", Query{
			Kind: WhatIf, Pool: "EchoPool",
			Scenario: Scenario{Policy: "wrand", Selections: 2000, Seed: 4711, Members: "0x00000001:5 !0x00000002:30%:5%"},
		}, true, "what-if?pool=EchoPool&policy=wrand&n=2000&seed=4711&v-0x00000001=5&v-0x00000002=30%25%3A5%25&fail=0x00000002"},
		{"what-if", "pool=b64.AP8&n=99999999&seed=x&v-zz=1&v-3=-&v-4=a+b&fail=9", Query{
			Kind: WhatIf, Pool: "\x00\xff", Scenario: Scenario{Selections: maxSelections, Members: "0x00000003:"},
		}, true, "what-if?pool=b64.AP8&n=1000000&v-0x00000003=-"},
		{"what-if", "pool=Other&of=EchoPool&policy=wrr&v-1=5", Query{Kind: WhatIf, Pool: "Other"}, true, "what-if?pool=Other"},
		{"peers", "other=1", Query{Kind: Peers}, true, "peers"},
		{"pools/EchoPool", "", Query{Kind: Pool, Pool: "EchoPool"}, true, "pools/EchoPool"},
		{"pools/a%20b", "", Query{Kind: Pool, Pool: "a b"}, true, "pools/a%20b"},
		{"pools/a%2Fb", "", Query{Kind: Pool, Pool: "a/b"}, true, "pools/b64.YS9i"},
		{"pools/b64.AP8", "", Query{Kind: Pool, Pool: "\x00\xff"}, true, "pools/b64.AP8"},
		{"pools/b64.", "", Query{}, false, ""},
		{"pools/%4", "", Query{}, false, ""},
		{"pools/", "", Query{}, false, ""},
		{"pools/a/b", "", Query{}, false, ""},
		{"peers/0x1", "", Query{}, false, ""},
		{"elements", "q=state!%3Dup", Query{Kind: Elements, Filter: "state!=up"}, true, "elements?q=state%21%3Dup"},
		{"nothing", "", Query{}, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.path+"?"+tt.query, func(t *testing.T) {
			got, ok := Route(tt.path, tt.query)
			if ok != tt.ok {
				t.Fatalf("found: %v, want %v", ok, tt.ok)
			}
			if !ok {
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}
			if back := got.Path(); back != tt.back {
				t.Errorf("Path is %q, want %q", back, tt.back)
			}
		})
	}
}

func TestLinksAreRelative(t *testing.T) {
	if got := (Query{Kind: Pools}).link(Query{}); got != "./" {
		t.Errorf("from the pools to the overview: %q, want ./", got)
	}
	if got := (Query{Kind: Pool, Pool: "x"}).link(Query{Kind: Pool, Pool: "y"}); got != "../pools/y" {
		t.Errorf("from pool to pool: %q, want ../pools/y", got)
	}
}

func TestFilter(t *testing.T) {
	facts := []fact{{"handle", "EchoPool", true}, {"policy", "wrr", true}, {"own", "3", false}, {"state", "suspect", false}, {"home", "own", false}, {"home", "0x77aa0001", true}}
	keys := []string{"handle", "policy", "own", "state", "home"}
	tests := []struct {
		text  string
		match bool
	}{
		{"", true},
		{"echo", true},
		{"ECHO wrr", true},
		{"echo zz", false},
		{"3", false},
		{"77aa", true},
		{"policy:WRR", true},
		{"policy:rr", false},
		{"policy!=rr", true},
		{"policy!=wrr", false},
		{"home:own home:0x77aa0001", true},
		{"home!=own", false},
		{"own>2", true},
		{"own>3", false},
		{"own<4 state:suspect", true},
		{"policy>1", false},
	}
	for _, tt := range tests {
		f := parseFilter(tt.text, keys...)
		if f.fault != "" {
			t.Errorf("%q: %s", tt.text, f.fault)
		}
		if got := f.match(facts); got != tt.match {
			t.Errorf("%q fits: %v, want %v", tt.text, got, tt.match)
		}
	}
	for text, fault := range map[string]string{
		"foo:1":  "No foo here. Known: handle, policy, own, state, home.",
		"own>x":  "Want a number behind own>.",
		"a own<": "Want a number behind own<.",
	} {
		if f := parseFilter(text, keys...); f.fault != fault || !f.match(facts) {
			t.Errorf("%q: fault %q, want %q; and it must let all pass", text, f.fault, fault)
		}
	}
}
