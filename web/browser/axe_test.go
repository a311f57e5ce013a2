package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// axeDir is where the rules are installed; package.json there pins them.
var axeDir = filepath.Join("..", "testdata", "axe")

// violation is one finding of axe-core.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML, FailureSummary string }
}

// report is what axe-core found.
type report struct {
	// Passes counts the rules that hold.
	Passes     int
	Violations []violation
}

// Every kind of page passes axe-core in every look.
func TestAccessibility(t *testing.T) {
	rules, err := os.ReadFile(filepath.Join(axeDir, "node_modules", "axe-core", "axe.min.js"))
	need(t, err == nil, "axe-core", "npm ci --prefix web/testdata/axe")
	s, _, _ := pair(t)
	empty := startRegistrar(t, 0x0d0d0d0d)
	b := openTab(t)
	for _, l := range looks {
		b.see(l)
		for _, k := range kinds {
			t.Run(k.name+"/"+l.name, func(t *testing.T) {
				b := b.in(t)
				b.visit(s.url(k.path))
				b.live()
				b.check(string(rules))
			})
		}
		t.Run("first-steps/"+l.name, func(t *testing.T) {
			b := b.in(t)
			b.visit(empty.url("/"))
			b.live()
			b.check(string(rules))
			b.shot("first-steps-" + l.name)
		})
		t.Run("keys/"+l.name, func(t *testing.T) {
			b := b.in(t)
			b.visit(s.url("/elements?pe=EchoPool%2F0x00000002"))
			b.live()
			b.keys("?")
			b.until(`document.querySelector("#keys").open`)
			b.check(string(rules))
			b.shot("keys-" + l.name)
			if l.width < 720 {
				b.click(`#keys [data-act="close-keys"]`)
				b.visit(s.url("/pools"))
				b.live()
				b.click(".tab")
				b.until(`document.querySelector("#more a").checkVisibility()`)
				b.check(string(rules))
				b.shot("more-" + l.name)
			}
		})
		t.Run("dialog/"+l.name, func(t *testing.T) {
			b := b.in(t)
			b.visit(s.login())
			b.visit(s.poolURL("EchoPool"))
			b.live()
			b.click(ask(id(1)))
			b.until(dialogOpen)
			b.check(string(rules))
			b.shot("dialog-" + l.name)
		})
	}
}

// check fails the test for each violation of axe-core's rules.
func (b *tab) check(rules string) {
	b.t.Helper()
	b.until(`!document.getAnimations().some(a => a instanceof CSSTransition)`) // colours on their way are no colours
	// What the debugger evaluates is not subject to the page's policy.
	eval[chromedp.Void](b, rules)
	r := eval[report](b, `axe.run().then(r => ({Passes: r.passes.length, Violations: r.violations}))`)
	if r.Passes < 20 {
		b.t.Errorf("only %d rules found something to check: is this a page?", r.Passes)
	}
	for _, v := range r.Violations {
		var where strings.Builder
		for _, n := range v.Nodes {
			fmt.Fprintf(&where, "\n  %s\n    %s", n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", " "))
		}
		b.t.Errorf("%s (%s): %s%s", v.ID, v.Impact, v.Help, where.String())
	}
}
