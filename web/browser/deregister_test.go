package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// ask is the button of an element's row.
func ask(id fmt.Stringer) string { return fmt.Sprintf(`tr[data-key="%v"] button[data-act=ask]`, id) }

const (
	dialogOpen   = `document.getElementById("ask").open`
	dialogClosed = `!document.getElementById("ask").open`
	confirm      = `#ask button[data-act=deregister]`
)

// The operator removes an element: asked first, told what came of it, at every
// registrar.
func TestDeregister(t *testing.T) {
	s, peer, _ := pair(t)
	b := openTab(t)
	b.visit(s.login())
	if at := eval[string](b, "location.href"); strings.Contains(at, token) {
		t.Errorf("the token stays in the address: %s", at)
	}
	if eval[bool](b, `document.cookie !== ""`) {
		t.Error("scripts can read the cookie")
	}
	b.live()
	b.visit(s.poolURL("EchoPool"))
	b.live()

	b.click(ask(id(2)))
	b.until(dialogOpen)
	b.until(`document.activeElement.dataset.act === "cancel"`)
	text := b.text("#ask")
	for _, want := range []string{id(2).String(), "EchoPool", "3 of 4 elements remain", "come back"} {
		if !strings.Contains(text, want) {
			t.Errorf("the dialog does not say %q: %s", want, text)
		}
	}
	b.shot("dialog")
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until(dialogClosed)
	b.until(fmt.Sprintf(`document.activeElement === document.querySelector('%s')`, ask(id(2))))

	// Enter in the reason decides nothing; neither does Cancel.
	b.click(ask(id(2)))
	b.until(dialogOpen)
	b.do(chromedp.Focus(chromedp.CSS("#ask-reason")))
	b.keys("maintenance" + kb.Enter)
	s.await("the element is still there", has("EchoPool", 2))
	b.click(`#ask button[data-act=cancel]`)
	b.until(dialogClosed)

	// A dialog's close event comes late: it must not take the next dialog along.
	b.click(ask(id(2)))
	b.until(dialogOpen)
	eval[chromedp.Void](b, fmt.Sprintf(`(document.querySelector("#ask button[data-act=cancel]").click(), document.querySelector('%s').click())`, ask(id(2))))
	b.until(dialogOpen)
	b.click(confirm)
	b.until(dialogClosed)
	b.until("!" + shows(2))
	b.until(`document.getElementById("toast").innerText.includes("1 of 1 peer told")`)
	if got := b.text("#toast"); !strings.Contains(got, "removed") || !strings.Contains(got, id(2).String()) {
		t.Errorf("the toast does not tell the outcome: %s", got)
	}
	b.until(`document.activeElement !== document.body`) // a keyboard must not start over
	b.shot("toast")
	s.await("the element is gone", hasNot("EchoPool", 2))
	peer.await("the element is gone at the peer", hasNot("EchoPool", 2))
	b.click(`#toast button[data-act=dismiss]`)
	b.until(`document.getElementById("toast").hidden`)
}

// A removed element that registers again is told of.
func TestDeregisteredComesBack(t *testing.T) {
	s := startRegistrar(t, 0x0a0a0a0a)
	e := newElements(s)
	e.add("EchoPool", 1, roundRobin)
	e.add("EchoPool", 2, roundRobin)
	b := openTab(t)
	b.visit(s.login())
	b.visit(s.poolURL("EchoPool"))
	b.live()
	b.click(ask(id(1)))
	b.until(dialogOpen)
	b.click(confirm)
	b.until("!" + shows(1))
	b.until(`document.getElementById("toast").innerText.includes("not back so far")`)
	newElements(s).add("EchoPool", 1, roundRobin)
	b.until(shows(1))
	b.until(`document.getElementById("toast").innerText.includes("came back")`)
}

// Without the token nothing can be written, and the page says what to do.
func TestDeregisterNeedsToken(t *testing.T) {
	s := startRegistrar(t, 0x0a0a0a0a)
	newElements(s).add("EchoPool", 1, roundRobin)
	b := openTab(t)
	b.visit(s.poolURL("EchoPool"))
	b.live()
	b.click(ask(id(1)))
	b.until(dialogOpen)
	if got := b.text("#ask"); !strings.Contains(got, "no operator token") {
		t.Errorf("the dialog does not explain: %s", got)
	}
	if eval[bool](b, fmt.Sprintf(`document.querySelector('%s').checkVisibility()`, confirm)) {
		t.Error("the button to deregister is shown")
	}
	b.shot("no-token")
	b.expect("401 (Unauthorized)")
	if got := eval[int](b, fmt.Sprintf(`fetch("../api/v1/pools/EchoPool/elements/%v", {method: "DELETE"}).then(r => r.status)`, id(1))); got != 401 {
		t.Errorf("status %d, want 401", got)
	}
	s.await("the element is still there", has("EchoPool", 1))
}

// A token that ends while the page is open is told of in the dialog.
func TestDeregisterAfterTokenEnded(t *testing.T) {
	s := startRegistrar(t, 0x0a0a0a0a)
	e := newElements(s)
	e.add("EchoPool", 1, roundRobin)
	e.add("EchoPool", 2, roundRobin)
	b := openTab(t)
	b.visit(s.login())
	b.visit(s.poolURL("EchoPool"))
	b.live()
	b.forgetCookies()
	b.click(ask(id(1)))
	b.until(dialogOpen)
	b.expect("401 (Unauthorized)")
	b.click(confirm)
	b.until(`document.querySelector("#ask").innerText.includes("no operator token any more")`)
	s.await("the element is still there", has("EchoPool", 1))
}

// Only its home registrar removes an element; the page says which that is.
func TestDeregisterAtHome(t *testing.T) {
	s, peer, _ := pair(t)
	b := openTab(t)
	b.visit(s.login())
	b.visit(s.poolURL("EchoPool"))
	b.live()
	if eval[bool](b, fmt.Sprintf(`document.querySelector('%s').checkVisibility()`, ask(id(4)))) {
		t.Error("an element of the peer's has a button to deregister")
	}
	if got, want := b.text(row(4)+" td.act"), peer.node.ID().String(); !strings.Contains(got, want) {
		t.Errorf("the row says %q, want the home %s", got, want)
	}
	b.expect("409 (Conflict)")
	got := eval[struct {
		Status int
		Home   string
	}](b, fmt.Sprintf(`fetch("../api/v1/pools/EchoPool/elements/%v", {method: "DELETE"}).then(async r => ({Status: r.status, Home: (await r.json()).home_registrar}))`, id(4)))
	if got.Status != 409 || got.Home != peer.node.ID().String() {
		t.Errorf("answered %+v, want 409 and home %v", got, peer.node.ID())
	}
	peer.await("its element is still there", has("EchoPool", 4))
}
