package pcapng

import (
	"encoding/binary"
	"net/netip"

	"github.com/gopacket/gopacket/layers"

	"rserpool/registrar/asap"
)

const (
	// messageHeader is that of ASAP and ENRP messages, with the length in it.
	messageHeader = 4
	// maxStreams and maxAhead bound what a file can make a reader remember:
	// connections, and segments of one that came before their turn.
	maxStreams = 1 << 14
	maxAhead   = 1 << 8
)

// streams are the directions of TCP connections in which ASAP may be. Only users
// speak it there, so ENRP is in none.
type streams map[[2]netip.AddrPort]*stream

// stream puts segments in order and cuts messages.
type stream struct {
	next  uint32
	ahead map[uint32][]byte
	text  []byte
	// sure: its first message was one. other: it was not, and nothing is read.
	sure, other bool
}

// read takes a segment.
func (s streams) read(from, to netip.AddrPort, t *layers.TCP, add emit) {
	key := [2]netip.AddrPort{from, to}
	at := s[key]
	if t.SYN || at == nil {
		if len(s) == maxStreams {
			clear(s)
		}
		at = &stream{next: t.Seq, ahead: map[uint32][]byte{}}
		if t.SYN {
			at.next++
		}
		s[key] = at
	}
	if payload := t.LayerPayload(); len(payload) > 0 && !at.other {
		at.take(t.Seq, payload)
		at.cut(func(b []byte) { add(from, to, false, b) })
	}
}

// take appends what is next, and keeps what is ahead of it.
func (s *stream) take(seq uint32, payload []byte) {
	if len(s.ahead) >= maxAhead {
		clear(s.ahead)
	}
	s.ahead[seq] = payload
	for moved := true; moved; {
		moved = false
		for seq, b := range s.ahead {
			old := int32(s.next - seq) // of bytes that were there before
			if old < 0 {
				continue
			}
			delete(s.ahead, seq)
			if int(old) < len(b) {
				s.text = append(s.text, b[old:]...)
				s.next += uint32(len(b)) - uint32(old)
				moved = true
			}
		}
	}
}

// cut gives the whole messages, each padded to 4 bytes as package transport/tcp
// writes them.
func (s *stream) cut(each func([]byte)) {
	for len(s.text) >= messageHeader && !s.other {
		n := int(binary.BigEndian.Uint16(s.text[2:]))
		padded := (n + 3) &^ 3
		if n < messageHeader {
			s.other = true
			return
		}
		if len(s.text) < padded {
			return
		}
		m := s.text[:padded:padded]
		if !s.sure {
			_, err := asap.Parse(m)
			s.sure, s.other = err == nil, err != nil
		}
		if s.sure {
			each(m)
		}
		s.text = s.text[padded:]
	}
}
