package browser_test

import "testing"

// The page of a pool asks the registrar what a user would get, as often as wanted.
func TestGets(t *testing.T) {
	s, _, _ := pair(t)
	b := openTab(t)
	b.visit(s.url("/pools/EchoPool"))
	b.live()
	b.until(`document.querySelector(".gets p").innerText.startsWith("Ask, ")`)
	for range 2 {
		b.click(`.gets [data-act=gets]`)
		b.until(`document.querySelector(".gets p").innerText.startsWith("As of the moment of asking")`)
		b.until(`document.querySelector(".gets tbody tr th a").innerText === "0x00000001"`)
	}
	b.shot("gets")
	b.click(`.gets tbody tr th a`)
	b.until(`document.querySelector("#drawer:not([hidden]) h2").textContent === "0x00000001"`)
	b.until(`document.querySelectorAll(".gets tbody tr").length > 0`)
}
