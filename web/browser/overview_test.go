package browser_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// What is wrong comes first, leads to where it can be looked at, and goes when it is
// over; in every look it passes axe-core.
func TestOverviewOfProblems(t *testing.T) {
	rules, err := os.ReadFile(filepath.Join(axeDir, "node_modules", "axe-core", "axe.min.js"))
	need(t, err == nil, "axe-core", "npm ci --prefix web/testdata/axe")
	s := startBig(t, 40) // two elements in each of 20 pools
	now := time.Now()
	health := func(h feed.Health) feed.Message {
		return feed.ElementState{Handle: bigHandle(0), ID: 1, Expires: feed.At(now.Add(time.Hour)), Health: h}
	}
	peer := func(id wire.ServerID, state feed.LinkState) feed.Message {
		return feed.PeerState{Peer: id, State: state, Heard: feed.At(now.Add(-time.Minute))}
	}
	s.hub.Publish(now, []feed.Message{health(feed.Unanswered), peer(0x77aa0001, feed.Suspect), peer(0x5f00c3a8, feed.Dead)})
	for i := range uint64(60) {
		at := now.Add(time.Duration(i) * 5 * time.Second).Add(-5 * time.Minute)
		s.hub.Publish(now, []feed.Message{feed.Counters{At: feed.At(at), Resolutions: i * i, Unresolved: i, Acknowledged: 7 * i, Associations: 41}})
	}
	b := openTab(t)
	for _, l := range looks {
		b.see(l)
		b.visit(s.url("/"))
		b.live()
		b.until(`[...document.querySelectorAll(".problems b")].map(e => e.textContent).join() === ` +
			quote("Registrar 0x5f00c3a8 is dead,Registrar 0x77aa0001 is silent,1 element does not answer as it should,PoolA is down to one element"))
		b.check(string(rules))
		if wide := eval[string](b, overflow); wide != "" {
			t.Errorf("%s: wider than %d px: %s", l.name, l.width, wide)
		}
		b.shot("problems-" + l.name)
	}
	b.see(looks[0])
	b.until(`/; in five minutes [1-9],?\d+, of them \d+ without an element$/.test(document.querySelector(".rates svg").ariaLabel)`)
	b.click(`.problems a[href="./elements?q=state%3Asuspect"]`)
	b.until(rows("#page-elements", 1))
	s.hub.Publish(now, []feed.Message{health(feed.Up), peer(0x77aa0001, feed.Active), peer(0x5f00c3a8, feed.Active)})
	b.click(`a.mark`)
	b.until(`!document.querySelector(".problems").checkVisibility() && document.querySelector("[data-t='over.summary']").textContent === "Nothing needs a look."`)
}
