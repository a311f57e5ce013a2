package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// What is tried on a copy runs in the page, follows every change of the form, and
// its address repeats it.
func TestWhatIf(t *testing.T) {
	s, _, _ := pair(t)
	b := openTab(t)
	b.visit(s.url("/what-if?pool=EchoPool&policy=wrand&seed=4711"))
	b.live()
	const verdict = `document.querySelector('[data-t="whatif.fits"]').textContent`
	b.until(verdict + ` === "Yes"`)
	first := b.text(`[data-list="whatif.shares"]`)
	b.shot("what-if-run")

	// An element fails, another one gets more: by the keyboard.
	eval[any](b, `document.querySelector('input[name="v-0x00000001"]').select()`)
	eval[any](b, `document.querySelector('input[name="v-0x00000001"]').focus()`)
	b.keys("15" + kb.Tab + " ") // the box behind the value
	b.until(`document.querySelector('input[name=fail][value="0x00000001"]').checked`)
	b.until(`document.querySelector('[data-list="whatif.shares"] [data-key="0x00000001"]').innerText.includes("failed")`)
	b.until(verdict + ` === "Yes"`)
	if got := eval[string](b, "location.search"); got != "?pool=EchoPool&policy=wrand&seed=4711&v-0x00000001=15&v-0x00000002=5&v-0x00000003=5&v-0x00000004=5&fail=0x00000001" {
		t.Errorf("the address is %s", got)
	}
	changed := b.text(`[data-list="whatif.shares"]`)
	if changed == first {
		t.Error("the shares are the same as before")
	}
	b.shot("what-if-changed")

	// The same address, the same numbers.
	b.visit(s.url("/what-if") + eval[string](b, "location.search"))
	b.live()
	b.until(verdict + ` === "Yes"`)
	if got := b.text(`[data-list="whatif.shares"]`); got != changed {
		t.Errorf("the link gives\n%s\nwant\n%s", got, changed)
	}

	// What is no value says so and breaks nothing.
	eval[any](b, `document.querySelector('input[name="v-0x00000002"]').select()`)
	eval[any](b, `document.querySelector('input[name="v-0x00000002"]').focus()`)
	b.keys("much")
	b.until(`document.querySelector('[data-list="whatif.members"] [data-key="0x00000002"]').innerText.includes("Want Weight, as in 5.")`)

	// A policy without values: round robin gives equal shares.
	b.click(`.choice[data-key="p-rr"]`)
	b.until(`document.querySelector('[data-list="whatif.shares"] [data-key="0x00000002"]').innerText.includes("25.00 %")`)
	b.until(verdict + ` === "Yes"`)
	b.shot("what-if-round-robin")
}
