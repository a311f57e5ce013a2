package browser_test

import (
	"os"
	"path/filepath"
	"testing"
)

// Who may not read is asked for the token, and comes to the page that was wanted.
func TestLogin(t *testing.T) {
	s := startRegistrarAt(t, place{address: "127.0.0.1:0", base: "/rs", private: true}, 0x0a0a0a0a)
	rules, err := os.ReadFile(filepath.Join(axeDir, "node_modules", "axe-core", "axe.min.js"))
	need(t, err == nil, "axe-core", "npm ci --prefix web/testdata/axe")
	b := openTab(t)
	for _, l := range looks {
		b.see(l)
		b.visit(s.url("/pools?q=x"))
		b.until(`document.activeElement.id === "token"`)
		b.check(string(rules))
		b.shot("login-" + l.name)
	}
	b.expect("401")
	b.keys("wrong\r")
	b.until(`document.querySelector("#fault")?.innerText === "This is not the operator token of this registrar."`)
	b.check(string(rules))
	b.keys(token + "\r")
	b.until(`location.pathname + location.search === "/rs/pools?q=x"`)
	b.live()
	if eval[string](b, `document.documentElement.dataset.writer`) != "true" {
		t.Error("the page may only read")
	}
}
