package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"rserpool/registrar/wire"
)

// refused is what the browser itself says of a server that is away.
const refused = "net::ERR_CONNECTION_REFUSED"

// A page without its server says so, keeps its figures, and catches up.
func TestOfflineAndBack(t *testing.T) {
	s := startRegistrar(t, 0x0a0a0a0a)
	e := newElements(s)
	e.add("EchoPool", 1, roundRobin)
	b := openTab(t)
	b.visit(s.login())
	b.visit(s.poolURL("EchoPool"))
	b.live()
	b.expect(refused)

	s.halt()
	b.until(`document.querySelector("#link b").textContent === "Reconnecting"`)
	b.until(`/\d/.test(document.querySelector("[data-t='bar.age']").textContent)`)
	b.until(shows(1))
	b.until(fmt.Sprintf(`document.querySelector('%s').getAttribute("aria-disabled") === "true"`, ask(id(1))))
	b.until(`document.querySelector("[data-t='bar.agreement']").textContent.startsWith("State not known since")`)
	b.shot("reconnecting")
	b.until(`document.querySelector("#link b").textContent === "Offline"`)
	b.until(`document.querySelector(".notice").checkVisibility()`)
	if got := b.text(".notice"); !strings.Contains(got, "Offline since") || !strings.Contains(got, "old") {
		t.Errorf("the notice does not tell how old the page is: %s", got)
	}
	if !eval[bool](b, shows(1)) {
		t.Error("the figures are gone")
	}
	b.shot("offline")
	e.add("EchoPool", 2, roundRobin)

	s.open()
	b.click(`.notice button[data-act=retry]`)
	b.live()
	b.until(shows(2))
	b.until(`!document.querySelector(".notice").checkVisibility()`)
	b.until(fmt.Sprintf(`!document.querySelector('%s').hasAttribute("aria-disabled")`, ask(id(1))))
}

// A registrar that ends in good order says so, and the page passes it on, also
// after the first seconds in which a connection has to prove itself.
func TestGoodbye(t *testing.T) {
	s := startRegistrar(t, 0x0a0a0a0a)
	b := openTab(t)
	b.visit(s.url("/"))
	b.live()
	b.expect(refused)
	b.until(`performance.now() > 6000`)
	s.hub.Close()
	b.until(`document.querySelector("#link b").textContent === "Reconnecting"`)
	s.halt()
	b.until(`document.querySelector(".notice").checkVisibility()`)
	if got, want := b.text(".notice"), "The registrar is stopping."; !strings.Contains(got, want) {
		t.Errorf("the notice does not say %q: %s", want, got)
	}
}

// A registrar that starts anew is another one, with another handlespace; the
// page follows it.
func TestRestart(t *testing.T) {
	old := startRegistrar(t, 0x0a0a0a0a)
	newElements(old).add("EchoPool", 1, roundRobin)
	b := openTab(t)
	b.expect(refused)
	b.visit(old.url("/"))
	b.live()
	b.until(figure("fig.elements", "1"))
	old.hub.Close()
	b.until(`document.querySelector("#link b").textContent === "Reconnecting"`)
	old.halt()

	fresh := startRegistrarAt(t, old.place, 0x0c0c0c0c)
	b.until(`document.querySelector("#self").textContent === "0x0c0c0c0c"`)
	b.live()
	b.until(`document.querySelector("#page-overview h1").textContent.startsWith("Ready")`)
	newElements(fresh).add("CalcAppPool", 9, roundRobin)
	b.until(figure("fig.elements", "1"))
	b.click(`nav a[href="./pools"]`)
	b.until(`!!document.querySelector('#page-pools tbody a[href="./pools/CalcAppPool"]')`)
	if eval[bool](b, `!!document.querySelector('#page-pools tbody a[href="./pools/EchoPool"]')`) {
		t.Error("a pool of the registrar that is gone is shown")
	}
}

// id makes an element's ID of a number.
func id(n uint32) wire.PEIdentifier { return wire.PEIdentifier(n) }
