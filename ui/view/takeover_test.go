package view

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// theatre is a replica with one takeover of 2, told step by step: what happens
// after which pause, with whom or to which element, and how many.
type tale struct {
	after   time.Duration
	kind    feed.StepKind
	peer    wire.ServerID
	count   uint32
	element wire.PEIdentifier
}

var tales = map[string][]tale{
	"won": {
		{0, feed.LastHeard, 0, 0, 0},
		{61 * time.Second, feed.Doubted, 0, 0, 0},
		{5 * time.Second, feed.DeclaredDead, 0, 2, 0},
		{0, feed.InitSent, 2, 2, 0},
		{0, feed.InitSent, 3, 2, 0},
		{0, feed.InitSent, 4, 2, 0},
		{2 * time.Millisecond, feed.Contested, 3, 2, 0},
		{3 * time.Millisecond, feed.AckReceived, 4, 1, 0},
		{400 * time.Microsecond, feed.AckReceived, 3, 0, 0},
		{0, feed.Won, 1, 2, 0},
		{0, feed.ServerSent, 3, 2, 0},
		{0, feed.ServerSent, 4, 2, 0},
		{0, feed.Asked, 0, 1, 0x11b00001},
		{5 * time.Millisecond, feed.Asked, 0, 2, 0x11b00002},
		{time.Millisecond, feed.Answered, 0, 1, 0x11b00001},
		{5 * time.Second, feed.Gone, 0, 1, 0x11b00002},
		{0, feed.Adopted, 0, 1, 0},
	},
	"running": {
		{0, feed.LastHeard, 0, 0, 0},
		{61 * time.Second, feed.Doubted, 0, 0, 0},
		{5 * time.Second, feed.DeclaredDead, 0, 2, 0},
		{0, feed.InitSent, 2, 1, 0},
		{0, feed.InitSent, 3, 1, 0},
	},
	"left": {
		{0, feed.LastHeard, 0, 0, 0},
		{60 * time.Second, feed.InitReceived, 3, 0, 0},
		{0, feed.AckSent, 3, 0, 0},
	},
	"taken": {
		{0, feed.LastHeard, 0, 0, 0},
		{60 * time.Second, feed.InitReceived, 3, 0, 0},
		{0, feed.AckSent, 3, 0, 0},
		{30 * time.Millisecond, feed.ServerReceived, 3, 7, 0},
	},
	"cancelled": {
		{0, feed.LastHeard, 0, 0, 0},
		{61 * time.Second, feed.Doubted, 0, 0, 0},
		{5 * time.Second, feed.DeclaredDead, 0, 2, 0},
		{0, feed.InitSent, 2, 0, 0},
		{time.Second, feed.Cancelled, 0, 0, 0},
	},
}

func theatre(name string) *replica.Replica {
	r := replica.New()
	r.Apply(feed.Hello{Schema: feed.Schema, Registrar: 1})
	at := feed.MomentOf(time.Date(2026, 11, 22, 14, 57, 1, 0, time.UTC))
	for i, m := range tales[name] {
		at += feed.Moment(m.after.Microseconds())
		step := feed.TakeoverStep{Takeover: 1, Number: uint32(i + 1), Target: 2, At: at, Kind: m.kind, Peer: m.peer, Count: m.count, Element: m.element} //nolint:gosec // small
		if m.element != 0 {
			step.Handle = "EchoPool"
		}
		r.Apply(step)
	}
	return r
}

func theatreAt(name string, step int) TheatrePage {
	q := Query{Kind: Takeover, Target: 2, Takeover: 1, Step: step}
	return Build(theatre(name), time.Date(2026, 11, 22, 14, 58, 7, 200e6, time.UTC), q).Theatre
}

func TestActs(t *testing.T) {
	for name, want := range map[string][]string{
		"won": {
			"Won by this registrar", "66.0 s", "61.0 s of silence, then 5.00 s for an answer", "5.40 ms", "2 of 2 acknowledged, 1 contest decided by the ID",
			"5.00 s", "1 of 2 elements answered, 1 removed",
		},
		"running": {"Running", "66.0 s", "61.0 s of silence, then 5.00 s for an answer", "200 ms so far", "0 of 1 acknowledged", unknown, "Not begun"},
		"left":    {"Left to 0x00000003", "60.0 s", "Another registrar was first to find it silent.", "6.20 s so far", "Left to 0x00000003", unknown, "Not begun"},
		"taken": {
			"Won by 0x00000003", "60.0 s", "Another registrar was first to find it silent.", "30 ms", "Left to 0x00000003", unknown, "7 elements went to 0x00000003",
		},
		"cancelled": {
			"Stopped, it was heard", "66.0 s", "61.0 s of silence, then 5.00 s for an answer", "1.00 s", "Nobody else had to be asked.",
			unknown, "None: no element changed its home.",
		},
	} {
		p := theatreAt(name, 0)
		got := []string{p.State.Word}
		for _, a := range p.Acts {
			got = append(got, a.Value, a.Note)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The playhead moves through the table, the drawing and the elements together.
func TestPlayhead(t *testing.T) {
	p := theatreAt("won", 0)
	if len(p.Rows) != 14 || p.Rows[3].Who != "here → 3 registrars" || p.Rows[8].Who != "here → 2 registrars" {
		t.Fatalf("%d rows, want 14 with the messages to several registrars in one: %+v", len(p.Rows), p.Rows)
	}
	if p.Rows[5].Time != "+66.0050 s" || p.Rows[5].Meaning != "Consent; 1 still awaited" {
		t.Errorf("row 6 is %+v", p.Rows[5])
	}
	for _, tt := range []struct {
		step     int
		elements string
		states   string
		later    int
	}{
		{5, "2 still at 0x00000002", "off off", 9},
		{10, "0 of 2 adopted", "move off", 4},
		{12, "1 of 2 adopted", "ok move", 2},
		{0, "1 of 2 adopted, 1 removed", "ok bad", 0},
	} {
		p := theatreAt("won", tt.step)
		var states []string
		for _, c := range p.Cells {
			states = append(states, strings.TrimPrefix(c.State.Class, "cell "))
		}
		later := 0
		for _, r := range p.Rows {
			if r.Class == "later" {
				later++
			}
		}
		if got := strings.Join(states, " "); p.Elements != tt.elements || got != tt.states || later != tt.later {
			t.Errorf("step %d: %q, states %q, %d later rows; want %+v", tt.step, p.Elements, got, later, tt)
		}
		if n := strings.Count(drawn(p), " later"); (n == 0) != (tt.step == 0) {
			t.Errorf("step %d: %d marks are faint", tt.step, n)
		}
	}
	if p := theatreAt("won", 4); p.Previous != "../../../peers/0x00000002/takeovers/1?step=3" || p.Next != "../../../peers/0x00000002/takeovers/1?step=5" {
		t.Errorf("previous %s, next %s", p.Previous, p.Next)
	}
}

func drawn(p TheatrePage) string {
	var b strings.Builder
	for _, m := range p.Stage.Marks {
		b.WriteString(m.Class + ";")
	}
	return b.String()
}

// Replaying comes to the last step, and rests at each.
func TestReplay(t *testing.T) {
	r := theatre("won")
	q := Query{Kind: Takeover, Target: 2, Takeover: 1, Step: 1}
	steps := 1
	for {
		next, wait, ok := Replay(r, q)
		if !ok {
			break
		}
		if wait < fewestWait || wait > mostWait {
			t.Errorf("rests %v at step %d", wait, q.Step)
		}
		fast := q
		fast.Speed = 4
		if _, less, _ := Replay(r, fast); less != wait/4 {
			t.Errorf("rests %v at step %d at four times the speed, want a fourth of %v", less, q.Step, wait)
		}
		q.Step, steps = next, steps+1
	}
	if steps != 14 {
		t.Errorf("%d steps, want 14", steps)
	}
	q.Base = "https://h/r/"
	if got, want := Build(r, time.Time{}, q).Theatre.Link, "https://h/r/peers/0x00000002/takeovers/1?step=14"; got != want {
		t.Errorf("the link is %s, want %s", got, want)
	}
	q.Speed = 16
	if got := Build(r, time.Time{}, q).Theatre.Pressed; got != [...]string{"false", "false", "true"} {
		t.Errorf("the speeds are pressed %v", got)
	}
	if _, _, ok := Replay(r, Query{Kind: Takeover, Target: 3, Takeover: 1}); ok {
		t.Error("a takeover of another registrar is replayed")
	}
}

// A large takeover is told in few steps, and drawn with few marks.
func TestLargeTakeover(t *testing.T) {
	r := replica.New()
	r.Apply(feed.Hello{Schema: feed.Schema, Registrar: 1})
	at, n := feed.Moment(1_000_000), uint32(0)
	say := func(kind feed.StepKind, count, element uint32) {
		n++
		at += 100
		r.Apply(feed.TakeoverStep{Takeover: 1, Number: n, Target: 2, At: at, Kind: kind, Count: count, Handle: "EchoPool", Element: wire.PEIdentifier(element)})
	}
	say(feed.LastHeard, 0, 0)
	say(feed.DeclaredDead, 900, 0)
	say(feed.Won, 900, 0)
	for i := range uint32(900) {
		say(feed.Asked, i+1, i+1)
		say(feed.Answered, i+1, i+1)
	}
	say(feed.Adopted, 900, 0)
	p := Build(r, time.Unix(9, 0), Query{Kind: Takeover, Target: 2, Takeover: 1}).Theatre
	if len(p.Rows) > 40 || len(p.Stage.Marks) > 800 || len(p.Cells) != maxCells || p.Unshown != "700 elements are not shown." {
		t.Errorf("%d rows, %d marks, %d cells, %q", len(p.Rows), len(p.Stage.Marks), len(p.Cells), p.Unshown)
	}
	if last := p.Rows[len(p.Rows)-2]; last.Meaning != "Adopted: 900 by now" {
		t.Errorf("the last step of elements is %+v", last)
	}
}

func TestLapse(t *testing.T) {
	for us, want := range map[feed.Moment]string{
		-1: "0.00 ms", 312: "0.31 ms", 9_999: "9.99 ms", 41_300: "41 ms", 5_040_000: "5.04 s", 66_000_000: "66.0 s", 3_720_000_000: "1 h 2 min",
	} {
		if got := lapse(us); got != want {
			t.Errorf("%d µs is %q, want %q", us, got, want)
		}
	}
}

func TestTakeoverAddress(t *testing.T) {
	q, ok := Route("peers/0x5f00c3a8/takeovers/7", "step=3")
	want := Query{Kind: Takeover, Target: 0x5f00c3a8, Takeover: 7, Step: 3}
	if !ok || !reflect.DeepEqual(q, want) || q.Path() != "peers/0x5f00c3a8/takeovers/7?step=3" {
		t.Errorf("query %+v, %v, with the path %s", q, ok, q.Path())
	}
	for _, path := range []string{"peers/", "peers/1", "peers/x/takeovers/1", "peers/1/takeovers/", "peers/1/takeovers/-1", "peers/1/takeovers/1/2"} {
		if q, ok := Route(path, ""); ok {
			t.Errorf("%s is %+v, want no page", path, q)
		}
	}
}
