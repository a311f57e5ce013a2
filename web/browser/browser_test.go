package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"rserpool/static"
)

// patience is for a condition that should hold at once: so long only a test
// waits that is going to fail.
const patience = 20 * time.Second

// chromium is the one browser of the test binary.
var chromium struct {
	start  sync.Once
	ctx    context.Context
	cancel func()
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if chromium.cancel != nil {
		chromium.cancel()
	}
	os.Exit(code)
}

// need skips a test that lacks a tool, and fails it where tools are promised.
func need(t *testing.T, ok bool, what, install string) {
	t.Helper()
	switch {
	case ok:
	case os.Getenv("CI") == "true":
		t.Fatalf("no %s: %s", what, install)
	default:
		t.Skipf("no %s: %s", what, install)
	}
}

func browserPath() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// launch starts the browser. Its context must have no time limit: that would be
// the browser's.
func launch(path string) {
	dir, err := os.MkdirTemp("", "dashboard-browser-")
	if err != nil {
		chromium.err = err
		return
	}
	flags := slices.Clone(chromedp.DefaultExecAllocatorOptions[:])
	flags = append(flags, chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, _ := chromedp.NewContext(allocator)
	chromium.ctx = ctx
	chromium.cancel = func() {
		limit, done := context.WithTimeout(ctx, patience)
		defer done()
		_ = chromedp.Cancel(limit) // stop ends it where it does not go by itself
		stop()
		_ = os.RemoveAll(dir)
	}
	chromium.err = chromedp.Do(ctx)
}

// tab is one tab, with cookies and storage of its own.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	console  []string
	expected []string
}

// openTab opens a tab. The test fails for what its pages complain of, so start
// the server first: it has to end last.
func openTab(t *testing.T) *tab {
	t.Helper()
	path := browserPath()
	need(t, path != "", "browser", "apt-get install -y chromium")
	_, err := static.FS.Open("dist/app.wasm")
	need(t, err == nil, "program for the page", "make wasm")
	chromium.start.Do(func() { launch(path) })
	if chromium.err != nil {
		t.Fatalf("%s does not start: %v", path, chromium.err)
	}
	b := &tab{t: t}
	ctx, cancel := chromedp.NewContext(chromium.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.listen))
	b.ctx = ctx
	t.Cleanup(cancel)
	t.Cleanup(b.complaints)
	// The tab ends with the context of its first step, so this one has no limit.
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900)); err != nil {
		t.Fatal(err)
	}
	return b
}

// in gives the same tab to a subtest.
func (b *tab) in(t *testing.T) *tab {
	return &tab{t: t, ctx: b.ctx}
}

// listen remembers what the page writes to the console at level warning and up.
func (b *tab) listen(ev any) {
	var text string
	switch ev := ev.(type) {
	case *log.EventEntryAdded:
		if ev.Entry.Level == log.EntryLevelError || ev.Entry.Level == log.EntryLevelWarning {
			text = fmt.Sprintf("%s %s: %s %s", ev.Entry.Source, ev.Entry.Level, ev.Entry.Text, ev.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		for _, arg := range ev.Args {
			text += fmt.Sprintf("console.%s: %s %s", ev.Type, arg.Value, arg.Description)
		}
	case *runtime.EventExceptionThrown:
		text = "exception: " + (&chromedp.ExceptionError{ExceptionDetails: ev.ExceptionDetails}).Error()
	}
	if text != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.console = append(b.console, text)
	}
}

// expect allows console messages that contain text: a browser reports failing
// connections by itself.
func (b *tab) expect(text string) { b.expected = append(b.expected, text) }

// complaints fails the test for every message on the console that it does not
// expect.
func (b *tab) complaints() {
	b.t.Helper()
	for _, text := range b.messages() {
		if !slices.ContainsFunc(b.expected, func(s string) bool { return strings.Contains(text, s) }) {
			b.t.Errorf("the page complains: %s", text)
		}
	}
}

// messages gives what the console has got until now.
func (b *tab) messages() []string {
	b.t.Helper()
	// Events come in order with answers: after this one, all earlier are here.
	eval[int](b, "1")
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.console)
}

// do runs steps in the tab.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 2*patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v; the page is %s", err, b.describe())
	}
}

// visit loads a page and waits for its load event.
func (b *tab) visit(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
}

// live waits until the page's program follows the feed.
func (b *tab) live() {
	b.t.Helper()
	b.until(`document.querySelector("#link b").textContent === "Live"`)
}

// until waits until a JavaScript expression is true.
func (b *tab) until(condition string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 2*patience)
	defer cancel()
	poll := chromedp.Poll[chromedp.Void](condition, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(patience))
	_, err := chromedp.Run(ctx, poll)
	for replaced(err) && ctx.Err() == nil {
		_, err = chromedp.Run(ctx, poll)
	}
	if err != nil {
		b.shot("failed")
		b.t.Fatalf("not true: %s: %v; the page is %s", condition, err, b.describe())
	}
}

// replaced reports whether another page has come while one was asked.
func replaced(err error) bool {
	return err != nil && slices.ContainsFunc([]string{"Cannot find context", "navigated or closed", "Not attached to an active page"}, func(words string) bool {
		return strings.Contains(err.Error(), words)
	})
}

// eval gives the value of a JavaScript expression; a promise is awaited.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 2*patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v; the page is %s", expression, err, b.describe())
	}
	return v
}

// text gives the text that is rendered in the first element that fits.
func (b *tab) text(selector string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf("document.querySelector(%q)?.innerText ?? 'nothing is '+%q", selector, selector))
}

// keys types keys where the focus is.
func (b *tab) keys(keys string) { b.t.Helper(); b.do(chromedp.KeyEvent(keys)) }

// quote makes a JavaScript string.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // no string does that
	}
	return string(b)
}

// block lets requests fail whose URL fits the pattern.
func (b *tab) block(pattern string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, network.SetBlockedURLs, network.SetBlockedURLsParams{
		URLPatterns: []*network.BlockPattern{{URLPattern: pattern, Block: true}},
	}); err != nil {
		b.t.Fatal(err)
	}
}

// forgetCookies takes the tab's cookies away.
func (b *tab) forgetCookies() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		b.t.Fatal(err)
	}
}

// click clicks the first element that fits, once it is visible.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// path gives the path of the tab's address, as escaped.
func (b *tab) path() string { b.t.Helper(); return eval[string](b, "location.pathname") }

// describe says where the tab is, for a failure.
func (b *tab) describe() string {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + ": " + (document.body?.innerText ?? "")`))
	if err != nil {
		return "not readable: " + err.Error()
	}
	return at
}

// look is how a page is seen: its width and colour scheme.
type look struct {
	name   string
	width  int64
	scheme string
}

var looks = []look{{"light", 1280, "light"}, {"dark", 1280, "dark"}, {"narrow", 380, "light"}, {"narrow-dark", 380, "dark"}}

// see gives the tab a look.
func (b *tab) see(l look) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(l.width, 900), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}},
		})
		return err
	}))
}

// shot keeps a screenshot of the whole page.
func (b *tab) shot(name string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(b.t.ArtifactDir(), url.PathEscape(name)+".png"), png, 0o600)
	}
	if err != nil {
		b.t.Errorf("screenshot %s: %v", name, err)
	}
}

// A page that breaks its policy or throws must not go unnoticed here.
func TestTabHearsComplaints(t *testing.T) {
	s := startRegistrar(t, 0x0a0a0a0a)
	b := openTab(t)
	b.visit(s.url("/"))
	b.expect("broken on purpose")
	b.expect("Content Security Policy")
	eval[chromedp.Void](b, `(() => {
		console.error("broken on purpose");
		setTimeout(() => { throw new Error("broken on purpose, too") });
		const s = document.createElement("script");
		s.textContent = "window.broken = true";
		document.head.append(s);
		return new Promise(done => setTimeout(done));
	})()`)
	list := strings.Join(b.messages(), "\n")
	for _, want := range []string{"console.error", "exception", "Content Security Policy"} {
		if !strings.Contains(list, want) {
			t.Errorf("no %q among what the tab has heard:\n%s", want, list)
		}
	}
}
