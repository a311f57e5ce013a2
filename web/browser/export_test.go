package browser_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// export is what is compared of two exports: all but the clock.
type export struct {
	Schema, Digest string
	Registrar      struct{ ID string }
	Pools          []struct {
		Handle   string
		Elements []struct{ ID string }
	}
}

// The export's link downloads what the API answers.
func TestExport(t *testing.T) {
	s, _, _ := pair(t)
	b := openTab(t)
	dir := t.TempDir()
	_, err := chromedp.CallBrowser(b.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, EventsEnabled: new(true),
		BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
	})
	if err != nil {
		t.Fatal(err)
	}
	progress := chromedp.BrowserEvents(b.ctx, browser.DownloadProgress)
	b.visit(s.poolURL("EchoPool"))
	b.live()
	b.click("a[download]")
	for ev, err := range progress {
		if err != nil {
			t.Fatal(err)
		}
		if ev.State == browser.DownloadProgressStateCanceled {
			t.Fatal("the download was cancelled")
		}
		if ev.State == browser.DownloadProgressStateCompleted {
			break
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("downloaded %v (%v), want one file", files, err)
	}
	if name := filepath.Base(files[0]); name != "handlespace-0x0a0a0a0a.json" {
		t.Errorf("the file is %s", name)
	}
	downloaded, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(s.url("/api/v1/handlespace"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answered, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var got, want export
	if err := json.Unmarshal(downloaded, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(answered, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("downloaded other than answered (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(got.Digest, "sha256:") || len(got.Pools) != 3 {
		t.Errorf("digest %q, %d pools", got.Digest, len(got.Pools))
	}
}
