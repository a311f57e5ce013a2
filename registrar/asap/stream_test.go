package asap_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// PAR-4-11
func TestReadStream(t *testing.T) {
	const (
		ctrl = "\x05\x01\x00\x0d\x00\x09\x00\x09ctrl1\x00\x00\x00"
		echo = "\x05\x00\x00\x10\x00\x09\x00\x0cEchoPool"
	)
	for _, tc := range []struct {
		name, stream string
		messages     []string
		err          error // nil: a *wire.Error
	}{
		{"nothing", "", nil, io.EOF},
		{"one", ctrl, []string{ctrl}, io.EOF},
		{"two in one segment", ctrl + echo, []string{ctrl, echo}, io.EOF},
		{"header alone", "\x05\x00\x00\x04" + echo, []string{"\x05\x00\x00\x04", echo}, io.EOF},
		{"ends in a header", echo + "\x05\x00", []string{echo}, io.ErrUnexpectedEOF},
		{"ends in a message", echo + ctrl[:9], []string{echo}, io.ErrUnexpectedEOF},
		{"ends in the padding", ctrl[:14], nil, io.ErrUnexpectedEOF},
		{"ends behind a header", "\x05\x00\xff\xff", nil, io.ErrUnexpectedEOF},
		{"broken length", echo + "\x05\x00\x00\x03" + echo, []string{echo}, nil},
		{"length 0", "\x00\x00\x00\x00", nil, nil},
	} {
		for how, wrap := range map[string]func(io.Reader) io.Reader{
			"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "data with EOF": iotest.DataErrReader,
		} {
			t.Run(tc.name+"/"+how, func(t *testing.T) {
				r := bufio.NewReader(wrap(strings.NewReader(tc.stream)))
				for _, want := range tc.messages {
					if got, err := asap.ReadStream(r); err != nil || string(got) != want {
						t.Fatalf("have %q, %v, want %q", got, err, want)
					}
				}
				got, err := asap.ReadStream(r)
				var broken *wire.Error
				if tc.err == nil && (!errors.As(err, &broken) || broken.Class != wire.Malformed) || tc.err != nil && !errors.Is(err, tc.err) {
					t.Errorf("have %q, %v, want error %v", got, err, tc.err)
				}
			})
		}
	}
}

// A stream may fill its buffer, and the largest message is larger than that.
func TestReadStreamLargest(t *testing.T) {
	big, err := asap.Append(nil, asap.Cookie{Cookie: strings.Repeat("x", wire.MaxMessage-8)})
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReaderSize(bytes.NewReader(append(big, big...)), 16)
	for range 2 {
		if got, err := asap.ReadStream(r); err != nil || !bytes.Equal(got, big) {
			t.Fatalf("have %d bytes, %v, want %d", len(got), err, len(big))
		}
	}
}
