package view

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

func TestElements(t *testing.T) {
	s := sample()
	p := Build(s.Replica, s.now, Query{Kind: Elements})
	if want := "6 elements in 3 pools. 1 suspect, 1 expired and about to go."; p.Elements.Summary != want {
		t.Errorf("summary is %q, want %q", p.Elements.Summary, want)
	}
	want := ElementRow{
		ID: "0x00000002", Name: "EchoPool/0x00000002", URL: "./elements?pe=EchoPool%2F0x00000002", Pool: "EchoPool", PoolURL: "./pools/EchoPool", Index: "2",
		State: chip("warn", "suspect", "Suspect"), Home: "0x3c5d9e10", Value: "4", Bar: Bar{"48", "48", "0"},
		Transport: "sctp 192.0.2.2:7", Addresses: "192.0.2.2:7", Expires: "4 min 12 s", ExpiresAt: "22 Nov 2026, 15:25:19 UTC",
		Reports: "2", Reported: true, Elsewhere: "Owned by 0x3c5d9e10, open it there",
		Registered: "9 s ago", RegisteredAt: "22 Nov 2026, 15:20:58 UTC",
	}
	if diff := cmp.Diff(want, p.Elements.Rows[0]); diff != "" {
		t.Errorf("first row (-want +got):\n%s", diff)
	}
	var presets []string
	for _, f := range p.Elements.Presets {
		presets = append(presets, f.Label+" "+f.Count+" "+f.URL+" "+f.Aria())
	}
	if diff := cmp.Diff([]string{"All 6 ./elements true", "Not up 2 ./elements?q=state%21%3Dup ", "Owned here 3 ./elements?q=home%3Aown "}, presets); diff != "" {
		t.Errorf("presets (-want +got):\n%s", diff)
	}
	const bytes = "b64.AP8/0x00000006"
	for _, tt := range []struct {
		sort, filter string
		want         []string
	}{
		{"", "state!=up", []string{"EchoPool/0x00000002", bytes}},
		{"pool", "state:up", []string{"CalcAppPool/0x00000004", "CalcAppPool/0x00000005", "EchoPool/0x00000001", "EchoPool/0x00000003"}},
		{"-pool", "state:up", []string{"EchoPool/0x00000003", "EchoPool/0x00000001", "CalcAppPool/0x00000005", "CalcAppPool/0x00000004"}},
		{"-id", "home:own", []string{bytes, "EchoPool/0x00000003", "EchoPool/0x00000001"}},
		{"", "load>90", []string{"CalcAppPool/0x00000004"}},
		{"", "pool:calc*", []string{"CalcAppPool/0x00000004", "CalcAppPool/0x00000005"}},
		{"", "policy:rand", []string{bytes}},
		{"-reports", "echo", []string{"EchoPool/0x00000002", "EchoPool/0x00000001", "EchoPool/0x00000003"}},
	} {
		p := Build(s.Replica, s.now, Query{Kind: Elements, Sort: tt.sort, Filter: tt.filter})
		if diff := cmp.Diff(tt.want, listKeys(p, "every")); diff != "" {
			t.Errorf("sort %q, filter %q (-want +got):\n%s", tt.sort, tt.filter, diff)
		}
	}
	if p := Build(newScope().Replica, s.now, Query{Kind: Elements}); p.Elements.Table.Nothing == "" {
		t.Error("no element, and the table does not say so")
	}
}

// The elements that expire next come first among those that are up.
func TestElementsByNeed(t *testing.T) {
	s := newScope()
	for id, minutes := range []int{7, 2, 0, 5} {
		s.element("p", wire.PEIdentifier(id+1), self, weight(1), feed.Up)
		s.Apply(feed.ElementState{Handle: "p", ID: wire.PEIdentifier(id + 1), Expires: feed.Time(minutes * 60000)})
	}
	want := []string{"p/0x00000002", "p/0x00000004", "p/0x00000001", "p/0x00000003"} // the last one never does
	if diff := cmp.Diff(want, listKeys(Build(s.Replica, s.now, Query{Kind: Elements}), "every")); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestParseRef(t *testing.T) {
	for _, ref := range []replica.Ref{{Handle: "EchoPool", ID: 1}, {Handle: "a/b c", ID: 0xffffffff}, {Handle: "\x00\xff", ID: 7}, {Handle: "b64.x y", ID: 7}} {
		for _, q := range []Query{{Kind: Elements}, {Kind: Pool, Pool: ref.Handle}} {
			key := q.refKey(ref)
			if got, ok := q.ParseRef(key); !ok || got != ref {
				t.Errorf("%q is %+v, %v, want %+v", key, got, ok, ref)
			}
		}
	}
	for _, key := range []string{"", "0x1", "/0x00000001", "b64.!/0x00000001", "%zz/0x00000001", "EchoPool/"} {
		if got, ok := (Query{Kind: Elements}).ParseRef(key); ok {
			t.Errorf("%q is %+v, want nothing", key, got)
		}
	}
}

func TestDrawer(t *testing.T) {
	s := sample()
	q, ok := Route("elements", "pe=EchoPool%2F0x00000002&sort=id")
	if !ok || q.Path() != "elements?sort=id&pe=EchoPool%2F0x00000002" {
		t.Fatalf("route %+v, %v, back %q", q, ok, q.Path())
	}
	for _, kept := range []*Kept{nil, {}} {
		q.Kept = kept
		p := Build(s.Replica, s.now, q)
		d := p.Drawer
		if !d.Shown || d.Gone || d.ID != "0x00000002" || d.Pool != "EchoPool" || d.Index != 1 || d.Home != "0x3c5d9e10" || d.Policy != "Weighted round robin, 4" {
			t.Errorf("drawer is %+v", d)
		}
		if d.Previous != "./elements?sort=id&pe=EchoPool%2F0x00000001" || d.Next != "./elements?sort=id&pe=EchoPool%2F0x00000003" || d.CloseLink != "./elements?sort=id" {
			t.Errorf("leads to %q, %q and %q", d.Previous, d.Next, d.CloseLink)
		}
		if want := "registrar elements --pool EchoPool --filter id:0x00000002 -o json"; d.Command != want {
			t.Errorf("command is %q, want %q", d.Command, want)
		}
		if d.Left != (Bar{"80", "80", "0"}) || d.Life != "5 min" || d.Elsewhere != "Owned by 0x3c5d9e10, open it there" {
			t.Errorf("life %q, %+v is left, %q", d.Life, d.Left, d.Elsewhere)
		}
		if d.Events[0] != (DrawerEvent{"15:20:58", "element.registered", ""}) || d.Events[1].Name != "" {
			t.Errorf("events are %+v", d.Events)
		}
		if !p.Elements.Rows[1].Chosen || p.Elements.Rows[0].Chosen {
			t.Error("the wrong row is marked")
		}
	}
	s.remove("EchoPool", 2)
	if d := Build(s.Replica, s.now, q).Drawer; !d.Shown || !d.Gone || d.State.Word != "Not there" {
		t.Errorf("of an element that is gone: %+v", d)
	}
	if q, _ := Route("peers", "pe=0x00000001"); q.Chosen.ID != 0 {
		t.Errorf("the page of peers has an element open: %+v", q.Chosen)
	}
}
