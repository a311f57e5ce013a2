package view

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// slots gives the values of a page by name.
func slots(p Page) map[string]string {
	m := map[string]string{}
	p.Slots(func(name, value string) { m[name] = value })
	return m
}

func TestOverview(t *testing.T) {
	s := sample()
	p := Build(s.Replica, s.now, Query{})
	want := map[string]string{
		"title": "Overview – registrar 0x9c41e07d", "not.overview": "", "not.pools": "true",
		"bar.self": "0x9c41e07d", "bar.agreement": "In step with 1 of 2 peers", "bar.uptime": "up 48 s",
		"bar.export": "./api/v1/handlespace", "bar.link": "Not live",
		"nav.overview": "./", "nav.overview.current": "page", "nav.overview.count": "3", "nav.overview.class": "warn",
		"nav.pools": "./pools", "nav.pools.current": "", "nav.pools.count": "3",
		"nav.peers.count": "2", "nav.peers.icon": "#i-differ", "nav.peers.class": "bad",
		"nav.scope": "3 registrars in scope", "nav.build": "v1.2.3 · rfc · udp",
		"over.summary": "2 registrars and 1 element need a look.", "over.empty": "", "over.filled": "true",
		"fig.pools": "3", "fig.pools.note": "2.0 elements each", "fig.elements": "6", "fig.elements.note": "1 suspect", "fig.elements.class": "warn",
		"fig.owned": "3", "fig.owned.note": "50 % of the scope",
		"fig.agree": "1", "fig.agree.unit": "of 2", "fig.agree.note": "1 out of step", "fig.agree.class": "bad", "fig.holds": "0", "over.look": "5", "over.worst": "Worst first", "steps.off": "", "me.state": "Ready",
	}
	got := slots(p)
	for name := range got {
		if _, ok := want[name]; !ok {
			delete(got, name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("slots (-want +got):\n%s", diff)
	}
	if got := listKeys(p, "over.peers"); !slices.Equal(got, []string{"0x3c5d9e10", "0xb2e40417", "0x77aa0001"}) {
		t.Errorf("peers are %v, want the worst first", got)
	}
}

func TestEmptyOverview(t *testing.T) {
	s := newScope()
	p := Build(s.Replica, s.now, Query{})
	if !p.Overview.Empty || p.Overview.Title != "Ready, and nothing registered yet" {
		t.Errorf("overview is %+v", p.Overview)
	}
	if want := "This registrar has been up for 48 s and is alone in its scope. A few commands make it useful; each one shows here as it happens."; p.Overview.Summary != want {
		t.Errorf("summary is %q", p.Overview.Summary)
	}
	if p.Bar.Agreement != "Alone in its scope" {
		t.Errorf("agreement is %q", p.Bar.Agreement)
	}
	if p := Build(s.Replica, s.now, Query{Kind: Pools}); p.Pools.Table.Nothing == "" {
		t.Error("no pool, and the table does not say so")
	}
}

func TestStalePageSaysSo(t *testing.T) {
	s := sample()
	for _, phase := range []Phase{Silent, Reconnecting, Offline} {
		p := Build(s.Replica, s.now, Query{Kind: Pool, Pool: "EchoPool", Link: Connection{Phase: phase}})
		if p.Bar.Agreement != "State not known since 15:21:07 UTC" || p.Notice.AsOf != "As of 15:21:07 UTC" {
			t.Errorf("phase %d: %q, %q", phase, p.Bar.Agreement, p.Notice.AsOf)
		}
		if p.Pool.Rows[0].Blocked == "" {
			t.Errorf("phase %d: a write is offered", phase)
		}
	}
	for _, phase := range []Phase{Painted, Live} {
		if p := Build(s.Replica, s.now, Query{Kind: Pool, Pool: "EchoPool", Link: Connection{Phase: phase}}); p.Pool.Rows[0].Blocked != "" {
			t.Errorf("phase %d: %s", phase, p.Pool.Rows[0].Blocked)
		}
	}
}

func listKeys(p Page, name string) (keys []string) {
	for _, l := range p.Lists() {
		if l.Name == name {
			for _, r := range l.Rows {
				keys = append(keys, r.Key())
			}
		}
	}
	return keys
}

func TestPools(t *testing.T) {
	s := sample()
	tests := []struct {
		sort, filter string
		want         []string
	}{
		{"", "", []string{"b64.AP8", "EchoPool", "CalcAppPool"}},
		{"-need", "", []string{"CalcAppPool", "EchoPool", "b64.AP8"}},
		{"handle", "", []string{"b64.AP8", "CalcAppPool", "EchoPool"}},
		{"-handle", "", []string{"EchoPool", "CalcAppPool", "b64.AP8"}},
		{"up", "", []string{"b64.AP8", "CalcAppPool", "EchoPool"}},
		{"-owned", "", []string{"EchoPool", "b64.AP8", "CalcAppPool"}},
		{"policy", "", []string{"EchoPool", "b64.AP8", "CalcAppPool"}},
		{"nonsense", "", []string{"b64.AP8", "CalcAppPool", "EchoPool"}},
		{"", "state:suspect", []string{"EchoPool"}},
		{"", "own<1", []string{"CalcAppPool"}},
		{"", "home:own elements:1", []string{"b64.AP8"}},
		{"", "nothing", nil},
	}
	for _, tt := range tests {
		p := Build(s.Replica, s.now, Query{Kind: Pools, Sort: tt.sort, Filter: tt.filter})
		if diff := cmp.Diff(tt.want, listKeys(p, "pools")); diff != "" {
			t.Errorf("sort %q, filter %q (-want +got):\n%s", tt.sort, tt.filter, diff)
		}
		if (len(tt.want) == 0) != (p.Pools.Table.Nothing != "") {
			t.Errorf("filter %q: the table says %q", tt.filter, p.Pools.Table.Nothing)
		}
	}
	p := Build(s.Replica, s.now, Query{Kind: Pools})
	want := PoolRow{
		ID: "EchoPool", Index: "3", Handle: "EchoPool", URL: "./pools/EchoPool", State: chip("warn", "suspect", "1 suspect"),
		Policy: "wrr", PolicyTitle: "Weighted round robin", Up: "2", Total: " of 3", Few: true, Owned: "2", OwnedBar: Bar{"64", "64", "0"},
		Homes: "2", Changed: "9 s ago", ChangedAt: "22 Nov 2026, 15:20:58 UTC",
	}
	if diff := cmp.Diff(want, p.Pools.Rows[1]); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
	if c := p.Pools.Table.Column("need"); c.Sorted != "ascending" || c.URL != "./pools?sort=-need" {
		t.Errorf("sorted column is %+v", c)
	}
	if bytes := p.Pools.Rows[0]; !bytes.Bytes || bytes.Handle != "0x00ff" {
		t.Errorf("handle that is no text: %+v", bytes)
	}
}

func TestPool(t *testing.T) {
	s := sample()
	q := Query{Kind: Pool, Pool: "EchoPool"}
	p := Build(s.Replica, s.now, q)
	want := []ElementRow{
		{
			ID: "0x00000001", Name: "0x00000001", URL: "../pools/EchoPool?pe=0x00000001", Pool: "EchoPool", Index: "2", State: quiet("ok", "up", "Up"), Home: "this registrar", Mine: true, Value: "8", Bar: Bar{"96", "96", "0"},
			Transport: "sctp 192.0.2.1:7", Addresses: "192.0.2.1:7", Expires: "4 min 12 s", ExpiresAt: "22 Nov 2026, 15:25:19 UTC", Reports: "0",
		},
		{
			ID: "0x00000002", Name: "0x00000002", URL: "../pools/EchoPool?pe=0x00000002", Pool: "EchoPool", Index: "3", State: chip("warn", "suspect", "Suspect"), Home: "0x3c5d9e10", Value: "4", Bar: Bar{"48", "48", "0"},
			Transport: "sctp 192.0.2.2:7", Addresses: "192.0.2.2:7", Expires: "4 min 12 s", ExpiresAt: "22 Nov 2026, 15:25:19 UTC",
			Reports: "2", Reported: true, Elsewhere: "Owned by 0x3c5d9e10, open it there",
		},
	}
	if diff := cmp.Diff(want, p.Pool.Rows[:2]); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if got := *p.Nav.item(Pools); got.URL != "../pools" || !got.Current {
		t.Errorf("pools in the rail: %+v", got)
	}
	for _, tt := range []struct {
		sort, filter string
		want         []string
	}{
		{"-value", "", []string{"0x00000001", "0x00000002", "0x00000003"}},
		{"state", "", []string{"0x00000002", "0x00000001", "0x00000003"}},
		{"-id", "home:own", []string{"0x00000003", "0x00000001"}},
		{"", "192.0.2.3", []string{"0x00000003"}},
		{"", "reports>1", []string{"0x00000002"}},
	} {
		q.Sort, q.Filter = tt.sort, tt.filter
		if diff := cmp.Diff(tt.want, listKeys(Build(s.Replica, s.now, q), "elements")); diff != "" {
			t.Errorf("sort %q, filter %q (-want +got):\n%s", tt.sort, tt.filter, diff)
		}
	}
	if p := Build(s.Replica, s.now, Query{Kind: Pool, Pool: "CalcAppPool"}).Pool; p.Rows[0].Bar != (Bar{"86", "86", "10"}) || p.Rows[0].Value != "100 %" {
		t.Errorf("full load: %+v", p.Rows[0])
	}
	if p := Build(s.Replica, s.now, Query{Kind: Pool, Pool: "none"}).Pool; !p.Gone || p.Handle != "none" || len(p.Rows) != 0 {
		t.Errorf("pool that is not there: %+v", p)
	}
}

func TestWindow(t *testing.T) {
	s := newScope()
	for id := range wire.PEIdentifier(450) {
		s.element("big", id+1, self, weight(1), feed.Up)
	}
	p := Build(s.Replica, s.now, Query{Kind: Pool, Pool: "big"})
	if len(p.Pool.Rows) != WindowRows || p.Pool.Table.Shown != "200 of 450 shown" || p.Pool.Table.MoreURL != "../pools/big?rows=400" || p.Pool.Table.Count != "451" {
		t.Errorf("%d rows, %q, more at %q", len(p.Pool.Rows), p.Pool.Table.Shown, p.Pool.Table.MoreURL)
	}
	p = Build(s.Replica, s.now, Query{Kind: Pool, Pool: "big", Rows: 600, Sort: "-id"})
	if len(p.Pool.Rows) != 450 || p.Pool.Rows[0].ID != "0x000001c2" || p.Pool.Table.Shown != "" || p.Pool.Table.MoreURL != "" {
		t.Errorf("%d rows from %s, %q, more at %q", len(p.Pool.Rows), p.Pool.Rows[0].ID, p.Pool.Table.Shown, p.Pool.Table.MoreURL)
	}
}

func TestPeers(t *testing.T) {
	s := sample()
	p := Build(s.Replica, s.now, Query{Kind: Peers})
	if diff := cmp.Diff([]string{"0x3c5d9e10", "0xb2e40417", "0x77aa0001", "0x9c41e07d"}, listKeys(p, "peers")); diff != "" {
		t.Errorf("rows, worst first and this registrar last (-want +got):\n%s", diff)
	}
	if want := "3 other registrars. 1 out of step, 1 dead."; p.Peers.Summary != want {
		t.Errorf("summary is %q, want %q", p.Peers.Summary, want)
	}
	row := p.Peers.Rows[0]
	if row.Sync.Word != "Out of step" || !row.Differ || row.Computed != row.Page || row.Told == row.Computed {
		t.Errorf("peer out of step: %+v", row)
	}
	if own := p.Peers.Rows[3]; !own.Self || own.Told != own.Page || own.Sync.Word != "Same" || own.Elements != "3" {
		t.Errorf("this registrar: %+v", own)
	}
	if p.Peers.PeerSums != "1 same, 1 differ, 0 not told" {
		t.Errorf("checksums of the peers: %q", p.Peers.PeerSums)
	}
}

// A page whose replica adds up something else than the registrar says so.
func TestPageOutOfStep(t *testing.T) {
	s := sample()
	s.sum(self).Add("elsewhere", 9)
	s.compute(self)
	s.sum(peer2).Add("elsewhere", 9)
	s.compute(peer2)
	s.peer(peer2, feed.Active, 0)
	p := Build(s.Replica, s.now, Query{Kind: Peers})
	if p.Peers.OwnBadge.Word != "Differs" || !strings.Contains(p.Peers.OwnSums, "by this page") {
		t.Errorf("own checksum: %+v, %q", p.Peers.OwnBadge, p.Peers.OwnSums)
	}
	for _, row := range p.Peers.Rows {
		if row.ID == peer2.String() && (row.Sync.Word != "Page resyncing" || !row.Differ) {
			t.Errorf("peer that the page adds up differently: %+v", row)
		}
	}
}

// No two rows of a list have one key: the page finds rows by it.
func TestKeysAreUnique(t *testing.T) {
	s := sample()
	for i := range wire.ServerID(30) {
		s.peer(0x100+i, feed.LinkState(i%6), wire.Checksum(i%2))
	}
	for _, q := range []Query{{}, {Kind: Pools}, {Kind: Pool, Pool: "EchoPool"}, {Kind: Peers}} {
		for _, l := range Build(s.Replica, s.now, q).Lists() {
			seen := map[string]bool{}
			for _, r := range l.Rows {
				if seen[r.Key()] {
					t.Errorf("%s has %q twice", l.Name, r.Key())
				}
				seen[r.Key()] = true
			}
		}
	}
}
