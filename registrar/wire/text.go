package wire

// Text appends a 16-bit length and that many bytes: a field of a fixed part
// that private messages have and no RFC does. Longer texts are cut.
func (w *Writer) Text(s string) {
	s = s[:min(len(s), maxText)]
	w.Uint16(uint16(len(s))) //nolint:gosec // bounded above
	w.buf = append(w.buf, s...)
}

// Text reads what Writer.Text wrote, a copy of it.
func (r *Reader) Text() string { return string(r.fixed(int(r.Uint16()))) }

// maxText keeps a private message with several texts far below MaxMessage.
const maxText = 8192
