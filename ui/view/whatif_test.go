package view

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tried runs the scenario of a query to its end, as the page's program does.
func tried(t *testing.T, s *scope, q Query) Query {
	t.Helper()
	run, n := Due(s.Replica, q)
	if run == nil {
		t.Fatal("nothing is to be run")
	}
	run.Select(n)
	q.Tried = Ended(s.Replica, q, run, 38*time.Millisecond)
	if run, _ := Due(s.Replica, q); run != nil {
		t.Error("it is to be run again")
	}
	return q
}

// The whole way: the pool as it is, a change, a run, the link that repeats it.
func TestWhatIf(t *testing.T) {
	s := sample()
	q := Query{Kind: WhatIf, Pool: "EchoPool"}
	p := Build(s.Replica, s.now, q).WhatIf
	if p.Changes != "0 changes" || p.State.Word != "Not run yet" || p.Moved.Value != "0.0 %" || p.Values != "Weight" {
		t.Errorf("as it is: %q, %q, %q, %q", p.Changes, p.State.Word, p.Moved.Value, p.Values)
	}
	q, ok := Route("what-if", "pool=EchoPool&policy=wrand&seed=4711&v-1=5&v-2=4&v-3=1&fail=0x00000001")
	if !ok {
		t.Fatal("no page")
	}
	p = Build(s.Replica, s.now, tried(t, s, q)).WhatIf
	if p.Fits.Value != "Yes" || !strings.Contains(p.Fits.Note, "at 1 degree, p ") || !strings.HasPrefix(p.State.Word, "Run of 38 ms") {
		t.Errorf("verdict %+v, %+v", p.Fits, p.State)
	}
	if got := p.Shares[0]; got.Observed != "0.00 %" || !strings.HasPrefix(got.Notes, "failed; its ") || got.Bar != "0" {
		t.Errorf("the failed one: %+v", got)
	}
	if got := p.Shares[1].Want; got != "80.00 %" {
		t.Errorf("ideal %s, want 80.00 %%", got)
	}
	again, ok := Route(strings.SplitN(p.Link, "?", 2)[0], strings.SplitN(p.Link, "?", 2)[1])
	if !ok {
		t.Fatal("the link leads nowhere")
	}
	if diff := cmp.Diff(p.Shares, Build(s.Replica, s.now, tried(t, s, again)).WhatIf.Shares); diff != "" {
		t.Errorf("the link gives other shares (-first +again):\n%s", diff)
	}
}

func TestWhatIfOdd(t *testing.T) {
	s := sample()
	for _, tt := range []struct{ query, summary, changes, fault string }{
		{"pool=none", "No pool has the handle none now.", "", ""},
		{"pool=EchoPool&policy=bogus", "A copy of EchoPool", "0 changes", ""},
		{"pool=EchoPool&policy=rr", "A copy of EchoPool", "1 change", ""},
		{"pool=EchoPool&v-1=x", "A copy of EchoPool", "3 changes", "Want Weight, as in 5."},
		{"pool=EchoPool&policy=lud&v-1=30%", "A copy of EchoPool", "4 changes", ""},
	} {
		t.Run(tt.query, func(t *testing.T) {
			q, _ := Route("what-if", strings.ReplaceAll(tt.query, "%", "%25"))
			p := Build(s.Replica, s.now, q).WhatIf
			if !strings.HasPrefix(p.Summary, tt.summary) || p.Changes != tt.changes {
				t.Errorf("%q, %q, want %q, %q", p.Summary, p.Changes, tt.summary, tt.changes)
			}
			if tt.fault != "" && p.Members[0].Fault != tt.fault {
				t.Errorf("fault %q, want %q", p.Members[0].Fault, tt.fault)
			}
		})
	}
	q, _ := Route("what-if", "pool=EchoPool&v-1=5&fail=0x00000001")
	if p := Build(s.Replica, s.now, tried(t, s, q)).WhatIf; p.Fits.Value != unknown {
		t.Errorf("nobody is left, verdict %+v", p.Fits)
	}
	q, _ = Route("what-if", "pool=EchoPool&v-1=5&v-1=6")
	if run, _ := Due(s.Replica, q); run != nil {
		t.Error("an element that is there twice is tried")
	}
	if run, _ := Due(s.Replica, Query{Kind: Pools}); run != nil {
		t.Error("another page tries something")
	}
}

func TestShellQuoted(t *testing.T) {
	for word, want := range map[string]string{"EchoPool": "EchoPool", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "$(x)": "'$(x)'"} {
		if got := shellQuoted(word); got != want {
			t.Errorf("%q is %s, want %s", word, got, want)
		}
	}
}
