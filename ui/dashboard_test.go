package ui

import (
	"bytes"
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"pgregory.net/rapid"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
	"rserpool/ui/view"
)

var (
	now    = time.Date(2026, 11, 22, 15, 21, 7, 0, time.UTC)
	assets = Assets{
		CSS: "assets/app.1.css", Boot: "assets/boot.1.js", Icon: "assets/icon.1.svg", Wasm: "assets/app.1.wasm",
		Exec: "assets/wasm_exec.1.js", Writer: true, ASAP: "127.0.0.1:3863", ENRP: "127.0.0.1:9901",
	}
	handles = []wire.PoolHandle{"EchoPool", "a/b <script>alert(1)</script>", "\x00\xff", `"quoted"`, "Käse & Brot"}
	homes   = []wire.ServerID{0x9c41e07d, 0x77aa0001, 0x3c5d9e10}
)

const self = wire.ServerID(0x9c41e07d)

// someReplica is a small scope in a random state.
func someReplica(t *rapid.T) *replica.Replica {
	r := replica.New()
	r.Apply(feed.Hello{Schema: feed.Schema, Registrar: self, Epoch: 1, Started: feed.At(now.Add(-time.Hour)), Now: feed.At(now), Version: "v1", Dialect: "rfc", Transport: "udp"})
	policies := []wire.Policy{{Type: wire.RoundRobin}, {Type: wire.WeightedRoundRobin, Weight: 5}, {Type: wire.LeastUsed, Load: 0xf0000000}, {Type: 0x80000007, Raw: "x"}, {Type: 0xb0001001, Raw: "\xf0\x00\x00\x00\x10\x00\x00\x00"}}
	for i := range rapid.IntRange(0, 12).Draw(t, "elements") {
		h := rapid.SampledFrom(handles).Draw(t, "handle")
		id := wire.PEIdentifier(rapid.Uint32Range(1, 9).Draw(t, "id"))
		r.Apply(enrp.HandleUpdate{Action: enrp.AddPE, Handle: h, Element: wire.PoolElement{
			ID: id, HomeServer: rapid.SampledFrom(homes).Draw(t, "home"), Policy: policies[int(id)%len(policies)],
			UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, byte(id)})}},
		}})
		r.Apply(feed.ElementState{
			Handle: h, ID: id, Expires: feed.At(now.Add(time.Duration(id) * time.Minute)),
			Health: feed.Health(rapid.IntRange(0, 2).Draw(t, "health")), Reports: uint16(id % 3),
		})
		r.Apply(feed.Event{
			At: feed.At(now.Add(-time.Duration(id) * 9 * time.Minute)), Number: uint64(i + 1), Handle: h, Element: id % 3, Text: "why", Origin: "pe",
			Name: rapid.SampledFrom([]string{"element.removed", "element.refused", "peer.dead", "x"}).Draw(t, "event"),
		})
	}
	for i := range rapid.IntRange(0, 14).Draw(t, "peers") {
		r.Apply(feed.PeerState{
			Peer: wire.ServerID(i + 1), State: feed.LinkState(rapid.IntRange(0, 5).Draw(t, "state")),
			Told: wire.Checksum(rapid.Uint16().Draw(t, "told")), HasTold: rapid.Bool().Draw(t, "has told"), Heard: feed.At(now.Add(-time.Minute)),
		})
	}
	someTakeovers(t, r)
	for i := range rapid.IntRange(0, 5).Draw(t, "messages") {
		data := rapid.SampledFrom(wireMessages).Draw(t, "message")
		r.Apply(feed.Captured{
			Number: uint64(i + 1), Micros: now.Add(time.Duration(i-5) * time.Second).UnixMicro(), Out: rapid.Bool().Draw(t, "out"), ENRP: rapid.Bool().Draw(t, "enrp"),
			Association: 1, Remote: netip.MustParseAddrPort("192.0.2.7:3863"), Length: uint32(len(data)), Data: data,
		})
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "holds") {
		m := feed.Hold{
			ID: enrp.HoldID(i + 1), Maker: rapid.SampledFrom(homes).Draw(t, "maker"), State: feed.HoldState(rapid.IntRange(0, 2).Draw(t, "hold")),
			Handle: rapid.SampledFrom(handles).Draw(t, "held pool"), Element: wire.PEIdentifier(i + 1), Since: feed.At(now.Add(-time.Minute)),
			Until: feed.At(now.Add(time.Minute)), Refused: rapid.Uint32Range(0, 2).Draw(t, "refused"), By: rapid.SampledFrom([]string{"", "192.0.2.200"}).Draw(t, "by"),
		}
		if m.State != feed.HoldInForce {
			m.Ended = feed.At(now)
		}
		r.Apply(m)
	}
	r.Apply(feed.Sequence{Number: 7, Now: feed.At(now)})
	return r
}

// wireMessages are messages that go over the wire, and bytes that are none: a
// keep-alive with a stranger of a parameter and odd padding, its acknowledgement, a
// presence, a registration, a rejection, and one of more than a screen.
var wireMessages = []string{
	"\x07\x82\x00\x1c\x0a\x0a\x0a\x0a\x00\x09\x00\x09Pool<\x20\x01\x02\xc0\x7b\x00\x08<b>x", "\x08\x00\x00\x0d\x00\x09\x00\x09Pool<",
	"\x01\x01\x00\x12\x9c\x41\xe0\x7d\x00\x00\x00\x00\x00\x0f\x00\x06\xab\xcd",
	"\x01\x00\x008\x00\x09\x00\x0cEchoPool\x00\x0a\x00(\x11\x22\x33D\x00\x00\x00\x00\x00\x00\x02X\x00\x04\x00\x10\x07\x00\x00\x00\x00\x01\x00\x08\xc0\x00\x02\x0a\x00\x08\x00\x08\x00\x00\x00\x01",
	"\x03\x01\x00\x20\x00\x09\x00\x0cEchoPool\x00\x0e\x00\x08\x11\x22\x33D\x00\x0c\x00\x08\x00\x05\x00\x04", "\xff", "",
	"\x05\x00\x08\x00" + strings.Repeat("\x80\x11\x00\x05x\x00\x00\x00", 300),
}

// someTakeovers are in any state, and say what no registrar would.
func someTakeovers(t *rapid.T, r *replica.Replica) {
	at := feed.MomentOf(now.Add(-3 * time.Minute))
	for n := range rapid.IntRange(0, 40).Draw(t, "steps") {
		at += feed.Moment(rapid.SampledFrom([]int{0, 0, 70, 3000, 5_000_000}).Draw(t, "pause"))
		m := feed.TakeoverStep{
			Takeover: rapid.Uint32Range(1, 2).Draw(t, "takeover"), Number: uint32(n + 1), At: at, //nolint:gosec // small
			Kind: feed.StepKind(rapid.IntRange(0, int(feed.Dropped)+1).Draw(t, "kind")), Peer: wire.ServerID(rapid.IntRange(0, 14).Draw(t, "with")),
			Count: rapid.Uint32Range(0, 3).Draw(t, "count"),
		}
		m.Target = wire.ServerID(m.Takeover)
		if rapid.Bool().Draw(t, "about one") {
			m.Handle, m.Element = rapid.SampledFrom(handles).Draw(t, "pool"), wire.PEIdentifier(rapid.Uint32Range(1, 9).Draw(t, "element"))
		}
		r.Apply(m)
	}
}

func somePage(t *rapid.T, kind view.Kind) view.Page {
	q := view.Query{Kind: kind, Filter: rapid.SampledFrom([]string{"", "state:up", `"<x`, "foo:1"}).Draw(t, "filter")}
	if kind == view.Pool {
		q.Pool = rapid.SampledFrom(handles).Draw(t, "pool")
	}
	if kind == view.WhatIf {
		q.Pool = rapid.SampledFrom(append([]wire.PoolHandle{""}, handles...)).Draw(t, "pool")
		q.Scenario = rapid.SampledFrom([]view.Scenario{
			{}, {Policy: "wrand", Seed: 9}, {Policy: "lud", Members: "0x00000001:30%:5% !0x00000002:x", Selections: 7},
		}).Draw(t, "scenario")
	}
	if kind == view.Inspector {
		q.Message, q.Field, q.Preview = rapid.Uint64Range(0, 6).Draw(t, "chosen"), rapid.IntRange(0, 9).Draw(t, "field"), rapid.IntRange(0, 9).Draw(t, "preview")
		q.Upto, q.Paused = rapid.Uint64Range(0, 5).Draw(t, "upto"), rapid.Bool().Draw(t, "paused")
	}
	if kind == view.Takeover {
		q.Takeover = rapid.Uint32Range(1, 3).Draw(t, "number")
		q.Target, q.Step = wire.ServerID(q.Takeover), rapid.IntRange(0, 12).Draw(t, "playhead")
		q.Playing = rapid.Bool().Draw(t, "playing")
	}
	q.Said = rapid.SampledFrom([]string{"", "Probe of <b>"}).Draw(t, "said")
	q.Sort = rapid.SampledFrom([]string{"", "-id", "up"}).Draw(t, "sort")
	if (kind == view.Pool || kind == view.Elements) && rapid.Bool().Draw(t, "open") {
		q.Chosen = replica.Ref{Handle: rapid.SampledFrom(handles).Draw(t, "chosen in"), ID: wire.PEIdentifier(rapid.Uint32Range(1, 9).Draw(t, "chosen"))}
		if kind == view.Pool {
			q.Chosen.Handle = q.Pool
		}
	}
	q.Link.Phase = view.Phase(rapid.IntRange(0, 5).Draw(t, "phase"))
	q.Link.Age = time.Duration(rapid.IntRange(0, 60).Draw(t, "age")) * time.Second
	return view.Build(someReplica(t), now, q)
}

func render(t testing.TB, p view.Page) *html.Node {
	var b bytes.Buffer
	if err := Dashboard(p, assets).Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// What the page's program does to a page that shows one state makes it the page
// that the server would paint of the other.
func TestProgramPaintsWhatTheServerPaints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := view.Kind(rapid.IntRange(0, view.Kinds-1).Draw(t, "kind"))
		a, b := somePage(t, kind), somePage(t, kind)
		doc, want := render(fatal{t: t}, a), render(fatal{t: t}, b)
		b.Slots(func(name, value string) { set(doc, name, value, false) })
		for _, l := range b.Lists() {
			fill(fatal{t: t}, doc, l)
		}
		// The field's hidden sort is only for pages without a program.
		for _, d := range []*html.Node{doc, want} {
			section := byID(d, "page-"+kind.String())
			for _, n := range find(section, func(n *html.Node) bool { return attr(n, "type") == "hidden" }) {
				n.Parent.RemoveChild(n)
			}
		}
		if diff := cmp.Diff(dump(byID(want, "page-"+kind.String())), dump(byID(doc, "page-"+kind.String()))); diff != "" {
			t.Fatalf("%s (-server +program):\n%s", "page-"+kind.String(), diff)
		}
		if diff := cmp.Diff(dump(byID(want, "drawer")), dump(byID(doc, "drawer"))); b.Drawer.Shown && diff != "" {
			t.Fatalf("drawer (-server +program):\n%s", diff)
		}
		for _, tag := range []atom.Atom{atom.Title, atom.Header, atom.Nav} {
			w := find(want, func(n *html.Node) bool { return n.DataAtom == tag })[0]
			g := find(doc, func(n *html.Node) bool { return n.DataAtom == tag })[0]
			if diff := cmp.Diff(dump(w), dump(g)); diff != "" {
				t.Fatalf("%v (-server +program):\n%s", tag, diff)
			}
		}
	})
}

// fatal lets helpers of tests run inside a rapid check.
type fatal struct {
	testing.TB
	t *rapid.T
}

func (f fatal) Fatal(args ...any) { f.t.Fatal(args...) }
func (f fatal) Helper()           {}

// Every slot that the document names is one that the program sets, and every
// list has its rows: a typing error in a template shows here.
func TestSlotsExist(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := view.Kind(rapid.IntRange(0, view.Kinds-1).Draw(t, "kind"))
		p := somePage(t, kind)
		doc := render(fatal{t: t}, p)
		known := map[string]bool{}
		learn := func(name, _ string) { known[name] = true }
		p.Slots(learn)
		section := byID(doc, "page-"+kind.String())
		for _, n := range find(section, func(n *html.Node) bool { return !inside(n, "data-key") }) {
			for _, slot := range slotsOf(n) {
				if !known[slot] {
					t.Fatalf("<%s> shows slot %q, which package view does not give", n.Data, slot)
				}
			}
		}
		for _, l := range p.Lists() {
			for _, r := range l.Rows {
				clear(known)
				r.Slots(learn)
				row := find(section, func(n *html.Node) bool {
					return attr(n, "data-key") == r.Key() && attr(n.Parent, "data-list") == l.Name
				})
				if len(row) != 1 {
					t.Fatalf("%s: %d rows with key %q", l.Name, len(row), r.Key())
				}
				for _, n := range find(row[0], func(*html.Node) bool { return true }) {
					for _, slot := range slotsOf(n) {
						if !known[slot] {
							t.Fatalf("%s: <%s> shows slot %q, which the row does not give", l.Name, n.Data, slot)
						}
					}
				}
			}
		}
	})
}

func slotsOf(n *html.Node) (list []string) {
	if slot := attr(n, "data-t"); slot != "" {
		list = append(list, slot)
	}
	for pair := range strings.FieldsSeq(attr(n, "data-a")) {
		_, slot, _ := strings.Cut(pair, "=")
		list = append(list, slot)
	}
	return list
}

// The document needs nothing that its Content-Security-Policy forbids, and its
// links work below any path.
func TestDocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := somePage(t, view.Kind(rapid.IntRange(0, view.Kinds-1).Draw(t, "kind")))
		doc := render(fatal{t: t}, p)
		ids := map[string]bool{}
		for _, n := range find(doc, func(*html.Node) bool { return true }) {
			if n.DataAtom == atom.Style || n.DataAtom == atom.Script && (attr(n, "src") == "" || n.FirstChild != nil) || n.DataAtom == atom.Base {
				t.Fatalf("inline <%s>", n.Data)
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Fatalf("<%s %s=%q>", n.Data, a.Key, a.Val)
				}
				if (a.Key == "href" || a.Key == "src") && a.Val != "" && !strings.HasPrefix(a.Val, "#") && !strings.HasPrefix(a.Val, p.Query.Root()) {
					t.Fatalf("<%s %s=%q> does not start at the dashboard's root %s", n.Data, a.Key, a.Val, p.Query.Root())
				}
			}
			if id := attr(n, "id"); id != "" {
				if ids[id] {
					t.Fatalf("id %q twice", id)
				}
				ids[id] = true
			}
			if n.DataAtom == atom.Button && attr(n, "type") == "" {
				t.Fatalf("<button> without a type: %s", dump(n))
			}
		}
		for _, n := range find(doc, func(n *html.Node) bool { return n.Data == "use" }) {
			if ref := attr(n, "href"); len(ref) > 1 && !ids[ref[1:]] {
				t.Fatalf("drawing %s is not in the sprite", ref)
			}
		}
		shown := find(doc, func(n *html.Node) bool { return n.DataAtom == atom.Section && !inside(n, "hidden") })
		if len(shown) != 1 {
			t.Fatalf("%d sections are shown, want 1", len(shown))
		}
	})
}

func TestDocumentTellsTheProgram(t *testing.T) {
	r := replica.New()
	r.Apply(feed.Hello{Schema: feed.Schema, Registrar: self})
	p := view.Build(r, now, view.Query{Kind: view.Pool, Pool: "x"})
	doc := render(t, p)
	root := find(doc, func(n *html.Node) bool { return n.DataAtom == atom.Html })[0]
	script := find(doc, func(n *html.Node) bool { return n.DataAtom == atom.Script })[0]
	got := []string{attr(root, "data-root"), attr(root, "data-writer"), attr(script, "src"), attr(script, "data-wasm"), attr(script, "data-exec")}
	want := []string{"../", "true", "../assets/boot.1.js", "../assets/app.1.wasm", "../assets/wasm_exec.1.js"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	if command := byID(doc, "step-element").FirstChild.Data; command != "registrar element echo --pool EchoPool --count 3 --registrar 127.0.0.1:3863" {
		t.Errorf("command is %q", command)
	}
}
