package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"rserpool/registrar"
	"rserpool/registrar/client"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// refused tries to register an element, which must not come about.
func (e *elements) refused(h wire.PoolHandle, id wire.PEIdentifier) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	r, err := e.client.Register(ctx, client.Element{
		Pool: h, ID: id, Policy: wire.Policy{Type: wire.WeightedRoundRobin, Weight: 5}, Life: 300, StayOut: true,
		User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7, Addresses: loopback.Addrs},
	})
	if err == nil {
		e.t.Errorf("%v registers in %q although it is held", id, h)
		e.remove(r)
	}
}

// heldHere waits until a hold of the element is in force, as the registrar sees it.
func heldHere(h wire.PoolHandle, id wire.PEIdentifier, refused int) func(*replica.Replica) bool {
	return func(r *replica.Replica) bool {
		for m := range r.Holds() {
			if m.State == feed.HoldInForce && m.Handle == h && m.Element == id && m.Total() >= refused {
				return true
			}
		}
		return false
	}
}

// The operator refuses an element for a while, here and at the peer; the page says
// how often it was refused, and ends the hold.
func TestHold(t *testing.T) {
	s, peer, _ := pair(t)
	b := openTab(t)
	b.visit(s.login())
	b.visit(s.poolURL("EchoPool"))
	b.live()
	b.click(ask(id(2)))
	b.until(dialogOpen)
	b.until(`document.activeElement.dataset.act === "cancel"`)
	if got := b.text(confirm); got != "Deregister the element" {
		t.Errorf("the button says %q", got)
	}
	b.click(`label:has(#ask-hold)`)
	b.do(chromedp.Focus(chromedp.CSS("#ask-reason")))
	b.keys("faulty NIC")
	b.until(fmt.Sprintf(`document.querySelector('%s').innerText === "Deregister and hold"`, confirm))
	b.until(`document.getElementById("ask-command").textContent.includes(" --hold 10m --reason 'faulty NIC' --server http://")`)
	for _, l := range looks {
		b.see(l)
		b.shot("dialog-hold-" + l.name)
	}
	b.see(looks[0])
	b.click(confirm)
	b.until(dialogClosed)
	b.until(`document.getElementById("toast").innerText.includes("held, 0 registrations refused")`)
	peer.await("the peer honours the hold", heldHere("EchoPool", 2, 0))
	newElements(s).refused("EchoPool", 2)
	newElements(peer).refused("EchoPool", 2)
	s.await("both refusals are known", heldHere("EchoPool", 2, 2))
	b.until(`/held, [2-9]\d* registrations refused/.test(document.getElementById("toast").innerText)`)
	b.shot("toast-held")
	b.click(`#toast button[data-act=undo]`)
	b.until(`document.getElementById("toast").innerText.includes("hold ended")`)
	newElements(peer).add("EchoPool", 2, wire.Policy{Type: wire.WeightedRoundRobin, Weight: 5})
	s.await("it is back", has("EchoPool", 2))
	b.until(`document.getElementById("toast").innerText.includes("came back")`)
}

// The page of holds shows those of both registrars; each is ended where it was made.
func TestHoldsPage(t *testing.T) {
	rules, axe := os.ReadFile(filepath.Join(axeDir, "node_modules", "axe-core", "axe.min.js"))
	s, peer, _ := pair(t)
	b := openTab(t)
	b.visit(s.login())
	b.visit(s.url("/holds"))
	b.live()
	b.until(`document.querySelector("#page-holds").innerText.includes("No hold is in force")`)
	s.hold("EchoPool", 3)
	s.hold("EchoPool", 1)
	peer.hold("EchoPool", 4)
	b.until(`document.querySelectorAll('[data-list="holds"] tr').length === 3`)
	b.until(`document.querySelector('[data-list="holds"]').innerText.includes("this registrar, ` + peer.node.ID().String() + `")`)
	row := func(element wire.PEIdentifier) string {
		return fmt.Sprintf(`[...document.querySelectorAll('#page-holds tr')].find(r => r.innerText.includes("%v"))`, element)
	}
	if got := eval[string](b, row(4)+".innerText"); !strings.Contains(got, "end it there") {
		t.Errorf("the peer's hold: %s", got)
	}
	eval[chromedp.Void](b, row(3)+`.querySelector("[data-act=end-hold]").click()`)
	b.until(`document.querySelectorAll('[data-list="holds.ended"] tr').length === 1`)
	b.until(row(3) + `.innerText.includes("Gone")`)
	for _, l := range looks {
		b.see(l)
		b.shot("holds-" + l.name)
		if eval[bool](b, `document.documentElement.scrollWidth > innerWidth`) {
			t.Errorf("%s: the page scrolls sideways", l.name)
		}
		if axe == nil {
			b.check(string(rules))
		}
	}
	b.forgetCookies()
	b.expect("401 (Unauthorized)")
	eval[chromedp.Void](b, row(1)+`.querySelector("[data-act=end-hold]").click()`)
	b.until(`document.querySelector("#holds-said").innerText.includes("no operator token")`)
}

// hold deregisters an element of the registrar's own for an hour, as a script does.
func (s *server) hold(pool wire.PoolHandle, element wire.PEIdentifier) {
	s.t.Helper()
	done, err := s.node.Deregister(context.Background(), registrar.Deregister{Handle: pool, ID: element, Reason: "maintenance", Hold: time.Hour})
	if err != nil || done.Hold == 0 {
		s.t.Fatalf("hold %v: %+v, %v", element, done, err)
	}
}

// The last element of a pool goes only if the handle is typed.
func TestDeregisterTheLast(t *testing.T) {
	s := startRegistrar(t, 0x0a0a0a0a)
	newElements(s).add("EchoPool", 1, roundRobin)
	b := openTab(t)
	b.visit(s.login())
	b.visit(s.poolURL("EchoPool"))
	b.live()
	b.click(ask(id(1)))
	b.until(dialogOpen)
	b.click(confirm) // does nothing yet
	b.until(dialogOpen)
	b.do(chromedp.Focus(chromedp.CSS("#ask-typed")))
	b.shot("dialog-last")
	b.keys("EchoPoo")
	s.await("the element is still there", has("EchoPool", 1))
	b.keys("l")
	b.until(fmt.Sprintf(`!document.querySelector('%s').hasAttribute("aria-disabled")`, confirm))
	b.click(confirm)
	b.until(dialogClosed)
	s.await("the element is gone", hasNot("EchoPool", 1))
}
