package asap

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"

	"rserpool/registrar/wire"
)

// ReadStream cuts the next message from a TCP stream, where messages follow one
// another, each padded to 4 bytes (RFC 5352 section 5; the padding is ours to
// state: the RFC gives no framing). It returns io.EOF at a clean end, and a
// *wire.Error where the length is broken: then close the connection, nothing
// behind it can be found again.
func ReadStream(r *bufio.Reader) ([]byte, error) {
	head, err := r.Peek(4)
	if err != nil {
		if len(head) > 0 && err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	n := int(head[2])<<8 | int(head[3])
	if n < 4 {
		return nil, &wire.Error{Class: wire.Malformed, Where: "stream", What: "message length must be at least 4, is " + strconv.Itoa(n)}
	}
	var b bytes.Buffer // grows with what comes, not with what the length claims
	if _, err := io.CopyN(&b, r, int64(wire.Padded(n))); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return b.Bytes(), nil
}
