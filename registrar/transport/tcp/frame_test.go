package tcp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"rserpool/registrar/transport"
)

const (
	ctrl = "\x05\x01\x00\x0d\x00\x09\x00\x09ctrl1\x00\x00\x00"
	echo = "\x05\x00\x00\x10\x00\x09\x00\x0cEchoPool"
)

// largest is a message of the greatest length.
func largest() []byte {
	b := bytes.Repeat([]byte{'x'}, transport.MaxMessage)
	copy(b, "\x0b\x00\xff\xff")
	b[len(b)-1] = 0
	return b
}

// PAR-4-11
func TestReadFrame(t *testing.T) {
	for _, tc := range []struct {
		name, stream string
		messages     []string
		err          error
	}{
		{"nothing", "", nil, io.EOF},
		{"one", ctrl, []string{ctrl}, io.EOF},
		{"two in one segment", ctrl + echo, []string{ctrl, echo}, io.EOF},
		{"header alone", "\x05\x00\x00\x04" + echo, []string{"\x05\x00\x00\x04", echo}, io.EOF},
		{"the largest", string(largest()) + echo, []string{string(largest()), echo}, io.EOF},
		{"ends in a header", echo + "\x05\x00", []string{echo}, io.ErrUnexpectedEOF},
		{"ends in a message", echo + ctrl[:9], []string{echo}, io.ErrUnexpectedEOF},
		{"ends in the padding", ctrl[:14], nil, io.ErrUnexpectedEOF},
		{"ends behind a header", "\x05\x00\xff\xff", nil, io.ErrUnexpectedEOF},
		{"broken length", echo + "\x05\x00\x00\x03" + echo, []string{echo}, errFrame},
		{"length 0", "\x00\x00\x00\x00", nil, errFrame},
	} {
		for how, wrap := range map[string]func(io.Reader) io.Reader{
			"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "data with EOF": iotest.DataErrReader,
		} {
			t.Run(tc.name+"/"+how, func(t *testing.T) {
				r := bufio.NewReaderSize(wrap(strings.NewReader(tc.stream)), 16)
				for _, want := range tc.messages {
					if got, err := readFrame(r, func() {}); err != nil || string(got) != want {
						t.Fatalf("have %d bytes %.40q, %v, want %.40q", len(got), got, err, want)
					}
				}
				if got, err := readFrame(r, func() {}); !errors.Is(err, tc.err) || got != nil {
					t.Errorf("have %q, %v, want error %v", got, err, tc.err)
				}
			})
		}
	}
}

// A time limit begins with a message and not before, and not at all for one that
// is there already.
func TestReadFrameBegun(t *testing.T) {
	for _, tc := range []struct {
		name  string
		input io.Reader
		want  bool
	}{
		{"whole", strings.NewReader(ctrl), false},
		{"byte by byte", iotest.OneByteReader(strings.NewReader(ctrl)), true},
		{"header first", io.MultiReader(strings.NewReader(ctrl[:4]), strings.NewReader(ctrl[4:])), true},
		{"nothing", strings.NewReader(""), false},
	} {
		begun := false
		_, _ = readFrame(bufio.NewReader(tc.input), func() { begun = true })
		if begun != tc.want {
			t.Errorf("%s: begun %t, want %t", tc.name, begun, tc.want)
		}
	}
}

func TestFrame(t *testing.T) {
	for _, tc := range []struct {
		name    string
		message transport.Message
		want    string
		err     string
	}{
		{"padded", transport.Message{PPID: 11, Data: []byte(ctrl)}, ctrl, ""},
		{"without its padding", transport.Message{PPID: 11, Data: []byte(ctrl[:13])}, ctrl, ""},
		{"half its padding", transport.Message{PPID: 11, Data: []byte(ctrl[:14])}, "", "must be that of its header, 13, or with padding 16; have 14"},
		{"two messages", transport.Message{PPID: 11, Data: []byte(ctrl + echo)}, "", "have 32"},
		{"cut", transport.Message{PPID: 11, Data: []byte(ctrl[:12])}, "", "have 12"},
		{"no header", transport.Message{PPID: 11, Data: []byte("abc")}, "", "a header of 4 bytes, have 3 bytes"},
		{"broken length", transport.Message{PPID: 11, Data: []byte("\x05\x00\x00\x03")}, "", "broken message length"},
		{"ENRP", transport.Message{PPID: transport.PPIDENRP, Data: []byte(echo)}, "", "payload protocol identifier is 11; have 12"},
		{"empty", transport.Message{PPID: 11}, "", transport.ErrEmpty.Error()},
		{"too big", transport.Message{PPID: 11, Data: make([]byte, transport.MaxMessage+1)}, "", transport.ErrTooBig.Error()},
	} {
		got, err := frame(tc.message)
		if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) || string(got) != tc.want {
			t.Errorf("%s: have %q, %v, want %q, error %q", tc.name, got, err, tc.want, tc.err)
		}
	}
}

// FuzzReadFrame: however a stream is cut into segments, it gives the same
// messages, they are the stream, and an end is told as what it is. SEC-28
func FuzzReadFrame(f *testing.F) {
	for _, s := range []string{"", ctrl, ctrl + echo, echo[:7], "\x05\x00\x00\x03", "\x05\x00\x00\x05\x01\x02\x03\x04" + echo} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		whole, end := readAllFrames(bytes.NewReader(stream))
		pieces, endInPieces := readAllFrames(iotest.OneByteReader(bytes.NewReader(stream)))
		if !bytes.Equal(whole, pieces) || end.Error() != endInPieces.Error() {
			t.Fatalf("%d bytes and %v in one piece, %d bytes and %v byte by byte", len(whole), end, len(pieces), endInPieces)
		}
		if !bytes.HasPrefix(stream, whole) {
			t.Fatal("the messages are not the stream")
		}
		rest := stream[len(whole):]
		switch {
		case errors.Is(end, io.EOF) != (len(rest) == 0):
			t.Fatalf("%v with %d bytes left", end, len(rest))
		case errors.Is(end, errFrame) && (len(rest) < 4 || rest[2] != 0 || rest[3] > 3):
			t.Fatalf("%v for % x", end, rest[:min(4, len(rest))])
		case errors.Is(end, io.ErrUnexpectedEOF) && len(rest) >= 4 && len(rest) >= padded(int(rest[2])<<8|int(rest[3])):
			t.Fatalf("a whole message of %d bytes is left", len(rest))
		}
	})
}

// readAllFrames gives the messages of a stream back to back, and how it ends.
func readAllFrames(r io.Reader) (all []byte, end error) {
	for b := bufio.NewReaderSize(r, 16); ; {
		data, err := readFrame(b, func() {})
		if err != nil {
			return all, err
		}
		all = append(all, data...)
	}
}
