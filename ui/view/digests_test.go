package view

import (
	stdsha256 "crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

func (s *scope) digest() string { return "sha256:" + hex.EncodeToString(s.Digest(stdsha256.New())) }

// exportInto hands a comparison all pools, as the export has them.
func (s *scope) exportInto(d *Digests, page *scope, but wire.PoolHandle) {
	for p := range s.Pools() {
		if p.Handle == but {
			continue
		}
		var list []string
		for e := range s.Elements(p.Handle) {
			list = append(list, elementJSON(e, false))
		}
		d.Pool(page.Replica, base64.StdEncoding.EncodeToString([]byte(p.Handle)), "["+strings.Join(list, ",")+"]")
	}
	d.End(page.Replica, true)
}

func (s *scope) at(sequence uint64) { s.Apply(feed.Sequence{Number: sequence, Now: feed.At(s.now)}) }

func TestDigests(t *testing.T) {
	told, page := sample(), sample()
	k := &Kept{}
	says := func(word, text string) {
		t.Helper()
		got := Build(page.Replica, page.now, Query{Kind: Peers, Kept: k}).Peers.Digests
		if got.Badge.Word != word || !strings.HasPrefix(got.Text, text) || text == "" && got.Text != "" {
			t.Errorf("%q, %q; want %q, %q", got.Badge.Word, got.Text, word, text)
		}
	}
	begin := func(status int, digest string, sequence uint64) CompareStep {
		t.Helper()
		if !k.Digests.Begin() || k.Digests.Begin() {
			t.Fatal("want one comparison at a time")
		}
		says("Comparing", "")
		k.Digests.Told(status, digest, sequence)
		if !k.Digests.Waits() {
			return CompareRests
		}
		return k.Digests.Next(page.Replica, page.now)
	}
	short := func(s *scope) string { return shortDigest(strings.TrimPrefix(s.digest(), "sha256:")) }
	says("Not compared", "")

	if step := begin(0, "", 0); step != CompareRests {
		t.Errorf("without an answer it goes on with %v", step)
	}
	says("Not compared", "the registrar did not answer")

	// The feed is behind the answer, then level with it.
	if step := begin(200, told.digest(), 7); step != CompareFeed {
		t.Errorf("before the feed it goes on with %v", step)
	}
	page.at(7)
	if step := k.Digests.Next(page.Replica, page.now); step != CompareRests {
		t.Errorf("equal, it goes on with %v", step)
	}
	says("Same", short(page)+" here and there, at 15:21:07 UTC")

	// A field that no checksum covers is another one.
	told.element("EchoPool", 1, self, weight(9), feed.Up)
	if step := begin(200, told.digest(), 7); step != ComparePools {
		t.Errorf("different at one sequence, it goes on with %v", step)
	}
	told.exportInto(&k.Digests, page, "")
	both := short(told) + " told, " + short(page) + " by this page"
	says("Differs", both+", in EchoPool")
	if strings.HasSuffix(k.Digests.Text, "more pool") {
		t.Errorf("one pool differs, not two: %q", k.Digests.Text)
	}
	told.element("Elsewhere", 7, self, weight(1), feed.Up)
	begin(200, told.digest(), 7)
	told.exportInto(&k.Digests, page, "")
	says("Differs", short(told)+" told, "+short(page)+" by this page, in EchoPool and 1 more pool")
	begin(200, told.digest(), 7)
	page.exportInto(&k.Digests, page, "EchoPool")
	says("Differs", short(told)+" told, "+short(page)+" by this page, which has 1 pool more")
	begin(200, told.digest(), 7)
	page.exportInto(&k.Digests, page, "")
	says("Differs", short(told)+" told, "+short(page)+" by this page; no pool does by now")

	// The page is ahead each time.
	page.at(100)
	step := begin(200, told.digest(), 10)
	for range maxCompares - 1 {
		if step != CompareStatus {
			t.Fatalf("ahead of the answer, it goes on with %v", step)
		}
		k.Digests.Told(200, told.digest(), 10)
		step = k.Digests.Next(page.Replica, page.now)
	}
	if step != CompareRests {
		t.Errorf("behind %d tries it goes on with %v", maxCompares, step)
	}
	says("Not compared", "changes come too fast")
}
