package browser_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// messageRow finds the row of a message by its name.
func messageRow(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#page-inspector tbody[data-list=messages] tr")].find(r => r.querySelector("th a").textContent === %q)`, name)
}

const (
	chosenField = `document.querySelector("#fields [aria-selected=true]")`
	litBytes    = `[...document.querySelectorAll("#bytes .hx .on")].map(e => e.textContent).join(" ").trim()`
)

// chooseRegistration opens the REGISTRATION of element 0x77 in EchoPool.
func chooseRegistration(b *tab, s *server, e *elements) {
	b.t.Helper()
	b.visit(s.url("/inspector"))
	b.live()
	e.t = b.t
	b.until("!!" + messageRow("PRESENCE")) // it has asked for them
	e.remove(e.add("EchoPool", 0x77, wire.Policy{Type: wire.WeightedRoundRobin, Weight: 5}))
	b.until("!!" + messageRow("DEREGISTRATION_RESPONSE"))
	eval[chromedp.Void](b, messageRow("REGISTRATION")+`.querySelector("th a").click()`)
	b.until(`document.querySelector("#message-head").textContent.endsWith("REGISTRATION")`)
}

// Messages show as they pass; the chosen one with its fields and bytes, linked.
func TestInspector(t *testing.T) {
	s, _, e := pair(t)
	b := openTab(t)
	chooseRegistration(b, s, e)
	b.until(`!!document.querySelector("#page-inspector tr[aria-current] [data-t=says]").textContent.includes("EchoPool 0x00000077")`)
	b.until(`location.search.startsWith("?m=")`)
	if !eval[bool](b, `/Answered by no\. \d+ after/.test(document.querySelector("#page-inspector .pair").textContent)`) {
		t.Errorf("no answer: %s", b.text("#page-inspector .pair"))
	}
	if got := eval[string](b, messageRow("REGISTRATION_RESPONSE")+`.querySelector("[data-t=answered]").textContent`); len(got) < 4 {
		t.Errorf("answered in %q", got)
	}

	// A click keeps the field, hovering shows another.
	item := `[...document.querySelectorAll("#fields li")].find(r => r.textContent.includes(%q))`
	eval[chromedp.Void](b, fmt.Sprintf(item, "PE ID")+`.click()`)
	b.until(litBytes + ` === "00 00 00 77"`)
	b.until(`location.search.includes("&f=")`)
	eval[chromedp.Void](b, fmt.Sprintf(item, "Weight")+`.dispatchEvent(new PointerEvent("pointermove", {bubbles: true}))`)
	b.until(litBytes + ` === "00 00 00 05"`)
	eval[chromedp.Void](b, `document.querySelector("#fields").dispatchEvent(new PointerEvent("pointerleave"))`)
	b.until(litBytes + ` === "00 00 00 77"`)
	b.shot("inspector-hover")

	// The bytes know their field.
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		at, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](`(r => [r.left + r.width * 13.5 / 48, r.top + r.height / 2])(document.querySelector("#bytes .hx").getBoundingClientRect())`))
		if err != nil {
			return err
		}
		return chromedp.Do(ctx, chromedp.MouseClickXY(at[0], at[1]))
	}))
	b.until(chosenField + `.textContent.includes("Pool Handle")`)

	// Keys move in the tree, Enter keeps.
	eval[chromedp.Void](b, chosenField+`.focus()`)
	b.keys(kb.ArrowDown)
	b.until(`document.activeElement.textContent.includes("Pool Element")`)
	b.keys(kb.ArrowRight)
	b.until(`document.activeElement.textContent.includes("PE ID")`)
	b.keys(kb.Enter)
	b.until(chosenField + `.textContent.includes("PE ID")`)
	b.keys(kb.ArrowLeft)
	b.until(`document.activeElement.textContent.includes("Pool Element")`)
	b.keys(kb.Home)
	b.until(`document.activeElement.getAttribute("aria-level") === "1"`)

	// The answer is one link away.
	b.click("#page-inspector .pair a")
	b.until(`document.querySelector("#message-head").textContent.endsWith("REGISTRATION_RESPONSE")`)

	// A filter, and a ready one.
	b.click("#messages-filter")
	b.keys("type:deregistration element:0x00000077")
	b.until(rows("#page-inspector", 1))
	b.click(`#page-inspector .segments li:nth-child(2) a`)
	b.until(`document.querySelectorAll("#page-inspector tbody [data-t=protocol]").length > 0 && [...document.querySelectorAll("#page-inspector tbody [data-t=protocol]")].every(e => e.textContent === "ENRP")`)
}

// Paused, the list stands still and goes on where it was; away from the page
// nothing is captured.
func TestInspectorPauses(t *testing.T) {
	s, _, e := pair(t)
	b := openTab(t)
	b.visit(s.url("/inspector"))
	b.live()
	b.until("!!" + messageRow("PRESENCE")) // they pass every second
	b.click(`#page-inspector [data-act=pause]`)
	b.until(`document.querySelector("[data-t='inspect.pause']").textContent === "Go on"`)
	e.add("EchoPool", 0x78, wire.Policy{Type: wire.WeightedRoundRobin, Weight: 5})
	last := s.hub.Recorder().Last()
	// What passed meanwhile is there afterwards: it was kept.
	if eval[bool](b, "!!"+messageRow("REGISTRATION")) {
		t.Error("a message came while paused")
	}
	b.click(`#page-inspector [data-act=pause]`)
	b.until("!!" + messageRow("REGISTRATION"))
	if last == 0 || !s.hub.Recorder().On() {
		t.Error("nothing was captured")
	}
	b.click(`nav a[href="./pools"]`)
	b.until(`document.querySelector("main > section:not([hidden]) h1").textContent === "Pools"`)
	s.await("it captures no more", func(*replica.Replica) bool { return !s.hub.Recorder().On() })
}

func TestInspectorAccessibility(t *testing.T) {
	rules, err := os.ReadFile(filepath.Join(axeDir, "node_modules", "axe-core", "axe.min.js"))
	need(t, err == nil, "axe-core", "npm ci --prefix web/testdata/axe")
	s, _, e := pair(t)
	b := openTab(t)
	chooseRegistration(b, s, e)
	for _, l := range looks {
		t.Run(l.name, func(t *testing.T) {
			b := b.in(t)
			b.see(l)
			b.check(string(rules))
			if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > int(l.width) {
				t.Errorf("the page is %d pixels wide, the window %d", wide, l.width)
			}
			b.shot("inspector-" + l.name)
		})
	}
}

// Without scripts the page says what it needs and what works without.
func TestInspectorWithoutScripts(t *testing.T) {
	s, _, _ := pair(t)
	b := openTab(t)
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	b.visit(s.url("/inspector"))
	if !eval[bool](b, `document.querySelector("#page-inspector .unscripted").checkVisibility() && !document.querySelector("#page-inspector .region.messages").checkVisibility()`) {
		t.Error("the page does not say that it needs its program")
	}
	for _, href := range []string{"./api/v1/messages.pcapng", "./api/v1/messages.pcapng?for=30s"} {
		if !eval[bool](b, fmt.Sprintf(`!!document.querySelector('#page-inspector .unscripted a[href=%q]')`, href)) {
			t.Errorf("no link to %s", href)
		}
	}
	b.shot("inspector-unscripted")
}

// An event stream says what it wants in its address: it is dialled anew, and goes on
// where it was, as the page is entered, paused and left.
func TestInspectorOverEventStream(t *testing.T) {
	s, _, e := pair(t)
	streams := make(chan url.Values, 16)
	proxy := withoutWebSockets(t, s, func(q url.Values) { streams <- q })
	b := openTab(t)
	b.expect("WebSocket connection to")
	b.visit(proxy.URL + "/pools")
	b.live()
	if q := <-streams; q.Has("want") {
		t.Errorf("messages are asked for by another page: %v", q)
	}
	b.click(`nav a[href="./inspector"]`)
	if q := <-streams; !q.Has("want") || !q.Has("after") {
		t.Errorf("the page Inspector dials with %v, want what it wants and where it was", q)
	}
	b.until("!!" + messageRow("PRESENCE"))
	if got := b.text("#link b"); got != "Live" {
		t.Errorf("the chip says %q", got)
	}
	e.add("EchoPool", 0x79, wire.Policy{Type: wire.WeightedRoundRobin, Weight: 5})
	b.until("!!" + messageRow("REGISTRATION"))
	b.click(`#page-inspector [data-act=pause]`)
	if q := <-streams; !q.Has("want") {
		t.Errorf("a page that is paused dials with %v", q)
	}
	b.click(`#page-inspector [data-act=pause]`)
	<-streams
	b.click(`nav a[href="./pools"]`)
	if q := <-streams; q.Has("want") {
		t.Errorf("the page that was left wants messages: %v", q)
	}
	s.await("it captures no more", func(*replica.Replica) bool { return !s.hub.Recorder().On() })
}

// The keyboard alone gets to a message, into its tree, and to the bytes of a field.
func TestInspectorByKeyboard(t *testing.T) {
	s, _, _ := pair(t)
	b := openTab(t)
	b.visit(s.url("/"))
	b.live()
	b.keys("g")
	b.keys("i")
	b.until(`location.pathname === "/inspector"`)
	b.until("!!" + messageRow("PRESENCE"))
	b.keys("j")
	b.until(`!!document.activeElement.closest("tr[data-key]")`)
	b.keys(kb.Enter)
	b.until(`/^No\. \d/.test(document.querySelector("#message-head").textContent) && location.search.startsWith("?m=")`)
	for range 80 { // past the other rows
		b.keys(kb.Tab)
		if eval[bool](b, `document.activeElement.getAttribute("role") === "treeitem"`) {
			break
		}
	}
	b.keys(kb.ArrowDown)
	b.keys(kb.ArrowDown)
	b.until(`document.activeElement.textContent.startsWith("Flags")`)
	b.keys(kb.Enter)
	b.until(chosenField + `.textContent.startsWith("Flags") && document.querySelectorAll("#bytes .hx .on").length === 1`)
	b.keys("f")
	b.until(`document.activeElement.id === "messages-filter"`)
}
