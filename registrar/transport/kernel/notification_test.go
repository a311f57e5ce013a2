//go:build linux && !386

package kernel

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/ishidawataru/sctp"
	"golang.org/x/sys/unix"

	"rserpool/registrar/transport"
)

// Seen from a little-endian kernel 6.1.
func TestParseNotification(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the notifications are of a little-endian kernel")
	}
	for _, tc := range []struct {
		hex  string
		want notification
	}{
		{"0180000014000000000000000400040003000000", notification{event: eventUp, id: 3}},
		{"01800000180000000100000c0000000003000000000c0004", notification{event: eventLost, id: 3}},
		{"01800000270000000100000c0000000003000000000c00136e6f206d6f7265206f662074686973", notification{event: eventLost, id: 3, reason: `"no more of this"`}},
		{"01800000180000000100000d0000000003000000000d0004", notification{event: eventLost, id: 3, reason: `protocol violation: ""`}},
		{"0180000018000000010000040000000003000000000400ff", notification{event: eventLost, id: 3, reason: "malformed reason"}},
		{"01800000180000000100000400000000030000000004000400", notification{event: eventLost, id: 3, reason: "out of resource"}},
		{"01800000180000000100000400000000030000000001000400", notification{event: eventLost, id: 3, reason: "error cause 1"}},
		{"0180000014000000030000000400040003000000", notification{event: eventDown, id: 3}},
		{"018000001400000009000000040004000300000", notification{}},
		{"058000000c00000003000000", notification{event: eventShutdown, id: 3}},
		{"06800000180000000000000003000000", notification{event: eventTorn, id: 3}},
		{"0680000018000000", notification{}},
		{"", notification{}},
	} {
		b, err := hex.DecodeString(tc.hex[:len(tc.hex)&^1])
		if err != nil {
			t.Fatal(err)
		}
		if got := parseNotification(b); got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.hex, got, tc.want)
		}
	}
}

// Whatever a notification holds, no more is told than an ABORT may say.
func FuzzParseNotification(f *testing.F) {
	f.Add(change(sctp.SCTP_COMM_LOST, 1, "enough").data)
	f.Add(notice(sctp.SCTP_SHUTDOWN_EVENT).data)
	f.Fuzz(func(t *testing.T, b []byte) {
		before := slices.Clone(b)
		n := parseNotification(b)
		if n.event < eventOther || n.event > eventTorn {
			t.Errorf("event %d", n.event)
		}
		if len(n.reason) > 4*maxReason+100 {
			t.Errorf("%d bytes of reason", len(n.reason))
		}
		if !slices.Equal(b, before) {
			t.Error("the notification was changed")
		}
	})
}

// The kernel's list has entries of two sizes.
func TestParseAddresses(t *testing.T) {
	want := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.2")}
	raw := rawAddresses(want, 3863)
	if len(raw) != 2*unix.SizeofSockaddrInet4+unix.SizeofSockaddrInet6 {
		t.Fatalf("%d bytes", len(raw))
	}
	got, port := parseAddresses(raw, 3)
	if !slices.Equal(got, want) || port != 3863 {
		t.Errorf("%v, port %d", got, port)
	}
	for n := range raw {
		if got, _ := parseAddresses(raw[:n:n], 3); len(got) >= 3 {
			t.Errorf("%v from %d bytes of %d", got, n, len(raw))
		}
	}
	mapped := rawAddresses([]netip.Addr{netip.MustParseAddr("2001:db8::1")}, 1)
	copy(mapped[8:], netip.MustParseAddr("::ffff:192.0.2.1").AsSlice())
	if got, _ := parseAddresses(mapped, 1); !slices.Equal(got, want[:1]) {
		t.Errorf("mapped: %v", got)
	}
}

// The times that the kernel gets keep the promise of Config: within MaxMissed+1
// probes idle, and half of that with data in flight, with a little for chance.
func TestTune(t *testing.T) {
	for _, c := range []transport.Config{
		{},
		{Heartbeat: 2 * time.Second, MaxMissed: 3},
		{Heartbeat: 10 * time.Second, MaxMissed: 1},
		{Heartbeat: time.Second, MaxMissed: 10},
		{Heartbeat: time.Millisecond, MaxMissed: 1 << 20},
	} {
		c = c.Defaults()
		got := tune(c)
		if got.rtoMin <= 0 || got.rtoMax < got.rtoMin || got.ack >= got.rtoMin || got.retries < 1 || got.retries > 255 {
			t.Errorf("%v x %d: %+v", c.Heartbeat, c.MaxMissed, got)
		}
		if c.Heartbeat < time.Second {
			continue // as fast as it can be
		}
		idle, busy, rto := time.Duration(0), time.Duration(0), got.rtoMin
		for missed := range got.retries + 2 { // the last is when it gives up
			idle += got.heartbeat + rto/2 + rto
			if missed <= got.retries {
				busy += rto
			}
			if missed > 0 {
				rto = min(2*rto, got.rtoMax)
			}
		}
		promised := c.Heartbeat * time.Duration(max(c.MaxMissed, 2)+1)
		if idle > promised*5/4 || busy > promised/2 {
			t.Errorf("%v x %d: found after %v idle, %v busy; promised %v", c.Heartbeat, c.MaxMissed, idle, busy, promised)
		}
		t.Logf("%v x %d: idle %v, busy %v", c.Heartbeat, c.MaxMissed, idle, busy)
	}
}
