package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"rserpool/registrar/inspect"
)

// maxInspectLine bounds a line of inspect --jsonl: room for the checksum blocks
// of a million elements, and an end to a file without line ends.
const maxInspectLine = 64 << 20

var errLineTooLong = fmt.Errorf("longer than %d bytes", maxInspectLine)

// guessProto is the --proto that leaves the protocol open.
const guessProto = "guess"

// inspectOptions are the flags of `registrar inspect`.
type inspectOptions struct {
	apiFlags
	proto       *choice
	jsonl, tail bool // tail is --live
	file        string
	count       int
}

func newInspectCmd() *cobra.Command {
	o := &inspectOptions{proto: newChoice(guessProto, inspect.ASAP, inspect.ENRP)}
	cmd := &cobra.Command{
		Use:   "inspect [HEX]",
		Short: "Decode ASAP and ENRP messages",
		Long: "Decodes a message given in hex digits; spaces, colons and 0x in front of them are\n" +
			"fine. Shows its fields, whether a registrar can use it and what it would answer.\n\n" +
			"With --read, decodes the messages of a capture file (pcap or pcapng, of tcpdump,\n" +
			"Wireshark or a registrar), and with --live those that a registrar sends and receives\n" +
			"from now on: a line each, with -o wide all their fields. SCTP, SCTP in UDP at any\n" +
			"port, TCP and multicast announcements are looked at; what is encrypted cannot be\n" +
			"read there, but by --live.\n\n" +
			"With --jsonl, reads lines {\"name\",\"proto\":\"asap|enrp|checksum\",\"hex\"} on stdin and\n" +
			"writes a line {\"name\",\"decode\",\"message\",\"reencoded\",\"reply_hex\",\n" +
			"\"reply_param_hex\",\"checksum\"} for each, without the keys that have no value.\n\n" +
			"Exit codes: 3 no registrar reached, 4 no message in the file.",
		Example: "  registrar inspect 0501000d 00090009 6374726c 31000000\n" +
			"  registrar inspect --proto enrp -o json 0200000c0a0a0a0a01020304\n" +
			"  registrar inspect -r capture.pcapng -o wide\n" +
			"  tcpdump -i eth0 -w - sctp or udp | registrar inspect -r - --proto enrp\n" +
			"  registrar inspect --live --count 10\n" +
			"  registrar inspect --jsonl < vectors.jsonl",
		Args: func(_ *cobra.Command, args []string) error { return o.checkArgs(args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case o.count < 0:
				return fail(exitUsage, fmt.Errorf("--count: want 0 or more, have %d", o.count))
			case o.jsonl:
				return inspectJSONL(cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
			case o.file != "":
				return o.readFile(cmd)
			case o.tail:
				return o.live(cmd)
			}
			b, err := parseHex(strings.Join(args, " "))
			if err != nil {
				return fail(exitUsage, err)
			}
			return inspectOne(cmd, o.proto.value, b)
		},
	}
	f := cmd.Flags()
	o.add(f)
	f.StringVarP(&o.file, "read", "r", "", "`FILE` with captured packets, pcap or pcapng; - is the standard input")
	f.BoolVar(&o.tail, "live", false, "what a registrar sends and receives, from its API, until it is interrupted")
	f.IntVar(&o.count, "count", 0, "end after `N` messages of --read or --live; 0 is all")
	f.BoolVar(&o.jsonl, "jsonl", false, "decode lines of JSON on stdin")
	f.Var(o.proto, "proto", "what the bytes are: asap, enrp or guess; of --read and --live, the messages to show")
	cmd.MarkFlagsMutuallyExclusive("jsonl", "proto")
	cmd.MarkFlagsMutuallyExclusive("jsonl", "read", "live")
	return cmd
}

// checkArgs wants bytes from one place.
func (o *inspectOptions) checkArgs(args []string) error {
	elsewhere := o.jsonl || o.file != "" || o.tail
	switch {
	case elsewhere && len(args) > 0:
		return errors.New("--jsonl, --read and --live have messages of their own: leave out the arguments")
	case !elsewhere && len(args) == 0:
		return errors.New("no message to decode: give its bytes in hex digits, a capture with --read, or lines on stdin with --jsonl")
	case o.count != 0 && o.file == "" && !o.tail:
		return errors.New("--count: it goes with --read or --live")
	}
	return nil
}

// parseHex reads hex digits as people paste them.
func parseHex(s string) ([]byte, error) {
	words := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",:-_", r) })
	for i, w := range words {
		w, _ = strings.CutPrefix(w, "0x")
		words[i], _ = strings.CutPrefix(w, "0X")
	}
	digits := strings.Join(words, "")
	b, err := hex.DecodeString(digits)
	var odd hex.InvalidByteError
	switch {
	case errors.As(err, &odd):
		return nil, fmt.Errorf("want hex digits, have %q", rune(odd))
	case err != nil:
		return nil, fmt.Errorf("want two hex digits for each byte, have %d digits", len(digits))
	}
	return b, nil
}

// inspectOne prints one message for people, or as JSON.
func inspectOne(cmd *cobra.Command, proto string, b []byte) error {
	guessed := proto == guessProto
	if guessed {
		proto = inspect.Guess(b)
	}
	r := inspect.Describe(proto, b)
	if wantsData(cmd) {
		return printData(cmd, struct {
			Proto string `json:"proto"`
			inspectLine
		}{proto, newInspectLine(nil, r)})
	}
	_, err := cmd.OutOrStdout().Write(inspectText(r, guessed))
	return err
}

// inspectLine is a line that inspect --jsonl writes.
type inspectLine struct {
	Name       *string         `json:"name,omitempty"`
	Decode     string          `json:"decode"`
	Message    json.RawMessage `json:"message,omitempty"`
	Reencoded  string          `json:"reencoded,omitempty"`
	Reply      string          `json:"reply_hex,omitempty"`
	ReplyParam string          `json:"reply_param_hex,omitempty"`
	Checksum   string          `json:"checksum,omitempty"`
}

func newInspectLine(name *string, r inspect.Result) inspectLine {
	l := inspectLine{
		Name: name, Decode: r.Class.String(), Message: r.Message.AppendJSON(nil),
		Reencoded: hex.EncodeToString(r.Reencoded),
		Reply:     hex.EncodeToString(r.Reply), ReplyParam: hex.EncodeToString(r.ReplyParam),
	}
	if r.Checksum != nil {
		l.Checksum = r.Checksum.String()
	}
	return l
}

// inspectJSONL describes the messages that in lists, a line of out for each. A
// line that is none is named on log and makes the whole fail, after the rest.
func inspectJSONL(in io.Reader, out, log io.Writer) error {
	lines, w := bufio.NewReader(in), bufio.NewWriter(out)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	bad := 0
	for n := 1; ; n++ {
		line, err := readLine(lines)
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil && !errors.Is(err, errLineTooLong) {
			return errors.Join(fmt.Errorf("reading line %d: %w", n, err), w.Flush())
		}
		if err == nil && len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if err == nil {
			var answer inspectLine
			if answer, err = inspectRequest(line); err == nil {
				if err := e.Encode(answer); err != nil {
					return err
				}
			}
		}
		if err != nil {
			bad++
			fmt.Fprintf(log, "registrar: line %d: %s\n", n, oneLine(err))
		}
		if lines.Buffered() == 0 { // whoever waits for an answer gets it
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if bad > 0 {
		return fmt.Errorf("%d of the lines could not be read", bad)
	}
	return nil
}

// inspectRequest reads one line of input and describes what it holds.
func inspectRequest(line []byte) (inspectLine, error) {
	var req struct {
		Name  *string
		Proto string
		Hex   *string
	}
	if err := json.Unmarshal(line, &req); err != nil {
		return inspectLine{}, fmt.Errorf(`want {"name","proto","hex"}: %w`, err)
	}
	switch req.Proto {
	case inspect.ASAP, inspect.ENRP, inspect.Checksum:
	default:
		return inspectLine{}, fmt.Errorf("proto must be asap, enrp or checksum, is %q", req.Proto)
	}
	if req.Hex == nil {
		return inspectLine{}, errors.New("hex is missing")
	}
	b, err := parseHex(*req.Hex)
	if err != nil {
		return inspectLine{}, fmt.Errorf("hex: %w", err)
	}
	return newInspectLine(req.Name, inspect.Describe(req.Proto, b)), nil
}

// readLine reads to the next line end, which it leaves out, or to the end of the
// input. What is too long is skipped and gives errLineTooLong.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	tooLong := false
	for {
		part, err := r.ReadSlice('\n')
		if tooLong = tooLong || len(line)+len(part) > maxInspectLine; tooLong {
			line = nil
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case tooLong && (err == nil || err == io.EOF):
			return nil, errLineTooLong
		case err == io.EOF && len(line) > 0:
			return line, nil
		case err != nil:
			return nil, err
		}
		return line[:len(line)-1], nil
	}
}
