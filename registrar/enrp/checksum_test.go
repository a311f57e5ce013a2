package enrp_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"

	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

type member struct {
	handle wire.PoolHandle
	id     wire.PEIdentifier
}

// naive is the checksum by the letter of RFC 5353 section 3.6.2 and RFC 1071:
// blocks laid out in full, carries folded at every step.
func naive(members map[member]bool) wire.Checksum {
	var b []byte
	for m := range members { // the order must not matter
		b = append(b, m.handle...)
		b = append(b, bytes.Repeat([]byte{0}, -len(b)&3)...)
		b = binary.BigEndian.AppendUint32(b, uint32(m.id))
	}
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		if sum += uint32(b[i])<<8 | uint32(b[i+1]); sum > 0xffff {
			sum -= 0xffff
		}
	}
	return ^wire.Checksum(sum)
}

// ENRP-3.6.2-05 ENRP-3.6.2-06 ENRP-3.6.2-01 ENRP-3.6.2-02
func TestSumIncremental(t *testing.T) {
	members := rapid.Custom(func(t *rapid.T) member {
		return member{
			wire.PoolHandle(rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "handle")),
			wire.PEIdentifier(rapid.OneOf(rapid.Uint32(), rapid.SampledFrom([]uint32{0, 1, 0xffff, 0x10000, 0xffff0000, 0xffffffff})).Draw(t, "id")),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		var sums [2]enrp.Sum // of two homes
		sets := [2]map[member]bool{{}, {}}
		var all []member
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			home := rapid.IntRange(0, 1).Draw(t, "home")
			if len(all) == 0 || rapid.IntRange(0, 2).Draw(t, "step") == 0 {
				if m := members.Draw(t, "member"); !sets[0][m] && !sets[1][m] {
					sums[home].Add(m.handle, m.id)
					sets[home][m], all = true, append(all, m)
				}
			} else {
				i := rapid.IntRange(0, len(all)-1).Draw(t, "which")
				m := all[i]
				from := 0
				if sets[1][m] {
					from = 1
				}
				sums[from].Remove(m.handle, m.id)
				delete(sets[from], m)
				if from == home {
					all = append(all[:i], all[i+1:]...)
				} else { // it moved
					sums[home].Add(m.handle, m.id)
					sets[home][m] = true
				}
			}
			for i := range sums {
				if got, want := sums[i].Checksum(), naive(sets[i]); got != want {
					t.Fatalf("home %d with %d elements: %s, want %s", i, len(sets[i]), got, want)
				}
			}
		}
	})
}

// ENRP-3.6.2-03 ENRP-3.6.2-06
func TestSumEnds(t *testing.T) {
	var s enrp.Sum
	if got := s.Checksum(); got != 0xffff {
		t.Errorf("no element: %s, want 0xffff", got)
	}
	s.Add("zz", 0x00018584)
	if got := s.Checksum(); got != 0 {
		t.Errorf("a sum of 0xffff: %s, want 0x0000", got)
	}
	s.Remove("zz", 0x00018584)
	if got := s.Checksum(); got != 0xffff {
		t.Errorf("no element again: %s, want 0xffff", got)
	}
	// More elements of one home than a sum of 32 bits holds.
	const n = 100_000
	for i := range wire.PEIdentifier(n) {
		s.Add("\xff\xff\xff\xff\xff\xff\xff\xff", 0xffff0000|i)
	}
	if s.Checksum() == 0xffff {
		t.Error("many elements look like none")
	}
	for i := range wire.PEIdentifier(n) {
		s.Remove("\xff\xff\xff\xff\xff\xff\xff\xff", 0xffff0000|i)
	}
	if s != (enrp.Sum{}) {
		t.Errorf("after removing all: %+v, want the zero sum", s)
	}
}

// RSPLIB keeps 32 bits: beyond them the two differ.
func TestSumNarrow(t *testing.T) {
	var s enrp.Sum
	for i := range wire.PEIdentifier(40_000) {
		s.Add("\xff\xff\xff\xff", 0xffff0000|i)
		if wide, narrow := s.Checksum(), s.Narrow(); i == 20_000 && wide != narrow {
			t.Fatalf("of 20,001 elements: %s and %s, want the same", wide, narrow)
		}
	}
	if s.Checksum() == s.Narrow() {
		t.Error("of 40,000 elements: the same, want the carries of 32 bits lost")
	}
}

func TestSumOf(t *testing.T) {
	for blocks, want := range map[string]wire.Checksum{
		"": 0xffff, "EchoPool\x11\x22\x33\x44": 0x4deb, "\x01": 0xfeff, "\x01\x00": 0xfeff, "\x00\x01": 0xfffe,
		"EchoPool\x11\x22\x33\x44web-tcp\x00\x0a\x0b\x0c\x0d": 0x79dc,
	} {
		if got := enrp.SumOf([]byte(blocks)); got != want {
			t.Errorf("%x: %s, want %s", blocks, got, want)
		}
	}
}
