package view

import (
	"testing"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// heardEvery lets a peer be heard at so many heartbeats, the last one ago before now.
func (s *scope) heardEvery(id wire.ServerID, every, ago time.Duration, beats int) {
	for i := range beats {
		at := s.now.Add(-ago - time.Duration(beats-1-i)*every)
		s.Apply(feed.PeerState{Peer: id, State: feed.Active, Heard: feed.At(at)})
	}
}

func peerRowOf(t *testing.T, s *scope, q Query, id wire.ServerID) PeerRow {
	t.Helper()
	q.Kind = Peers
	for _, row := range Build(s.Replica, s.now, q).Peers.Rows {
		if row.ID == id.String() {
			return row
		}
	}
	t.Fatalf("no row of %v", id)
	return PeerRow{}
}

// The next heartbeat is foretold where its cycle can be seen, and only there.
func TestHeartbeatDue(t *testing.T) {
	const id wire.ServerID = 0x0c000001
	for _, tt := range []struct {
		name  string
		ago   time.Duration
		beats int
		want  string
		late  bool
	}{
		{"heard too seldom", 4 * time.Second, 2, "", false},
		{"in time", 4 * time.Second, 4, "next in 26 s", false},
		{"at the moment", 30 * time.Second, 4, "next due now", false},
		{"within the grace", 37 * time.Second, 4, "next due now", false},
		{"late", 42 * time.Second, 4, "next late by 12 s", true},
	} {
		s := newScope()
		s.heardEvery(id, 30*time.Second, tt.ago, tt.beats)
		row := peerRowOf(t, s, Query{}, id)
		if row.Due != tt.want || row.Overdue != tt.late {
			t.Errorf("%s: %q, late %v; want %q, %v", tt.name, row.Due, row.Overdue, tt.want, tt.late)
		}
	}
	s := newScope()
	s.heardEvery(id, 30*time.Second, 4*time.Second, 4)
	s.Apply(feed.PeerState{Peer: id, State: feed.Dead, Heard: feed.At(s.now)})
	if row := peerRowOf(t, s, Query{}, id); row.Due != "" {
		t.Errorf("of a dead peer a heartbeat is expected: %q", row.Due)
	}
	if row := peerRowOf(t, s, Query{}, self); row.Due != "" {
		t.Errorf("of this registrar a heartbeat is expected: %q", row.Due)
	}
}

// The row has the round trip of the last probe by this page.
func TestRoundTrip(t *testing.T) {
	s := sample()
	k := &Kept{}
	trip := func() [3]string {
		row := peerRowOf(t, s, Query{Kept: k}, peer2)
		return [3]string{row.Trip, row.TripClass(), row.TripAt}
	}
	for _, tt := range []struct {
		outcome string
		ms      float64
		want    [3]string
	}{
		{"", 0, [3]string{unknown, "n", ""}},
		{"done", 0.62, [3]string{"0.62 ms", "n", "Probed at 15:21:07 UTC"}},
		{"", 7, [3]string{"0.62 ms", "n", "Probed at 15:21:07 UTC"}},
		{"silent", 5000, [3]string{"no answer", "warn", "Probed at 15:21:07 UTC"}},
		{"done", 41, [3]string{"41 ms", "n", "Probed at 15:21:07 UTC"}},
	} {
		k.Probed(peer2.String(), tt.outcome, tt.ms, s.now)
		if got := trip(); got != tt.want {
			t.Errorf("behind %q after %v ms: %q, want %q", tt.outcome, tt.ms, got, tt.want)
		}
	}
	if row := peerRowOf(t, s, Query{Kept: k}, peer1); row.Trip != unknown {
		t.Errorf("a peer that was not probed: %q", row.Trip)
	}
}

// While a peer is out of step the row says in which pool, as far as it was found.
func TestDifference(t *testing.T) {
	s := sample()
	says := func(want string) {
		t.Helper()
		if row := peerRowOf(t, s, Query{}, peer1); row.Differed != want {
			t.Errorf("%q, want %q", row.Differed, want)
		}
	}
	event := func(name string, ago time.Duration, pool wire.PoolHandle) {
		s.Apply(feed.Event{At: feed.At(s.now.Add(-ago)), Name: name, Server: peer1, Handle: pool})
	}
	says("")
	event("checksum.mismatch", 9*time.Second, "")
	says("was asked for its elements 9 s ago")
	event("resync.completed", 8*time.Second, "CalcAppPool")
	says("differs in CalcAppPool, 8 s ago")
	event("checksum.mismatch", 2*time.Second, "")
	says("was asked for its elements 2 s ago")
	s.peer(peer1, feed.Active, 0)
	says("differed in CalcAppPool, 8 s ago")
}
