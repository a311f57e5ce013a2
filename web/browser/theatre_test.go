package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// tell gives the dashboard the steps of a takeover, as a registrar would. The
// target is 0x0c0c0c0c with so many elements, of which the last does not answer.
func (s *server) tell(number uint32, elements int) []feed.TakeoverStep {
	target := wire.ServerID(0x0c0c0c0c)
	at := feed.MomentOf(time.Now().Add(-2 * time.Minute))
	var steps []feed.TakeoverStep
	step := func(after time.Duration, kind feed.StepKind, peer wire.ServerID, count int, element wire.PEIdentifier) {
		at += feed.Moment(after.Microseconds())
		m := feed.TakeoverStep{
			Takeover: number, Number: uint32(len(steps) + 1), Target: target, At: at, Kind: kind, Peer: peer, Count: uint32(count), //nolint:gosec // small
		}
		if element != 0 {
			m.Handle, m.Element = "EchoPool", element
		}
		steps = append(steps, m)
	}
	step(0, feed.LastHeard, 0, 0, 0)
	step(61*time.Second, feed.Doubted, 0, 0, 0)
	step(5*time.Second, feed.DeclaredDead, 0, elements, 0)
	for _, id := range []wire.ServerID{0x0b0b0b0b, 0x0c0c0c0c, 0x0d0d0d0d, 0x05050505} {
		step(0, feed.InitSent, id, 3, 0)
	}
	step(9*time.Millisecond, feed.Contested, 0x05050505, 3, 0)
	step(5*time.Millisecond, feed.AckReceived, 0x0b0b0b0b, 2, 0)
	step(10*time.Millisecond, feed.AckReceived, 0x05050505, 1, 0)
	step(17*time.Millisecond, feed.AckReceived, 0x0d0d0d0d, 0, 0)
	step(0, feed.Won, 0x0a0a0a0a, elements, 0)
	for _, id := range []wire.ServerID{0x0b0b0b0b, 0x0c0c0c0c, 0x0d0d0d0d, 0x05050505} {
		step(0, feed.ServerSent, id, elements, 0)
	}
	for i := range elements {
		step(5*time.Millisecond, feed.Asked, 0, i+1, wire.PEIdentifier(0x11b00001*(i+1))) //nolint:gosec // small
	}
	for i := range elements - 1 {
		step(20*time.Millisecond, feed.Answered, 0, i+1, wire.PEIdentifier(0x11b00001*(i+1))) //nolint:gosec // small
	}
	step(4*time.Second, feed.Gone, 0, 1, wire.PEIdentifier(0x11b00001*elements)) //nolint:gosec // small
	step(0, feed.Adopted, 0, elements-1, 0)
	return steps
}

func messagesOf(steps []feed.TakeoverStep) (list []feed.Message) {
	for _, m := range steps {
		list = append(list, m)
	}
	return list
}

// A takeover can be read, and replayed, with and without the page's program.
func TestTheatre(t *testing.T) {
	s, _, _ := pair(t)
	steps := s.tell(1, 14)
	s.hub.Publish(time.Now(), messagesOf(steps))
	b := openTab(t)
	b.visit(s.url("/peers"))
	b.live()
	b.click(`.takeovers a`)
	b.until(`location.pathname === "/peers/0x0c0c0c0c/takeovers/1"`)
	if got := b.text("#theatre-title"); got != "Peers / Takeover of 0x0c0c0c0c" {
		t.Errorf("the title is %q", got)
	}
	for i, want := range []string{"66.0 s", "41 ms", "4.33 s"} {
		if got := b.text(fmt.Sprintf(".acts > div:nth-child(%d) b", i+1)); got != want {
			t.Errorf("duration %d is %q, want %q", i+1, got, want)
		}
	}
	rows := eval[int](b, `document.querySelectorAll(".beats tr").length`)
	cells := func(state string) int { return eval[int](b, `document.querySelectorAll(".cells .`+state+`").length`) }
	if rows < 12 || cells("ok") != 13 || cells("bad") != 1 {
		t.Errorf("%d steps, %d elements adopted and %d removed; want 13 and 1", rows, cells("ok"), cells("bad"))
	}
	t.Run("steps", func(t *testing.T) {
		b := b.in(t)
		b.click(`.replay a[aria-label="First step"]`)
		b.until(`location.search === "?step=1"`)
		if cells("off") != 14 {
			t.Errorf("%d of 14 elements are still at the target", cells("off"))
		}
		b.keys("]")
		b.click(`.beats tr:nth-child(7) a`)
		b.until(`document.querySelector(".beats tr:nth-child(7)").getAttribute("aria-current") === "step"`)
		eval[int](b, `(document.activeElement.blur(), 1)`)
		b.keys("]")
		b.until(`location.search === "?step=8"`)
		b.keys("[")
		b.until(`location.search === "?step=7"`)
		eval[int](b, `history.back() ?? 1`)
		b.until(`location.search === "?step=8"`)
	})
	t.Run("play", func(t *testing.T) {
		b := b.in(t)
		b.click(`[data-act=play]`)
		b.until(`document.querySelector("[data-act=play]").innerText.trim() === "Pause"`)
		const pressed = `[...document.querySelectorAll("[data-act=speed]")].map(e => e.ariaPressed).join()`
		if got := eval[string](b, pressed); got != "true,false,false" {
			t.Errorf("the speeds are pressed %s", got)
		}
		b.until(`location.search === "?step=10"`)
		b.click(`[data-act=play]`)
		b.until(`document.querySelector("[data-act=play]").innerText.trim() === "Play"`)
		b.until(`/step=\d+$/.test(location.href) && document.getElementById("theatre-link").textContent === location.href`)
		b.click(`[data-copy="theatre-link"]`)
		b.until(`document.getElementById("say").textContent.endsWith(location.href) || !document.getElementById("theatre-link").hidden`)
		b.click(`[data-speed="16"]`)
		b.until(pressed + ` === "false,false,true"`)
		b.click(`[data-act=play]`)
		b.until(`document.querySelector("[data-act=play]").innerText.trim() === "Play" && document.querySelector("[data-seek]").value === document.querySelector("[data-seek]").max`)
		b.click(`.replay a[aria-label="The end"]`)
		b.until(`location.search === "" && document.querySelectorAll(".cells .ok").length === 13`)
	})
	t.Run("live", func(t *testing.T) {
		b := b.in(t)
		again := s.tell(2, 6)
		s.hub.Publish(time.Now(), messagesOf(again[:9]))
		b.visit(s.url("/peers/0x0c0c0c0c/takeovers/2"))
		b.live()
		b.until(`document.querySelector("#page-takeover .chip").innerText === "Running"`)
		s.hub.Publish(time.Now(), messagesOf(again[9:]))
		b.until(`document.querySelector("#page-takeover .chip").innerText === "Won by this registrar"`)
		b.visit(s.url("/peers/0x0c0c0c0c/takeovers/9"))
		b.live()
		if got := b.text("#page-takeover > p"); got != "Takeover 9 is not kept here. A registrar keeps the latest 20 since its start." {
			t.Errorf("a takeover that is not there: %q", got)
		}
	})
}

// The page passes axe-core and fits a phone, in every look.
func TestTheatreLooks(t *testing.T) {
	rules, err := os.ReadFile(filepath.Join(axeDir, "node_modules", "axe-core", "axe.min.js"))
	need(t, err == nil, "axe-core", "npm ci --prefix web/testdata/axe")
	s, _, _ := pair(t)
	s.hub.Publish(time.Now(), messagesOf(s.tell(1, 14)))
	b := openTab(t)
	for _, l := range looks {
		for name, path := range map[string]string{"theatre": "/peers/0x0c0c0c0c/takeovers/1?step=9", "peers-takeovers": "/peers"} {
			t.Run(name+"-"+l.name, func(t *testing.T) {
				b := b.in(t)
				b.see(l)
				b.visit(s.url(path))
				b.live()
				b.check(string(rules))
				if wide := eval[string](b, overflow); wide != "" {
					t.Errorf("wider than %d px: %s", l.width, wide)
				}
				b.shot(name + "-" + l.name)
			})
		}
	}
}

// A peer is probed and resynchronised by a click, and the outcome is said in words.
func TestAskPeer(t *testing.T) {
	s, _, _ := pair(t)
	b := openTab(t)
	press := func(action string) {
		b.t.Helper()
		b.click(`tr[data-key="0x0b0b0b0b"] [data-act=` + action + `]`)
	}
	b.visit(s.url("/peers"))
	b.live()
	b.expect("401")
	press("probe")
	b.until(`document.querySelector(".said").innerText.includes("may only read")`)
	b.visit(s.login())
	b.visit(s.url("/peers"))
	b.live()
	press("probe")
	b.until(`document.querySelector(".said").innerText.startsWith("Probe of 0x0b0b0b0b: PRESENCE received, after ")`)
	b.until(`/^\d.* m?s$/.test(document.querySelector("tr[data-key='0x0b0b0b0b'] [data-t=trip]").textContent)`)
	press("resync")
	b.until(`document.querySelector(".said").innerText.startsWith("Resync with 0x0b0b0b0b: 1 element, the same as here, after ")`)
	b.until(`/^next (in \d+ s|due now)$/.test(document.querySelector("tr[data-key='0x0b0b0b0b'] [data-t=due]").innerText)`) // a cycle is a second
	if eval[bool](b, `document.querySelector("tr.own [data-act]").checkVisibility()`) {
		t.Error("this registrar can be asked to probe itself")
	}
}
