package replica_test

import (
	"bytes"
	"testing"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// FuzzReplica: whatever messages come, the sums hold, and a snapshot brings the
// same pools and peers to another replica. Frames are split at 0xabcdabcd.
func FuzzReplica(f *testing.F) {
	split := []byte{0xab, 0xcd, 0xab, 0xcd}
	r := started(f,
		add("EchoPool", pe(1, self, rr)), add("EchoPool", pe(2, 9, rr)), add("q", pe(1, 9, wire.Policy{Type: 0xb0001003, Raw: "x"})),
		feed.ElementState{Handle: "q", ID: 1, Health: feed.Unanswered}, presence(9, 5),
		feed.PeerState{Peer: 9, Information: wire.ServerInformation{ID: 9, Transport: transport(9901)}},
		feed.Event{Name: "x"}, feed.Sequence{Number: 1})
	f.Add(bytes.Join(r.Snapshot(200), split))
	f.Add(bytes.Join(r.Snapshot(64<<10), split))
	var frame []byte
	for _, m := range []feed.Message{
		del("EchoPool", pe(1, self, rr)), add("q", pe(1, self, rr)), feed.PeerState{Peer: 9, State: feed.Forgotten}, feed.Sequence{Number: 2},
	} {
		frame, _ = feed.Append(frame, m)
	}
	f.Add(bytes.Join(append(r.Snapshot(64<<10), frame), split))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := replica.New()
		for frame := range bytes.SplitSeq(data, split) {
			list, _ := feed.Parse(frame) // what comes before an error is worth a try
			for _, m := range list {
				r.Apply(m)
				if err := r.Verify(); err != nil {
					t.Fatalf("after %+v: %v", m, err)
				}
			}
		}
		late := replica.New()
		for _, frame := range r.Snapshot(1000) {
			if _, err := late.ApplyFrame(frame); err != nil {
				t.Fatalf("own snapshot: %v", err)
			}
		}
		if err := late.Verify(); err != nil {
			t.Fatal(err)
		}
		want, got := r.Counts(), late.Counts()
		want.Refused = 0
		if want != got || digestOf(r) != digestOf(late) {
			t.Fatalf("snapshot of %+v makes %+v", want, got)
		}
	})
}
