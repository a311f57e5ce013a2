package wire

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// Writer appends one message to a buffer. Parameters are padded in front of
// their successor, never behind themselves, so that a container counts the
// padding between its inner parameters but not after the last (RFC 5354
// section 3), and a message length leaves the final padding out (section 4).
type Writer struct {
	buf  []byte
	base int
}

// smallMessage has room for most messages: those without a list.
const smallMessage = 96

// NewWriter starts a message of the given type behind what b holds.
func NewWriter(b []byte, typ, flags uint8) *Writer {
	if cap(b)-len(b) < headerLen {
		b = slices.Grow(b, smallMessage)
	}
	return &Writer{buf: append(b, typ, flags, 0, 0), base: len(b)}
}

// Finish sets the message length, adds the final padding and returns the
// buffer. It returns ErrTooLong, and the buffer as it was, where the length
// does not fit.
func (w *Writer) Finish() ([]byte, error) {
	n := len(w.buf) - w.base
	if n > MaxMessage {
		return w.buf[:w.base], ErrTooLong
	}
	binary.BigEndian.PutUint16(w.buf[w.base+2:], uint16(n))
	w.align()
	return w.buf, nil
}

// Uint32 appends a field of a fixed part.
func (w *Writer) Uint32(v uint32) { w.buf = binary.BigEndian.AppendUint32(w.buf, v) }

// Uint16 appends a field of a fixed part.
func (w *Writer) Uint16(v uint16) { w.buf = binary.BigEndian.AppendUint16(w.buf, v) }

// Uint64 appends a field of a fixed part.
func (w *Writer) Uint64(v uint64) { w.buf = binary.BigEndian.AppendUint64(w.buf, v) }

// Bytes appends opaque bytes.
func (w *Writer) Bytes(b []byte) { w.buf = append(w.buf, b...) }

// Open starts a parameter; Close ends it with the mark that Open returned.
func (w *Writer) Open(t ParameterType) (mark int) {
	w.align()
	mark = len(w.buf)
	w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(t)<<16)
	return mark
}

// Close sets the length of the parameter opened at mark. A length over 16 bits
// makes the message too long as well, which Finish reports.
func (w *Writer) Close(mark int) {
	binary.BigEndian.PutUint16(w.buf[mark+2:], uint16(len(w.buf)-mark)) //nolint:gosec // see above
}

// Opaque appends a parameter with an opaque value.
func (w *Writer) Opaque(t ParameterType, value string) {
	m := w.Open(t)
	w.buf = append(w.buf, value...)
	w.Close(m)
}

// PoolHandle appends a Pool Handle parameter (RFC 5354 section 3.9).
func (w *Writer) PoolHandle(h PoolHandle) { w.Opaque(TypePoolHandle, string(h)) }

// PEIdentifier appends a PE Identifier parameter (RFC 5354 section 3.14).
func (w *Writer) PEIdentifier(id PEIdentifier) {
	w.align()
	w.buf = binary.BigEndian.AppendUint64(w.buf, uint64(TypePEIdentifier)<<48|8<<32|uint64(id))
}

// PEChecksum appends a PE Checksum parameter (RFC 5354 section 3.15).
func (w *Writer) PEChecksum(c Checksum) {
	m := w.Open(TypePEChecksum)
	w.Uint16(uint16(c))
	w.Close(m)
}

// Address appends an IPv4 or IPv6 Address parameter (RFC 5354 sections 3.1 and
// 3.2). The zero address appends nothing. An IPv4-mapped IPv6 address stays
// IPv6, as it came: unmap what a socket gave before it gets here.
func (w *Writer) Address(a netip.Addr) {
	w.align()
	w.buf = appendAddress(w.buf, a)
}

func appendAddress(b []byte, a netip.Addr) []byte {
	switch {
	case !a.IsValid():
		return b
	case a.Is4():
		v4 := a.As4()
		return binary.BigEndian.AppendUint64(b, uint64(ipv4Header)<<32|uint64(binary.BigEndian.Uint32(v4[:])))
	default:
		v6 := a.As16()
		return append(binary.BigEndian.AppendUint32(b, ipv6Header), v6[:]...)
	}
}

// align pads what was written last.
func (w *Writer) align() {
	if odd := (len(w.buf) - w.base) % 4; odd != 0 {
		w.buf = append(w.buf, make([]byte, 4-odd)...)
	}
}
