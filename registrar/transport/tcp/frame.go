package tcp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"rserpool/registrar/transport"
)

// headerSize is the size of a message's header, RFC 5354 section 4: type, flags,
// and the length of the whole message without its padding.
const headerSize = 4

// errFrame says that the stream cannot be cut into messages any more.
var errFrame = errors.New("broken message length")

// frameLength is how long the message that begins with header is without its
// padding.
func frameLength(header []byte) (int, error) {
	n := int(header[2])<<8 | int(header[3])
	if n < headerSize {
		return 0, fmt.Errorf("%w: want at least %d, have %d", errFrame, headerSize, n)
	}
	return n, nil
}

func padded(n int) int { return (n + 3) &^ 3 }

// readFrame cuts the next message, with its padding, from a stream in which
// messages follow one another, each padded to 4 bytes (RFC 5352 section 5; the
// padding is ours to state: the RFC gives no framing). begun is called when the
// message has begun and not all of it is there. readFrame returns io.EOF at a
// clean end, io.ErrUnexpectedEOF at another one, and errFrame where the length is
// broken: nothing behind it can be found again.
func readFrame(r *bufio.Reader, begun func()) ([]byte, error) {
	if _, err := r.Peek(1); err != nil {
		return nil, err
	}
	if r.Buffered() < headerSize {
		begun()
	}
	header, err := r.Peek(headerSize)
	if err != nil {
		return nil, unexpected(err)
	}
	n, err := frameLength(header)
	if err != nil {
		return nil, err
	}
	if n = padded(n); r.Buffered() < n {
		begun()
	}
	if n <= r.Size() {
		b, err := r.Peek(n)
		if err != nil {
			return nil, unexpected(err)
		}
		b = bytes.Clone(b)
		_, err = r.Discard(n)
		return b, err
	}
	var b bytes.Buffer // grows with what comes, not with what the length claims
	if _, err := io.CopyN(&b, r, int64(n)); err != nil {
		return nil, unexpected(err)
	}
	return b.Bytes(), nil
}

// unexpected is the end inside a message.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// frame gives the bytes of m in the stream, in memory of their own. It refuses
// what the other end could not read back.
func frame(m transport.Message) ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if m.PPID != transport.PPIDASAP {
		return nil, fmt.Errorf("transport: tcp carries ASAP only, whose payload protocol identifier is %d; have %d",
			transport.PPIDASAP, m.PPID)
	}
	if len(m.Data) < headerSize {
		return nil, fmt.Errorf("transport: tcp carries messages with a header of %d bytes, have %d bytes", headerSize, len(m.Data))
	}
	n, err := frameLength(m.Data)
	if err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	if len(m.Data) != n && len(m.Data) != padded(n) {
		return nil, fmt.Errorf("transport: a message's length must be that of its header, %d, or with padding %d; have %d",
			n, padded(n), len(m.Data))
	}
	b := make([]byte, padded(n))
	copy(b, m.Data)
	return b, nil
}
