package replica_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// A snapshot that was taken frame by frame, while everything went on, makes with the
// changes that it missed what all changes make.
func TestWalkWhileItChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &registrar{
			space: handlespace.New(rand.NewPCG(1, 2)), states: map[handlespace.Ref]feed.ElementState{}, peers: map[wire.ServerID]feed.PeerState{},
		}
		whole, late := replica.New(), replica.New()
		apply(t, whole, hello, feed.Sequence{Now: hello.Now}, feed.RegistrarState{Phase: feed.Serving})
		for range rapid.IntRange(0, 30).Draw(t, "before") {
			apply(t, whole, m.step(t)...)
		}
		walk := whole.Begin(rapid.SampledFrom([]int{0, 100, 300, 65536}).Draw(t, "limit"))
		var missed []feed.Message
		added := map[replica.Ref]bool{}
		for more := true; more; {
			var frame []byte
			frame, more = walk.Next(func(ref replica.Ref) bool { return added[ref] })
			if _, err := late.ApplyFrame(frame); err != nil {
				t.Fatal(err)
			}
			if late.Synced() {
				t.Fatal("synced in the middle of a snapshot")
			}
			for range rapid.IntRange(0, 3).Draw(t, "between") {
				for _, change := range m.step(t) {
					_, ends := change.(feed.Sequence)
					if !ends && walk.Missed(change) {
						missed = append(missed, change)
						if u, ok := change.(enrp.HandleUpdate); ok {
							added[replica.Ref{Handle: u.Handle, ID: u.Element.ID}] = u.Action == enrp.AddPE
						}
					}
					apply(t, whole, change)
				}
			}
		}
		for _, m := range whole.Checksums() {
			missed = append(missed, m)
		}
		apply(t, late, append(missed, whole.Sequence())...)
		if diff := cmp.Diff(look(whole), look(late), cmpAddr); diff != "" {
			t.Fatalf("changes only, snapshot and changes (-changes +snapshot):\n%s", diff)
		}
		if late.Counts().Refused > whole.Counts().Refused {
			t.Fatalf("%d elements contradicted their pool", late.Counts().Refused)
		}
		if err := late.Verify(); err != nil {
			t.Fatal(err)
		}
	})
}
