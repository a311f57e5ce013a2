package view

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// heldScope is the sample with holds of all kinds.
func heldScope() *scope {
	s := sample()
	ago := func(d time.Duration) feed.Time { return feed.At(s.now.Add(-d)) }
	s.Apply(feed.Hold{
		ID: 1, Maker: self, Handle: "EchoPool", Element: 9, Since: ago(time.Minute), Until: ago(-3 * time.Minute), Refused: 2,
		Reason: "faulty NIC", By: "192.0.2.200", Honoured: []feed.Honour{{Peer: peer2, Refused: 1}},
	})
	s.Apply(feed.Hold{ID: 2, Maker: peer2, Handle: "CalcAppPool", Element: 4, Since: ago(time.Minute), Until: ago(-time.Minute)})
	s.Apply(feed.Hold{ID: 3, Maker: self, State: feed.HoldRanOut, Handle: "EchoPool", Element: 1, Ended: ago(time.Hour), Returned: ago(time.Hour - 4*time.Second), Refused: 118})
	s.Apply(feed.Hold{ID: 4, Maker: self, State: feed.HoldEnded, Handle: "EchoPool", Element: 8, Ended: ago(2 * time.Hour), EndedBy: "192.0.2.201"})
	s.Apply(feed.Hold{ID: 5, Maker: peer3, State: feed.HoldEnded, Handle: "EchoPool", Element: 7, Ended: ago(3 * time.Hour), Returned: ago(3 * time.Hour)})
	return s
}

func TestHoldsPage(t *testing.T) {
	s := heldScope()
	p := Build(s.Replica, s.now, Query{Kind: Holds})
	want := []HoldRow{
		{
			ID: "0x00000002@0x77aa0001", State: chip("bad", "held", "Held"), Element: "0x00000004", Pool: "CalcAppPool", PoolURL: "./pools/CalcAppPool",
			Left: "1 min", Until: Stamp(s.now.Add(time.Minute)), Bar: Bar{"48", "48", "0"}, Refused: "0",
			Honoured: "this registrar, 0x77aa0001", Not: "registered at 0x77aa0001", Reason: "no reason given",
			Who: "told by 0x77aa0001, " + clock(s.now.Add(-time.Minute)), Elsewhere: "Made at 0x77aa0001, end it there",
		},
		{
			ID: "0x00000001@0x9c41e07d", State: chip("bad", "held", "Held"), Element: "0x00000009", Pool: "EchoPool", PoolURL: "./pools/EchoPool",
			Left: "3 min", Until: Stamp(s.now.Add(3 * time.Minute)), Bar: Bar{"72", "72", "0"}, Refused: "3", Some: true,
			Honoured: "this registrar, 0x77aa0001", Not: "1 peer does not", Reason: "faulty NIC",
			Who: "operator at 192.0.2.200, " + clock(s.now.Add(-time.Minute)),
		},
	}
	if diff := cmp.Diff(want, p.Holds.Rows); diff != "" {
		t.Errorf("in force (-want +got):\n%s", diff)
	}
	var ended []string
	for _, r := range p.Holds.Ended {
		ended = append(ended, r.Element+" "+r.State.Word+": "+r.Ended+"; "+r.Came+"; "+r.Refused)
	}
	wantEnded := []string{
		"0x00000001 Returned: 1 h ago, ran out; came back 4 s later; 118",
		"0x00000008 Gone: 2 h ago, ended by an operator at 192.0.2.201; has not registered since; 0",
		"0x00000007 Returned: 3 h ago, ended at 0xb2e40417; came back at once; 0",
	}
	if diff := cmp.Diff(wantEnded, ended); diff != "" {
		t.Errorf("over (-want +got):\n%s", diff)
	}
	if got := slots(p); !strings.HasPrefix(got["holds.summary"], "2 holds in force.") || got["nav.holds.count"] != "2" || got["holds.nothing"] != "" {
		t.Errorf("slots are %v", got)
	}
	offline := Build(s.Replica, s.now, Query{Kind: Holds, Link: Connection{Phase: Offline}}).Holds
	if offline.Rows[0].Blocked != "" || offline.Rows[1].Blocked == "" {
		t.Errorf("offline: %+v, want the own one blocked", offline.Rows)
	}
	none := Build(sample().Replica, s.now, Query{Kind: Holds})
	if got := slots(none); got["holds.summary"] != "No hold is in force." || got["holds.nothing"] == "" || got["nav.holds.count"] != "" {
		t.Errorf("without holds: %v", got)
	}
}

// Where the maker of a hold is dead, it can be ended here.
func TestHoldOfDead(t *testing.T) {
	s := sample()
	s.Apply(feed.Hold{ID: 5, Maker: peer3, Handle: "EchoPool", Element: 7, Since: feed.At(s.now), Until: feed.At(s.now.Add(time.Hour))})
	if r := Build(s.Replica, s.now, Query{Kind: Holds}).Holds.Rows[0]; r.Elsewhere != "" || r.Not != "" {
		t.Errorf("row is %+v", r)
	}
}

func TestDishonour(t *testing.T) {
	s := heldScope()
	var got [][]wire.ServerID
	for m := range s.Holds() {
		got = append(got, Dishonour(s.Replica, m))
	}
	if !slices.Equal(got[0], []wire.ServerID{peer1}) || len(slices.Concat(got[1:]...)) > 0 {
		t.Errorf("not honoured by %v, want the first by %v", got, peer1)
	}
}

func TestAskForHold(t *testing.T) {
	s := sample()
	s.Apply(feed.Protected{Handle: "CalcAppPool"})
	live := Connection{Phase: Live}
	d := Ask(s.Replica, "EchoPool", 1, s.now, live, Form{Hold: "10m", Reason: "it's 5 % off"}, true, "http://h/", "")
	for _, tt := range []struct {
		pool wire.PoolHandle
		form Form
		base string
		want string
	}{
		{"EchoPool", Form{}, defaultServer, `registrar deregister EchoPool 0x00000001 --token-file token`},
		{"EchoPool", Form{Hold: "10m", Reason: "it's 5 % off"}, "https://h/r/", `registrar deregister EchoPool 0x00000001 --hold 10m --reason 'it'\''s 5 % off' --server https://h/r/ --token-file token`},
		{"my pool", Form{Reason: "$(x)"}, defaultServer, `registrar deregister 'my pool' 0x00000001 --reason '$(x)' --token-file token`},
		{"-v", Form{}, defaultServer, `registrar deregister b64.LXY 0x00000001 --token-file token`},
		{"\x00\xff", Form{}, defaultServer, `registrar deregister b64.AP8 0x00000001 --token-file token`},
	} {
		if got := Ask(s.Replica, tt.pool, 1, s.now, live, tt.form, true, tt.base, "").Command; got != tt.want {
			t.Errorf("command is\n%s, want\n%s", got, tt.want)
		}
	}
	if d.Action != "Deregister and hold" || d.Honour == "" || d.Blocked || d.Type != "" || strings.Contains(d.Return, "can come back") {
		t.Errorf("dialog is %+v", d)
	}
	for _, tt := range []struct {
		pool    wire.PoolHandle
		id      wire.PEIdentifier
		typed   string
		blocked bool
	}{
		{"CalcAppPool", 4, "", true},
		{"CalcAppPool", 4, "EchoPool", true},
		{"CalcAppPool", 4, " CalcAppPool", false},
		{"\x00\xff", 6, "", true},
		{"\x00\xff", 6, "0x00ff", false},
	} {
		d := Ask(s.Replica, tt.pool, tt.id, s.now, live, Form{Typed: tt.typed}, true, "http://h/", "")
		if d.Type == "" || d.Blocked != tt.blocked {
			t.Errorf("%q typed %q: %+v", tt.pool, tt.typed, d)
		}
	}
	const address = "api/v1/pools/CalcAppPool/elements/0x00000004?hold=10m&reason=it%27s%205%20%25%20off&confirm=CalcAppPool"
	if got := Delete("CalcAppPool", 4, Form{Hold: "10m", Reason: "it's 5 % off"}, true); got != address {
		t.Errorf("address is %s, want %s", got, address)
	}
	alone := newScope()
	alone.element("P", 1, self, weight(1), feed.Up)
	if d := Ask(alone.Replica, "P", 1, s.now, live, Form{Hold: "1m"}, true, "", ""); !strings.Contains(d.Honour, "no peer") {
		t.Errorf("without peers: %q", d.Honour)
	}
}

func TestHeldRemoval(t *testing.T) {
	s := sample()
	s.remove("EchoPool", 1)
	m := Removal{Handle: "EchoPool", ID: 1, At: s.now, Told: 2, Peers: 2, Hold: 1}
	told := func() Toast {
		m.Observe(s.Replica, s.now)
		return m.Toast(s.now)
	}
	if got := told(); !got.Undo || got.Return.Word != "held, 0 registrations refused" { // before the feed tells of it
		t.Errorf("at first: %+v", got)
	}
	h := feed.Hold{ID: 1, Maker: self, Handle: "EchoPool", Element: 1, Until: feed.At(s.now.Add(time.Minute)), Refused: 1, Honoured: []feed.Honour{{Peer: peer2, Refused: 2}}}
	s.Apply(h)
	if got := told(); got.Return.Word != "held, 3 registrations refused" ||
		got.Note != "Refused for another 1 min. 1 peer has not said that it honours the hold: it may register there." || m.Over(s.now.Add(time.Hour)) {
		t.Errorf("held: %+v", got)
	}
	h.State = feed.HoldEnded
	s.Apply(h)
	if got := told(); got.Undo || got.Return.Word != "hold ended, 3 registrations refused" || !m.Over(s.now) {
		t.Errorf("ended: %+v", got)
	}
	lax := Removal{Handle: "EchoPool", ID: 3, At: s.now, Hold: 2}
	s.remove("EchoPool", 3)
	lax.Observe(s.Replica, s.now)
	s.element("EchoPool", 3, peer1, weight(1), feed.Up)
	lax.Observe(s.Replica, s.now)
	if got := lax.Toast(s.now); !got.Undo || !strings.Contains(got.Note, "does not honour") {
		t.Errorf("registered elsewhere: %+v", got)
	}
}

func TestEndRefusal(t *testing.T) {
	for status, part := range map[int]string{0: "did not answer", 401: "no operator token", 404: "ended meanwhile", 409: "0x77aa0001", 503: "HTTP status 503"} {
		if got := EndRefusal(status, "0x77aa0001"); !strings.Contains(got, part) {
			t.Errorf("%d: %q does not say %q", status, got, part)
		}
	}
}
