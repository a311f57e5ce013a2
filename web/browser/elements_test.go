package browser_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// everyRow selects the row of an element in the table of all.
func everyRow(pool, id string) string {
	return fmt.Sprintf(`#page-elements tr[data-key="%s/%s"]`, pool, id)
}

// All elements of all pools are in one table, which filters and sorts.
func TestElements(t *testing.T) {
	s, _, at := pair(t)
	b := openTab(t)
	b.visit(s.url("/elements"))
	b.live()
	b.until(rows("#page-elements", 6))
	b.click(`#page-elements .segments a[href="./elements?q=home%3Aown"]`)
	b.until(rows("#page-elements", 5))
	b.until(`location.search === "?q=home%3Aown"`)
	b.until(`document.querySelector("#page-elements .segments [aria-current]").textContent.startsWith("Owned here")`)
	b.visit(s.url("/elements?q=pool:echo*"))
	b.live()
	b.until(rows("#page-elements", 4))
	at.add("EchoPool", 9, wire.Policy{Type: wire.WeightedRoundRobin, Weight: 5})
	b.until(rows("#page-elements", 5))
	b.click(`#page-elements thead th:nth-child(2) a`)
	b.until(`document.querySelector("#page-elements tbody tr th code").textContent === "0x00000001"`)
	b.click(`#page-elements thead th:nth-child(2) a`)
	b.until(`document.querySelector("#page-elements tbody tr th code").textContent === "0x00000009"`)
	b.click(everyRow("EchoPool", "0x00000009") + ` a[href="./pools/EchoPool"]`)
	b.until(`location.pathname === "/pools/EchoPool"`)
}

// Of a long table only the rows in sight are in the document, whatever is scrolled.
func TestLongTable(t *testing.T) {
	s := startBig(t, 5000)
	b := openTab(t)
	b.visit(s.url("/elements"))
	if n := eval[int](b, `document.querySelectorAll("#page-elements tbody tr").length`); n > 200 {
		t.Errorf("%d rows in the document, want at most 200", n)
	}
	b.live()
	b.until(`document.querySelectorAll("#page-elements tbody tr").length < 120`)
	b.until(`document.querySelector("#page-elements table").getAttribute("aria-rowcount") === "5001"`)
	const region = `document.querySelector("#page-elements .region")`
	// The height is that of all rows.
	b.until(fmt.Sprintf(`Math.abs(%s.scrollHeight - 5000 * document.querySelector("#page-elements tbody tr").getBoundingClientRect().height) < 200`, region))
	b.until(fmt.Sprintf(`(%s.scrollTop = %[1]s.scrollHeight, true)`, region))
	const last = `#page-elements tr[data-key="PoolT/0x00001388"]`
	b.until(fmt.Sprintf(`document.querySelector('%s')?.getAttribute("aria-rowindex") === "5001"`, last))
	b.until(`document.querySelectorAll("#page-elements tbody tr").length < 120`)
	b.until(`document.querySelector("[data-t='every.shown']").textContent.endsWith("to 5,000 of 5,000")`)
	b.until(fmt.Sprintf(`document.elementFromPoint(300, %s.getBoundingClientRect().top + 10).closest("thead") !== null`, region))
	// Another order starts at its top.
	b.click(`#page-elements thead th:nth-child(2) a`)
	b.until(fmt.Sprintf(`%s.scrollTop === 0`, region))
	b.until(`document.querySelector("#page-elements tbody tr th code").textContent === "0x00000001"`)
}

// While somebody points at a row, every row stays; what waits is put right by a
// button.
func TestOrderHolds(t *testing.T) {
	s := startBig(t, 300)
	b := openTab(t)
	b.visit(s.url("/elements"))
	b.live()
	const first = `document.querySelector("#page-elements tbody tr").dataset.key`
	b.until(first + ` === "PoolA/0x00000001"`)
	at := eval[[2]float64](b, `(r => [r.x + 20, r.y + 10])(document.querySelector("#page-elements tbody tr:nth-child(3)").getBoundingClientRect())`)
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1]))
	b.until(`document.querySelector("#page-elements tbody").matches(":hover")`)
	s.hub.Publish(time.Now(), []feed.Message{s.state(0, time.Now().Add(9*time.Hour)), s.state(299, time.Now().Add(time.Minute))})
	b.until(`document.querySelector("[data-t='every.waiting']").textContent === "2 changes wait, apply"`)
	b.until(`document.querySelector('#page-elements tr[data-key="PoolA/0x00000001"] td:nth-child(8)').textContent.startsWith("8 h")`) // its value moved on
	if got := eval[string](b, first); got != "PoolA/0x00000001" {
		t.Errorf("the first row is %s while the order holds", got)
	}
	b.click(`#page-elements [data-act="apply"]`)
	b.until(first + ` === "PoolT/0x0000012c"`)
	b.until(`document.querySelector("#page-elements [data-act='apply']").hidden`)
}

// One element opens beside the table, and the address keeps it; without scripts too.
func TestDrawer(t *testing.T) {
	s, _, _ := pair(t)
	b := openTab(t)
	b.visit(s.url("/elements?sort=id&pe=EchoPool%2F0x00000002"))
	b.live()
	b.until(`document.querySelector("#drawer:not([hidden]) h2").textContent === "0x00000002"`)
	b.until(`!!document.querySelector('#page-elements tr[data-key="EchoPool/0x00000002"][aria-current="true"]')`)
	b.click(`#drawer [data-step="next"]`)
	b.until(`document.querySelector("#drawer h2").textContent === "0x00000003"`)
	b.until(`location.search === "?sort=id&pe=EchoPool%2F0x00000003"`)
	b.shot("drawer")
	eval[chromedp.Void](b, `history.back()`)
	b.until(`document.querySelector("#drawer h2").textContent === "0x00000002"`)
	b.click(`#drawer [data-close]`)
	b.until(`document.querySelector("#drawer").hidden`)
	b.click(everyRow("CalcAppPool", "0x00000011") + ` td:first-child`) // anywhere in the row
	b.until(`document.querySelector("#drawer:not([hidden]) h2").textContent === "0x00000011"`)
	b.until(`JSON.parse(document.querySelector("#drawer-json").textContent).id === "0x00000011"`)

	// A probe tells what the element answers; for a reader it says what is missing.
	b.expect("401 (Unauthorized)")
	b.click(`#drawer [data-act="probe-element"]`)
	b.until(`document.querySelector("#drawer .said").textContent.startsWith("Probe of 0x00000011: this page may only read.")`)
	b.visit(s.login())
	b.visit(s.url("/elements?pe=CalcAppPool%2F0x00000011"))
	b.live()
	b.click(`#drawer [data-act="probe-element"]`)
	b.until(`/^Probe of 0x00000011: .+, after .+s\.$/.test(document.querySelector("#drawer .said").textContent)`)
	b.shot("probed")
	b.click(`#drawer [data-step]:not([hidden])`)
	b.until(`document.querySelector("#drawer .said").textContent === ""`)
}

// Everything can be done by the keyboard, and the keyboard can be switched off.
func TestKeys(t *testing.T) {
	s, _, _ := pair(t)
	b := openTab(t)
	b.visit(s.url("/"))
	b.live()
	b.keys("g")
	b.keys("e")
	b.until(`location.pathname === "/elements"`)
	b.keys("j")
	b.keys("j")
	const focus = `document.activeElement.closest("tr")?.getAttribute("aria-rowindex")`
	b.until(focus + ` === "3"`)
	b.keys("k")
	b.until(focus + ` === "2"`)
	b.keys("\r")
	b.until(`!document.querySelector("#drawer").hidden`)
	first := b.text("#drawer h2")
	b.keys("]")
	b.until(fmt.Sprintf(`document.querySelector("#drawer h2").textContent !== %q`, first))
	b.keys("[")
	b.until(fmt.Sprintf(`document.querySelector("#drawer h2").textContent === %q`, first))
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until(`document.querySelector("#drawer").hidden`)
	b.keys("f")
	b.until(`document.activeElement.id === "every-filter"`)
	eval[chromedp.Void](b, `document.activeElement.select()`) // the debugger types the letter all the same
	b.keys("calc")
	b.until(rows("#page-elements", 1))
	b.do(chromedp.KeyEvent(kb.Escape))
	b.keys(" ")
	b.until(`document.documentElement.classList.contains("paused")`)
	b.keys(" ")
	b.until(`!document.documentElement.classList.contains("paused")`)
	b.keys("?")
	b.until(`document.querySelector("#keys").open`)
	b.click("#keys-on")
	b.click(`#keys [data-act="close-keys"]`)
	b.until(`!document.querySelector("#keys").open`)
	b.visit(s.url("/elements"))
	b.live()
	b.until(`!document.querySelector("#keys-on").checked`)
	b.keys("j")
	b.keys("g")
	b.keys("p")
	if got := b.path(); got != "/elements" {
		t.Errorf("with the keys off g p leads to %s", got)
	}
}

// The search in the bar leads to what has exactly that name, else to all elements
// that contain it.
func TestFind(t *testing.T) {
	s, peer, _ := pair(t)
	b := openTab(t)
	b.visit(s.url("/events"))
	b.live()
	for _, tt := range []struct{ text, at, shown string }{
		{"EchoPool", "/pools/EchoPool", `document.querySelectorAll("#page-pool:not([hidden]) tbody tr").length === 4`},
		{"0x00000011", "/elements?q=0x00000011&pe=CalcAppPool%2F0x00000011", `document.querySelector("#drawer:not([hidden]) h2").textContent === "0x00000011"`},
		{peer.node.ID().String(), "/peers#peer-" + peer.node.ID().String(), `document.querySelector("#page-peers tr:target").dataset.key === "` + peer.node.ID().String() + `"`},
		{"echo", "/elements?q=echo", rows("#page-elements", 4)},
	} {
		b.keys("/")
		b.until(`document.activeElement.id === "find"`)
		eval[chromedp.Void](b, `document.activeElement.value = ""`) // the debugger types the slash all the same
		b.keys(tt.text + "\r")
		b.until(fmt.Sprintf(`location.pathname + location.search + location.hash === %q`, tt.at))
		b.until(tt.shown)
	}
	// Without the program the server shows the elements that contain it.
	if got := eval[string](b, `document.querySelector("[data-find]").action`); got != s.url("/elements") {
		t.Errorf("the form leads to %s", got)
	}
}

// On a phone four pages have a tab, and the fifth tab shows the others.
func TestMoreTab(t *testing.T) {
	s, _, _ := pair(t)
	b := openTab(t)
	b.see(looks[2])
	b.visit(s.url("/"))
	b.live()
	const inSight = `[...document.querySelectorAll(".rail a, .rail .tab")].filter(e => e.checkVisibility()).map(e => e.innerText.trim().split("\n")[0]).join()`
	b.until(inSight + ` === "Overview,Pools,Elements,Peers,More"`)
	b.click(".tab")
	b.until(`document.querySelector('#more a[href="./holds"]').checkVisibility()`)
	b.click(`#more a[href="./holds"]`)
	b.until(`location.pathname === "/holds"`)
	b.until(inSight + ` === "Overview,Pools,Elements,Peers,More"`)
	b.click(".tab")
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until(inSight + ` === "Overview,Pools,Elements,Peers,More"`)
}
