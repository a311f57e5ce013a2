package replica_test

import (
	"testing"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

// The time between heartbeats is learned from when a peer was heard, unless it may
// have said something else.
func TestHeartbeat(t *testing.T) {
	const peer = 0x0b000001
	heard := func(at feed.Time) feed.Message { return feed.PeerState{Peer: peer, State: feed.Active, Heard: at} }
	beats := func(times ...feed.Time) (list []feed.Message) {
		for _, at := range times {
			list = append(list, heard(at))
		}
		return list
	}
	update := add("EchoPool", pe(1, peer, rr))
	for _, tt := range []struct {
		name string
		list []feed.Message
		want time.Duration
	}{
		{"never heard", nil, 0},
		{"once", beats(1000), 0},
		{"one span may be an answer out of turn", beats(1000, 31000), 0},
		{"two spans", beats(1000, 31000, 61000), 30 * time.Second},
		{"the longest of the latest", beats(1000, 91000, 121000, 151000, 182000, 212000, 242000), 31 * time.Second},
		{"an answer in between", beats(1000, 31000, 35000, 61000), 30 * time.Second},
		{"told twice", beats(1000, 31000, 31000, 61000), 30 * time.Second},
		{"updates only", []feed.Message{heard(1000), update, heard(2000), update, heard(3000), update, heard(4000), update}, 0},
		{"an update at the end of a span", append(beats(1000, 31000, 45000), update), 0},
		{"known, then an update", append(beats(1000, 31000, 61000, 91000, 95000), update, heard(121000)), 30 * time.Second},
		{"an event about it", append(beats(1000, 31000, 35000), feed.Event{Server: peer, Name: "operator.probe"}), 0},
		{"silent meanwhile", append(beats(1000, 31000, 61000), feed.PeerState{Peer: peer, State: feed.Suspect, Heard: 61000}, heard(181000)), 0},
		{"forgotten", append(beats(1000, 31000, 61000), feed.PeerState{Peer: peer, State: feed.Forgotten}), 0},
	} {
		r := replica.New()
		apply(t, r, append([]feed.Message{hello}, tt.list...)...)
		if got := r.Heartbeat(peer); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
