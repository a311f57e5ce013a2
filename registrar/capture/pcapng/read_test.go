package pcapng_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/capture"
	"rserpool/registrar/capture/pcapng"
	"rserpool/registrar/feed"
)

// seen is a message as a test tells it.
type seen struct {
	Frame            int
	Proto, Src, Dst  string
	SrcPort, DstPort uint16
	Hex              string
}

// readAll gives all messages of a file, and the error that ended it.
func readAll(b []byte) (list []seen, err error) {
	r, err := pcapng.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return list, err
		}
		s := seen{m.Packet, "asap", m.From.Addr().String(), m.To.Addr().String(), m.From.Port(), m.To.Port(), hex.EncodeToString(m.Bytes)}
		if m.ENRP {
			s.Proto = "enrp"
		}
		list = append(list, s)
	}
}

// Captures of RSPLIB on a bridge, and the messages that tshark has found in them:
// several chunks a packet, retransmissions, fragments, datagrams, broken messages.
func TestReadRSPLIB(t *testing.T) {
	files, err := filepath.Glob("testdata/*.pcapng")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readAll(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for i, m := range got { // the lists have no addresses
			got[i] = seen{Frame: m.Frame, Proto: m.Proto, Hex: m.Hex}
		}
		list, err := os.Open(filepath.Join("..", "..", "inspect", "testdata", "captures", strings.TrimSuffix(filepath.Base(name), ".pcapng")+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		defer list.Close()
		var want []seen
		for lines := bufio.NewScanner(list); lines.Scan(); {
			var s seen
			if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
				t.Fatal(err)
			}
			want = append(want, s)
		}
		if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
			t.Errorf("%s: %d messages (-want +got):\n%s", name, len(got), diff)
		}
	}
}

// What a registrar has captured comes out as it went in.
func TestReadOwn(t *testing.T) {
	var b bytes.Buffer
	w, err := pcapng.NewWriter(&b, "test")
	if err != nil {
		t.Fatal(err)
	}
	group := netip.MustParseAddrPort("239.0.0.51:9901")
	for _, m := range []capture.Message{
		message(t, feed.Captured{Number: 1, Out: true, Association: 1, Local: v4, Remote: v4Peer}, keepAlive),
		message(t, feed.Captured{Number: 2, ENRP: true, Association: 2, Local: v6, Remote: v6Peer}, large()),
		message(t, feed.Captured{Number: 3, ENRP: true, Out: true, Group: true, Local: v4, Remote: group}, presence),
		message(t, feed.Captured{Number: 4, Association: 1, Local: v4, Remote: v4Peer}, keepAlive),
	} {
		if err := w.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	want := []seen{
		{1, "asap", "192.0.2.1", "192.0.2.7", 3863, 40112, keepAlive},
		{3, "enrp", "2001:db8::2", "2001:db8::1", 9901, 9901, strings.ReplaceAll(large(), " ", "")},
		{4, "enrp", "192.0.2.1", "239.0.0.51", 3863, 9901, presence},
		{5, "asap", "192.0.2.7", "192.0.2.1", 40112, 3863, keepAlive},
	}
	got, err := readAll(b.Bytes())
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%.2000s", err, diff)
	}
	// A file that breaks off gives what is whole, and says where.
	got, err = readAll(b.Bytes()[:b.Len()-40])
	if len(got) != 3 || err == nil || !strings.Contains(err.Error(), "packet 5: ") {
		t.Errorf("of a broken file %d messages, %v", len(got), err)
	}
}

func TestReadNoCapture(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "text": "hello, this is no capture file at all", "beginning of pcapng": "\x0a\x0d\x0d\x0a\x00\x00"} {
		if list, err := readAll([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), "no capture file: ") {
			t.Errorf("%s: %d messages, %v", name, len(list), err)
		}
	}
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.pcapng")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:min(len(b), 4096)])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		list, _ := readAll(b)
		bytes := 0
		for _, m := range list {
			bytes += len(m.Hex) / 2
		}
		if bytes > len(b) {
			t.Errorf("%d bytes of messages in %d bytes", bytes, len(b))
		}
	})
}
