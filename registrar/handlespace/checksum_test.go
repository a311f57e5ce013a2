package handlespace_test

import (
	"testing"
	"time"

	"rserpool/registrar/wire"
)

func TestChecksum(t *testing.T) {
	type entry struct {
		handle wire.PoolHandle
		id     wire.PEIdentifier
	}
	echo, web := entry{"EchoPool", 0x11223344}, entry{"web-tcp", 0x0a0b0c0d}
	tests := []struct {
		name    string
		entries []entry
		want    wire.Checksum
	}{
		{"empty", nil, 0xffff},                                               // ENRP-3.6.2-03
		{"one element", []entry{echo}, 0x4deb},                               // ENRP-3.6.2-01
		{"handle padded with zeros", []entry{{"ctrl1", 0xdeadbeef}}, 0x5b81}, // ENRP-3.6.2-01
		{"two pools", []entry{echo, web}, 0x79dc},                            // ENRP-3.6.2-02
		{"two pools, other order", []entry{web, echo}, 0x79dc},               // ENRP-3.6.2-02
		{"carries", []entry{{"EchoPool", 0xffffffff}, {"EchoPool", 0xfffffffe}, {"EchoPool", 0xfffffffd}}, 0xb6f7}, // ENRP-3.6.2-02
		{"byte order", []entry{{"\x00\x01", 0x00010000}}, 0xfffd},                                                  // ENRP-3.6.2-02
		{"folds to 0xffff", []entry{{"zz", 0x00018584}}, 0x0000},                                                   // ENRP-3.6.2-06
	}
	const own, other = 1, 2
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := empty()
			for _, e := range tt.entries {
				put(t, h, e.handle, pe(e.id, own, rr))
			}
			// ENRP-3.6.2-04
			put(t, h, "EchoPool", pe(0x55, other, rr))
			put(t, h, "elsewhere", pe(0x55, other, rr))
			if got := h.Checksum(own); got != tt.want {
				t.Errorf("checksum is %v, want %v", got, tt.want)
			}
			if got := h.Count(own); got != len(tt.entries) {
				t.Errorf("count is %d, want %d", got, len(tt.entries))
			}
			// ENRP-3.6.2-06
			for _, e := range tt.entries {
				h.Remove(e.handle, e.id)
			}
			if got := h.Checksum(own); got != 0xffff {
				t.Errorf("checksum is %v after the last removal, want 0xffff", got)
			}
			verify(t, h)
		})
	}
}

// ENRP-3.6.2-05: the cksum_after_removal vector, and a change of the home.
func TestChecksumFollowsChanges(t *testing.T) {
	h := empty()
	put(t, h, "EchoPool", pe(0x11223344, 1, rr))
	put(t, h, "web-tcp", pe(0x0a0b0c0d, 1, rr))
	h.Remove("web-tcp", 0x0a0b0c0d)
	if got := h.Checksum(1); got != 0x4deb {
		t.Errorf("after a removal: %v, want 0x4deb", got)
	}
	h.SetHome("EchoPool", 0x11223344, 2, time.Time{})
	if one, two := h.Checksum(1), h.Checksum(2); one != 0xffff || two != 0x4deb {
		t.Errorf("after a takeover: %v and %v, want 0xffff and 0x4deb", one, two)
	}
	put(t, h, "EchoPool", pe(0x11223344, 3, rr))
	if two, three := h.Checksum(2), h.Checksum(3); two != 0xffff || three != 0x4deb {
		t.Errorf("after an update with another home: %v and %v, want 0xffff and 0x4deb", two, three)
	}
}
