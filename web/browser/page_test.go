package browser_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"rserpool/registrar/wire"
	"rserpool/static"
	"rserpool/ui/view"
)

// kind is one kind of page, and what tells that it is shown.
type kind struct{ name, path, title string }

var kinds = []kind{
	{"overview", "/", "Overview"},
	{"pools", "/pools", "Pools"},
	{"pool", "/pools/EchoPool", "Pools / EchoPool"},
	{"pool-bytes", "/pools/b64.AHJhd_8", "Pools / 0x00726177ff"},
	{"pool-gone", "/pools/NoSuchPool", "Pools / NoSuchPool"},
	{"elements", "/elements", "Elements"},
	{"drawer", "/elements?pe=EchoPool%2F0x00000002", "Elements"},
	{"peers", "/peers", "Peers"},
	{"holds", "/holds", "Holds"},
	{"events", "/events", "Events"},
	{"inspector", "/inspector", "Inspector"},
	{"what-if", "/what-if?pool=EchoPool&policy=wrand&seed=4711", "What-if"},
}

// shownTitle is the heading of the section that is not hidden.
const shownTitle = "main > section:not([hidden]) h1"

// Without scripts the dashboard is a plain site: whole pages and links.
func TestWithoutScripts(t *testing.T) {
	s, _, _ := pair(t)
	b := openTab(t)
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	b.visit(s.url("/"))
	if got := b.text("#link b"); got != "Not live" {
		t.Errorf("the chip says %q, want Not live", got)
	}
	if got := b.text("[data-t='fig.pools']"); got != "3" {
		t.Errorf("the overview has %s pools, want 3", got)
	}
	if eval[bool](b, `[...document.querySelectorAll(".js")].some(e => e.checkVisibility())`) {
		t.Error("a button that needs a script is shown")
	}
	for _, step := range []struct{ link, title string }{
		{`nav a[href="./pools"]`, "Pools"},
		{`#page-pools tbody a[href="./pools/EchoPool"]`, "Pools / EchoPool"},
		{`#page-pool h1 a`, "Pools"},
		{`nav a[href="./peers"]`, "Peers"},
		{`a.mark`, "Overview"},
	} {
		if _, err := chromedp.Run(b.ctx, chromedp.NavigateResponse(eval[string](b, fmt.Sprintf("document.querySelector(%q).href", step.link)))); err != nil {
			t.Fatalf("%s: %v", step.link, err)
		}
		if got := b.text(shownTitle); got != step.title {
			t.Errorf("%s leads to %q, want %q", step.link, got, step.title)
		}
	}
	b.visit(s.poolURL("EchoPool"))
	for id := wire.PEIdentifier(1); id <= 4; id++ {
		if got := b.text("#page-pool " + row(id) + " code"); got != id.String() {
			t.Errorf("no row of element %v: %s", id, got)
		}
	}
	if eval[bool](b, `[...document.querySelectorAll("button.live")].some(e => e.checkVisibility())`) {
		t.Error("a button to deregister is shown, which does nothing without a script")
	}
}

// Every page fits a phone, and shows what the server painted before any program
// was loaded.
func TestPages(t *testing.T) {
	s, _, _ := pair(t)
	b := openTab(t)
	for _, k := range kinds {
		for _, l := range looks {
			t.Run(k.name+"/"+l.name, func(t *testing.T) {
				b := b.in(t)
				b.see(l)
				b.visit(s.url(k.path))
				b.live()
				if got := b.text(shownTitle); got != k.title {
					t.Errorf("the title is %q, want %q", got, k.title)
				}
				if wide := eval[string](b, overflow); wide != "" {
					t.Errorf("wider than %d px: %s", l.width, wide)
				}
				b.shot(k.name + "-" + l.name)
			})
		}
	}
	paint := b.firstPaint()
	loaded := eval[float64](b, `performance.getEntriesByType("resource").find(r => r.name.endsWith(".wasm")).responseEnd`)
	t.Logf("first contentful paint after %.0f ms, program loaded after %.0f ms", paint, loaded)
}

// overflow names what makes the document wider than its window, if anything does.
const overflow = `(() => {
	const root = document.documentElement;
	if (root.scrollWidth <= window.innerWidth) return "";
	const wide = [...document.body.querySelectorAll("*")].filter(e => e.checkVisibility() && !e.closest(".region") && e.getBoundingClientRect().right > window.innerWidth);
	return root.scrollWidth + " px: " + wide.slice(-3).map(e => e.outerHTML.slice(0, 120)).join("; ");
})()`

// Below a path of a proxy all of it works the same: links, program, feed, writes.
func TestBasePath(t *testing.T) {
	s := startRegistrarAt(t, place{address: "127.0.0.1:0", base: "/rserpool"}, 0x0a0a0a0a)
	e := newElements(s)
	e.add("EchoPool", 1, roundRobin)
	e.add("EchoPool", 2, roundRobin)
	b := openTab(t)
	b.visit(s.login())
	b.live()
	b.click(`nav a[href="./pools"]`)
	b.until(rows("#page-pools:not([hidden])", 1))
	b.click(`#page-pools tbody a`)
	b.until(shows(1))
	if got, want := b.path(), "/rserpool/pools/EchoPool"; got != want {
		t.Errorf("at %s, want %s", got, want)
	}
	b.click(ask(id(1)))
	b.until(dialogOpen)
	b.click(confirm)
	s.await("the element is gone", hasNot("EchoPool", 1))
	b.visit(s.url("/peers"))
	b.live()
	b.click(`a.mark`)
	b.until(`location.pathname === "/rserpool/"`)
	b.visit(s.url(""))
	if got := b.path(); got != "/rserpool/" {
		t.Errorf("the path without a slash leads to %s", got)
	}
}

// The document that the server sends is whole: the program is only asked for
// once it is parsed.
func TestFirstPaintNeedsNoProgram(t *testing.T) {
	s, _, _ := pair(t)
	b := openTab(t)
	b.expect("net::ERR_BLOCKED_BY_CLIENT")
	b.block("*://*:*/*.wasm")
	b.visit(s.poolURL("EchoPool"))
	b.until(`document.querySelector("#link b").textContent === "Not live"`)
	if got := eval[int](b, `document.querySelectorAll('#page-pool tbody tr').length`); got != 4 {
		t.Errorf("%d rows of elements without the program, want 4", got)
	}
	if why := eval[string](b, `document.getElementById("link").title`); !strings.Contains(why, "Reload") {
		t.Errorf("the chip gives no reason: %q", why)
	}
	t.Logf("first contentful paint after %.0f ms", b.firstPaint())
}

// firstPaint waits until the page has been painted, and says how long that
// took, in milliseconds.
func (b *tab) firstPaint() float64 {
	b.t.Helper()
	b.until(`performance.getEntriesByName("first-contentful-paint").length === 1`)
	return eval[float64](b, `performance.getEntriesByName("first-contentful-paint")[0].startTime`)
}

// maxProgram is what the program may cost on the network, 0.9 MB of 1,048,576 bytes.
const maxProgram = 943_718

func TestProgramSize(t *testing.T) {
	b, err := static.FS.ReadFile("dist/app.wasm.br")
	need(t, err == nil, "compressed program", "make wasm")
	if len(b) > maxProgram {
		t.Errorf("app.wasm.br has %d bytes, want at most %d", len(b), maxProgram)
	}
	t.Logf("app.wasm.br has %d bytes", len(b))
}

// All of it works by keyboard: the skip link first, then the bar, the rail and
// the table.
func TestKeyboard(t *testing.T) {
	s, _, _ := pair(t)
	b := openTab(t)
	b.visit(s.url("/pools"))
	b.live()
	var order []string
	for range 40 {
		b.do(chromedp.KeyEvent(kb.Tab))
		at := eval[string](b, `(e => e.getAttribute("href") ?? e.tagName)(document.activeElement)`)
		order = append(order, at)
		if at == "./pools/EchoPool" {
			break
		}
		if !eval[bool](b, `(e => e === document.body || getComputedStyle(e).outlineStyle !== "none" || getComputedStyle(e).boxShadow !== "none")(document.activeElement)`) {
			t.Errorf("no focus ring on %s", at)
		}
	}
	list := strings.Join(order, " ")
	if order[0] != "#main" {
		t.Errorf("the first stop is %s, want the skip link", order[0])
	}
	for _, want := range []string{"./", "./pools", "./peers", "./pools/EchoPool"} {
		if !strings.Contains(" "+list+" ", " "+want+" ") {
			t.Errorf("Tab does not reach %s: %s", want, list)
		}
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`location.pathname === "/pools/EchoPool"`)
	b.until(fmt.Sprintf(`document.querySelector(%q)?.innerText === "Pools / EchoPool"`, shownTitle))
	b.until(`document.activeElement.id === "main"`)
	b.do(chromedp.NavigateBack())
	b.until(fmt.Sprintf(`document.querySelector(%q)?.innerText === "Pools"`, shownTitle))
	// Enter on the skip link leads to the content.
	b.visit(s.url("/"))
	b.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	b.until(`document.activeElement.id === "main"`)
}

// A pool handle is any bytes: it is shown as text or hex, never taken for
// markup, and its link leads to its page.
func TestHandlesOfAnyBytes(t *testing.T) {
	s := startRegistrar(t, 0x0a0a0a0a)
	e := newElements(s)
	handles := []wire.PoolHandle{
		"\x00", "a/b", "100%", "%2f", "\xff\xfe\xfd", "<script>window.hit=1</script>", `"><img src=x onerror=window.hit=1>`,
		"..", ".", "b64.AA", " padded ", "\u202egnp.exe", "ünïcödé 池", "a?b#c", "a;b&c=d+e", "javascript:window.hit=1",
	}
	for i, h := range handles {
		e.add(h, wire.PEIdentifier(i+1), roundRobin)
	}
	b := openTab(t)
	for i, h := range handles {
		name, id := view.Handle(h), wire.PEIdentifier(i+1)
		// By the server, then by the program's own navigation.
		b.visit(s.poolURL(h))
		for _, by := range []string{"server", "program"} {
			if by == "program" {
				b.visit(s.url("/pools"))
				b.live()
				b.click(fmt.Sprintf(`#page-pools tr[data-key=%q] a`, rowKey(b, name)))
			}
			b.until(fmt.Sprintf(`document.querySelector("[data-t='pool.handle']").textContent === %s`, quote(name)))
			b.until(fmt.Sprintf(`!!document.querySelector('#page-pool:not([hidden]) %s')`, row(id)))
			if got, want := b.path(), "/pools/"+view.Key(h); got != want {
				t.Errorf("%q by the %s: at %s, want %s", h, by, got, want)
			}
		}
		if eval[bool](b, `"hit" in window || document.querySelector("img, main script") !== null`) {
			t.Errorf("handle %q became markup", h)
		}
	}
	b.visit(s.url("/pools"))
	b.live()
	b.shot("any-bytes")
}

// rowKey finds the key of the row that shows a name.
func rowKey(b *tab, name string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(
		`[...document.querySelectorAll("#page-pools tbody tr")].find(r => r.querySelector("th a").textContent === %s)?.dataset.key ?? "no such row"`, quote(name)))
}
