package browser_test

import (
	"fmt"
	"testing"
	"time"

	"rserpool/registrar/wire"
)

// What happens at the registrar shows by itself, on every page.
func TestLive(t *testing.T) {
	s := startRegistrar(t, 0x0a0a0a0a)
	e := newElements(s)
	overview, pool := openTab(t), openTab(t)
	overview.visit(s.url("/"))
	overview.live()
	overview.shot("first-steps")
	overview.until(`document.querySelector("#page-overview h1").textContent.startsWith("Ready")`)
	pool.visit(s.poolURL("EchoPool"))
	pool.live()
	pool.until(`document.querySelector("#page-pool").innerText.includes("No pool has this handle now")`)

	start := time.Now()
	one := e.add("EchoPool", 1, roundRobin)
	registered := time.Since(start)
	overview.until(`document.querySelector("#page-overview .events").innerText.includes("element.registered")`)
	overview.until(`document.querySelector("[data-t='step.register']").closest("li").className === "done"`)
	t.Logf("registered after %v, on the overview after %v", registered, time.Since(start))
	pool.until(shows(1))
	t.Logf("on the pool's page after %v", time.Since(start))
	overview.until(figure("fig.elements", "1"))

	two := e.add("EchoPool", 2, roundRobin)
	pool.until(shows(2))
	overview.until(figure("fig.elements", "2"))
	e.remove(two)
	pool.until("!" + shows(2))
	overview.until(figure("fig.elements", "1"))
	e.remove(one)
	overview.until(`document.querySelector("#page-overview h1").textContent.startsWith("Ready")`)
	pool.until(`document.querySelector("#page-pool").innerText.includes("No pool has this handle now")`)
}

// An element that changes its load changes its row, not the table.
func TestLiveUpdate(t *testing.T) {
	s := startRegistrar(t, 0x0a0a0a0a)
	e := newElements(s)
	one := e.add("CalcAppPool", 1, wire.Policy{Type: wire.LeastUsed, Load: 0x40000000})
	b := openTab(t)
	b.visit(s.poolURL("CalcAppPool"))
	b.live()
	b.until(fmt.Sprintf(`document.querySelector('%s [data-t=value]').textContent.startsWith("25")`, row(1)))
	eval[bool](b, fmt.Sprintf(`document.querySelector('%s').marked = true`, row(1)))
	if err := one.SetPolicy(wire.Policy{Type: wire.LeastUsed, Load: 0x80000000}); err != nil {
		t.Fatal(err)
	}
	b.until(fmt.Sprintf(`document.querySelector('%s [data-t=value]').textContent.startsWith("50")`, row(1)))
	if !eval[bool](b, fmt.Sprintf(`document.querySelector('%s').marked === true`, row(1))) {
		t.Error("the row was made anew")
	}
}

// The page's filter and order work while it is live, and the address keeps them.
func TestFilterAndSort(t *testing.T) {
	s, _, _ := pair(t)
	b := openTab(t)
	b.visit(s.url("/pools"))
	b.live()
	b.click("#pools-filter")
	b.keys("echo")
	b.until(rows("#page-pools", 1))
	b.until(`location.search === "?q=echo"`)
	eval[int](b, `(document.querySelector("#pools-filter").select(), 1)`)
	b.keys("no such thing")
	b.until(rows("#page-pools", 0))
	b.until(`document.querySelector("[data-t='pools.nothing']").textContent !== ""`)
	b.visit(s.url("/pools?q=echo"))
	b.until(rows("#page-pools", 1))
	b.live()
	b.visit(s.url("/pools"))
	b.live()
	b.click(`#page-pools thead th:first-child a`)
	b.until(`!!document.querySelector("#page-pools thead th:first-child[aria-sort]")`)
	b.until(`location.search.startsWith("?sort=")`)
}

// shows is true where the pool's page has a row of an element.
func shows(id wire.PEIdentifier) string {
	return fmt.Sprintf(`!!document.querySelector('#page-pool:not([hidden]) %s')`, row(id))
}

// figure is true where a figure has a value.
func figure(slot, value string) string {
	return fmt.Sprintf(`document.querySelector("[data-t='%s']").textContent === %q`, slot, value)
}

// rows is true where the table of a section has so many rows.
func rows(section string, n int) string {
	return fmt.Sprintf(`document.querySelectorAll("%s tbody tr").length === %d`, section, n)
}
