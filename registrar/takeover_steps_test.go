package registrar_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

var stepNames = [...]string{
	"last heard", "doubted", "declared dead", "init sent", "init received", "ack sent", "ack received", "not awaited", "contested", "won",
	"server sent", "server received", "asked", "answered", "gone", "moved", "adopted", "cancelled", "dropped",
}

// steps are what the feed has heard of takeovers, one line for each.
func (b *bench) steps() (list []string) {
	b.t.Helper()
	numbers := map[uint32]uint32{}
	for _, m := range all[feed.TakeoverStep](b.changes) {
		if numbers[m.Takeover]++; m.Number != numbers[m.Takeover] {
			b.t.Errorf("step %d of takeover %d comes after %d", m.Number, m.Takeover, numbers[m.Takeover]-1)
		}
		list = append(list, fmt.Sprintf("%d %x %s", m.Takeover, uint32(m.Target), stepText(m)))
	}
	return list
}

func stepText(m feed.TakeoverStep) string {
	text := stepNames[m.Kind]
	if m.Peer != 0 {
		text += fmt.Sprintf(" %x", uint32(m.Peer))
	}
	if m.Count != 0 {
		text += fmt.Sprintf(" (%d)", m.Count)
	}
	if m.Element != 0 {
		text += fmt.Sprintf(" %s/%d", m.Handle, m.Element)
	}
	return text
}

func TestTakeoverSteps(t *testing.T) {
	w := widowed(t, 3, 0x70, 0x80)
	heard := w.now
	w.ack(0x70, 0x60)
	w.advance(time.Millisecond)
	w.ack(0x80, 0x60)
	w.advance(20 * time.Millisecond)
	for i, d := range w.dials {
		if a := w.up(registrar.ASAP, d.To, d.ID); i < 2 {
			w.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: wire.PEIdentifier(i + 1)})
		}
	}
	w.alive(0x70, 0x80)
	w.advance(10 * time.Second)
	want := []string{
		"1 60 last heard", "1 60 doubted", "1 60 declared dead (3)", "1 60 init sent 60 (2)", "1 60 init sent 70 (2)", "1 60 init sent 80 (2)",
		"1 60 ack received 70 (1)", "1 60 ack received 80", "1 60 won 50 (3)", "1 60 server sent 60 (3)", "1 60 server sent 70 (3)", "1 60 server sent 80 (3)",
		"1 60 asked (1) echo/1", "1 60 asked (2) echo/2", "1 60 asked (3) echo/3",
		"1 60 answered (1) echo/1", "1 60 answered (2) echo/2", "1 60 gone (1) echo/3", "1 60 adopted (2)",
	}
	if diff := cmp.Diff(want, w.steps()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	list := all[feed.TakeoverStep](w.changes)
	at := func(i int) time.Duration { return list[i].At.Time().Sub(heard.UTC().Truncate(time.Microsecond)) }
	if at(0) > -65*time.Second || at(1) != at(0)+61*time.Second || at(2) != at(1)+5*time.Second {
		t.Errorf("last heard %v, doubted %v, declared dead %v; want 61 s and 5 s between them", at(0), at(1), at(2))
	}
	if d := at(7) - at(6); d != time.Millisecond {
		t.Errorf("%v between the consents, want 1 ms", d)
	}
	if err := w.r.Verify(); err != nil {
		t.Error(err)
	}
}

// What ends a takeover otherwise.
func TestTakeoverStepsOfOthers(t *testing.T) {
	tests := []struct {
		name string
		play func(w *widow)
		want string
	}{
		{"contest won", func(w *widow) {
			w.enrp(w.to[0x20], enrp.InitTakeover{Takeover: takeover(0x20, 0x60)})
		}, "1 60 contested 20 (2)"},
		{"contest lost, and the rival wins", func(w *widow) {
			w.enrp(w.to[0x70], enrp.InitTakeover{Takeover: takeover(0x70, 0x60)})
			w.enrp(w.to[0x70], enrp.TakeoverServer{Takeover: takeover(0x70, 0x60)})
			w.enrp(w.to[0x70], enrp.TakeoverServer{Takeover: takeover(0x70, 0x60)})
		}, "1 60 init received 70\n1 60 ack sent 70\n1 60 server received 70 (2)"},
		{"the target lives", func(w *widow) { w.alive(0x60) }, "1 60 cancelled"},
		{"who was awaited is gone", func(w *widow) {
			w.ack(0x20, 0x60)
			w.enrp(w.to[0x20], enrp.InitTakeover{Takeover: takeover(0x20, 0x70)})
			w.enrp(w.to[0x20], enrp.TakeoverServer{Takeover: takeover(0x20, 0x70)})
		}, "1 60 ack received 20 (1)\n2 70 last heard\n2 70 init received 20\n2 70 ack sent 20\n1 60 not awaited 70\n" +
			"1 60 won 50 (2)\n1 60 server sent 20 (2)\n1 60 server sent 60 (2)\n1 60 server sent 70 (2)\n1 60 asked (1) echo/1\n2 70 server received 20"},
		{"the silence of the next one", func(w *widow) {
			w.alive(0x60)
			w.alive(0x20, 0x70)
			for range 3 {
				w.advance(20 * time.Second)
				w.alive(0x20, 0x70)
			}
			w.advance(6 * time.Second)
		}, "1 60 cancelled\n2 60 last heard\n2 60 doubted\n2 60 declared dead (2)\n2 60 init sent 20 (2)\n2 60 init sent 60 (2)\n2 60 init sent 70 (2)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := widowed(t, 2, 0x20, 0x70)
			before := len(w.steps())
			tt.play(w)
			if diff := cmp.Diff(tt.want, strings.Join(w.steps()[before:], "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err := w.r.Verify(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Of a large takeover the feed hears the first thousand elements, then numbers.
func TestTakeoverStepsAreBounded(t *testing.T) {
	w := widowed(t, 0)
	for id := range wire.PEIdentifier(2500) {
		w.enrp(w.to[0x60], add(0x60, "echo", pe(id+1, 11, life(300_000))))
	}
	w.advance(61 * time.Second)
	w.advance(6 * time.Second)
	w.advance(30 * time.Second)
	named, sums := 0, []string{}
	for _, m := range all[feed.TakeoverStep](w.changes) {
		switch {
		case m.Element != 0:
			named++
		case m.Kind == feed.Asked || m.Kind == feed.Gone || m.Kind == feed.Adopted || m.Kind == feed.Won:
			sums = append(sums, fmt.Sprintf("%s %d", stepNames[m.Kind], m.Count))
		}
	}
	last := sums[len(sums)-3:]
	if diff := cmp.Diff([]string{"asked 2500", "gone 2500", "adopted 0"}, last); diff != "" || named != 2000 || len(sums) != 6 {
		t.Errorf("%d elements named, want 2000; sums %v (-want +got):\n%s", named, sums, diff)
	}
	if err := w.r.Verify(); err != nil {
		t.Error(err)
	}
}

// An element that registers here before it is asked has answered.
func TestTakeoverStepsOfARegistration(t *testing.T) {
	w := widowed(t, 2)
	a := w.element(12)
	w.asap(a, asap.Registration{Handle: "echo", Element: pe(2, 12)})
	w.advance(10 * time.Second)
	list := strings.Join(w.steps(), "\n")
	if !strings.Contains(list, "answered (1) echo/2") || !strings.Contains(list, "gone (1) echo/1") || !strings.HasSuffix(list, "adopted (1)") {
		t.Errorf("steps:\n%s", list)
	}
	if err := w.r.Verify(); err != nil {
		t.Error(err)
	}
}
