package view

import (
	"strings"
	"testing"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

func TestAsk(t *testing.T) {
	s := sample()
	for id := range wire.PEIdentifier(2) {
		s.element("DistancePool", id+1, self, parsed(t, "wrand-dpf:1500"), feed.Up)
	}
	live := Connection{Phase: Live}
	tests := []struct {
		name string
		got  Dialog
		want Dialog
	}{
		{"one of three", Ask(s.Replica, "EchoPool", 1, s.now, live, Form{}, true, "http://h/", ""), Dialog{
			Element: "0x00000001", Pool: "EchoPool", Remain: "2 of 3 elements remain, 1 up. It carries the weight 8.",
			Return: "It can come back: its next registration is due within 4 min 12 s.",
		}},
		{"weight in a private policy", Ask(s.Replica, "DistancePool", 1, s.now, live, Form{}, true, "http://h/", ""), Dialog{
			Element: "0x00000001", Pool: "DistancePool", Remain: "1 of 2 elements remain, 1 up. It carries the weight 1,500.",
			Return: "It can come back: its next registration is due within 4 min 12 s.",
		}},
		{"the last", Ask(s.Replica, "\x00\xff", 6, s.now, live, Form{}, false, "http://h/", ""), Dialog{
			Element: "0x00000006", Pool: "0x00ff", Remain: "It is the last element: the pool ends with it.",
			Return: "It can come back: its next registration is due within 4 min 12 s.", NoWriter: true, Blocked: true,
			Type: "It is the last element. Type the pool handle to go on",
		}},
		{"gone meanwhile", Ask(s.Replica, "EchoPool", 99, s.now, live, Form{}, true, "http://h/", ""), Dialog{
			Element: "0x00000063", Pool: "EchoPool", Remain: "It has left the pool meanwhile.", Return: "There is nothing to deregister.", Blocked: true,
		}},
		{"offline", Ask(s.Replica, "CalcAppPool", 4, s.now, Connection{Phase: Offline}, Form{}, true, "http://h/", ""), Dialog{
			Element: "0x00000004", Pool: "CalcAppPool", Remain: "1 of 2 elements remain, 1 up.",
			Return:  "It can come back: its next registration is due within 4 min 12 s.",
			Refused: "The registrar is out of reach. Nothing can be removed until it answers.", Blocked: true,
		}},
	}
	for _, tt := range tests {
		tt.got.Command, tt.want.Action = "", "Deregister the element"
		if tt.got != tt.want {
			t.Errorf("%s:\n%+v\nwant\n%+v", tt.name, tt.got, tt.want)
		}
	}
}

func TestRemoval(t *testing.T) {
	s := sample()
	m := Removal{Handle: "EchoPool", ID: 1, At: s.now, Told: 1, Peers: 2}
	told := func(after time.Duration) Toast {
		now := s.now.Add(after)
		m.Observe(s.Replica, now)
		return m.Toast(now)
	}
	// The answer may come before the feed tells of the removal.
	if got := told(0); got.Return.Word != "not back so far" || got.Told.Word != "1 of 2 peers told" || got.Told.Class != "chip warn" {
		t.Errorf("before the feed: %+v", got)
	}
	s.remove("EchoPool", 1)
	if got := told(time.Second); got.Return.Word != "not back so far" || m.Over(s.now.Add(time.Second)) {
		t.Errorf("removed: %+v", got)
	}
	s.element("EchoPool", 1, self, weight(1), feed.Up)
	if got := told(27 * time.Second); got.Return.Word != "came back after 27 s" || !m.Over(s.now.Add(27*time.Second)) {
		t.Errorf("back: %+v", got)
	}
	if got := told(time.Minute); got.Return.Word != "came back after 27 s" {
		t.Errorf("later: %+v", got)
	}
	if want := "EchoPool: element 0x00000001 removed, 1 of 2 peers told, came back after 27 s"; told(time.Minute).Summary() != want {
		t.Errorf("summary is %q", told(time.Minute).Summary())
	}
}

func TestRemovalForGood(t *testing.T) {
	s := sample()
	m := Removal{Handle: "EchoPool", ID: 1, At: s.now, Told: 2, Peers: 2}
	s.remove("EchoPool", 1)
	m.Observe(s.Replica, s.now)
	late := s.now.Add(returnWatch + time.Second)
	if got := m.Toast(late); got.Return.Word != "not back after 5 min" || got.Told.Class != "chip ok" || !m.Over(late) {
		t.Errorf("toast is %+v", got)
	}
	alone := Removal{Handle: "EchoPool", ID: 1, At: s.now}
	if got := alone.Toast(s.now); got.Told.Word != "no peer to tell" {
		t.Errorf("without peers: %+v", got)
	}
}

func TestRefusal(t *testing.T) {
	for status, part := range map[int]string{
		0: "did not answer", 401: "no operator token", 403: "refused a write from this page", 404: "not there any more",
		409: "now owned by 0x77aa0001", 423: "protected", 503: "HTTP status 503",
	} {
		if got := Refusal(status, 1, "0x77aa0001"); !strings.Contains(got, part) {
			t.Errorf("%d: %q does not say %q", status, got, part)
		}
	}
	if got := Refusal(409, 1, ""); !strings.Contains(got, "owned by a peer") {
		t.Errorf("409 without a home: %q", got)
	}
}
