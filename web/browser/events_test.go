package browser_test

import (
	"fmt"
	"testing"
)

// eventRows is true when the page Events lists n events of an element's coming.
func eventRows(n int) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#page-events tbody tr")].filter(r => r.innerText.includes("element.registered")).length === %d`, n)
}

// New events enter at the top while the page follows; the choice of how far back is in
// the address; who removed an element is told by address.
func TestEvents(t *testing.T) {
	s := startRegistrar(t, 0x0a0a0a0a)
	e := newElements(s)
	e.add("EchoPool", 1, roundRobin)
	b := openTab(t)
	b.visit(s.login())
	b.visit(s.url("/events"))
	b.live()
	b.until(eventRows(1))
	b.click(`#page-events [data-act="follow"]`)
	b.until(`document.querySelector("#page-events [data-act='follow']").ariaPressed === "false"`)
	e.add("EchoPool", 2, roundRobin)
	b.until(`/^[1-9]\d* new, show them$/.test(document.querySelector("[data-act='newest']").innerText)`)
	b.until(eventRows(1))
	b.click(`#page-events [data-act="newest"]`)
	b.until(eventRows(2))
	b.until(`document.querySelector("#page-events [data-act='follow']").ariaPressed === "true"`)
	e.add("EchoPool", 3, roundRobin)
	b.until(eventRows(3))

	b.click(`#page-events .segments a[href="./events?since=5m"]`)
	b.until(`location.search === "?since=5m" && document.querySelector("#page-events .segments [aria-current]").textContent === "5 min"`)
	b.until(eventRows(3))
	b.visit(s.poolURL("EchoPool"))
	b.live()
	b.click(ask(id(1)))
	b.until(dialogOpen)
	b.click(confirm)
	s.await("the element is gone", hasNot("EchoPool", 1))
	b.visit(s.url("/events?q=event:element.removed"))
	b.live()
	b.until(`document.querySelector("#page-events tbody td:nth-child(5)").checkVisibility() && document.querySelector("#page-events tbody td:nth-child(5)").innerText === "127.0.0.1"`)
}
