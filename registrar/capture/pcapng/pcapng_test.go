package pcapng_test

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/capture"
	"rserpool/registrar/capture/pcapng"
	"rserpool/registrar/feed"
)

var (
	v4, v4Peer = netip.MustParseAddrPort("192.0.2.1:3863"), netip.MustParseAddrPort("192.0.2.7:40112")
	v6, v6Peer = netip.MustParseAddrPort("[2001:db8::1]:9901"), netip.MustParseAddrPort("[2001:db8::2]:9901")
)

// keepAlive is an ENDPOINT_KEEP_ALIVE, presence an ENRP_PRESENCE.
const (
	keepAlive = "070000140a0a0a0a0009000c4563686f506f6f6c"
	presence  = "010100120102030400000000000f0006abcd"
)

func message(t *testing.T, c feed.Captured, digits string) capture.Message {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	c.Micros = 1_700_000_000_123_456
	return capture.Message{Captured: c, Bytes: b}
}

// large is a HANDLE_TABLE_RESPONSE that fills three packets: an entry of one pool
// again and again.
func large() string {
	entry := "0009000c4563686f506f6f6c" + "000a0028000000010a0a0a0a0000012c" + "0005001000070000 00010008c0000207" + "0008000800000001"
	n := 1100
	body := strings.Repeat(entry, n)
	length := 12 + n*52
	return "0300" + hex.EncodeToString([]byte{byte(length >> 8), byte(length)}) + "0102030400000000" + body
}

// tshark, which shares no code with this project, dissects the files.
func TestTshark(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("tshark is missing: apt-get install -y tshark")
		}
		t.Skip("tshark is missing: apt-get install -y tshark")
	}
	var b bytes.Buffer
	w, err := pcapng.NewWriter(&b, "test")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []capture.Message{
		message(t, feed.Captured{Number: 1, Out: true, Association: 1, Local: v4, Remote: v4Peer}, keepAlive),
		message(t, feed.Captured{Number: 2, ENRP: true, Association: 2, Server: 0x01020304, Local: v6, Remote: v6Peer}, presence),
		message(t, feed.Captured{Number: 3, Association: 3, Stream: true, Remote: v4Peer}, keepAlive),
		message(t, feed.Captured{Number: 4, ENRP: true, Out: true, Group: true, Local: netip.AddrPortFrom(v4.Addr(), 9901), Remote: netip.MustParseAddrPort("239.0.0.51:9901")}, presence),
		message(t, feed.Captured{Number: 5, Association: 4, Local: v4, Remote: v6Peer}, keepAlive),
		message(t, feed.Captured{Number: 6, ENRP: true, Association: 2, Local: v6, Remote: v6Peer}, large()),
		message(t, feed.Captured{Number: 7, Association: 5}, "ff"),
	} {
		if err := w.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "messages.pcapng")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	fields := tshark(t, file, "-T", "fields", "-E", "separator=|", "-E", "occurrence=f",
		"-e", "frame.time_epoch", "-e", "ip.src", "-e", "ipv6.src", "-e", "sctp.srcport", "-e", "sctp.data_payload_proto_id",
		"-e", "asap.message_type", "-e", "enrp.message_type")
	want := []string{
		"1700000000.123456000|192.0.2.1||3863|11|7|",
		"1700000000.123456000||2001:db8::2|9901|12||1",
		"1700000000.123456000|192.0.2.7||40112|11|7|",
		"1700000000.123456000|192.0.2.1||||",
		"1700000000.123456000||2001:db8::2|9901|11|7|",
		"1700000000.123456000||2001:db8::2|9901|12||",
		"1700000000.123456000||2001:db8::2|9901|12||3",
	}
	got := strings.Split(strings.TrimSpace(fields), "\n")
	for i, line := range want {
		if i >= len(got) || !strings.HasPrefix(got[i], line) {
			t.Errorf("packet %d: %q, want %q", i+1, got[min(i, len(got)-1)], line)
		}
	}
	if len(got) != len(want)+1 {
		t.Errorf("%d packets, want %d and one that is no message:\n%s", len(got), len(want), fields)
	}
	if diff := cmp.Diff("", tshark(t, file, "-Y", "(sctp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed) && frame.number <= 7")); diff != "" {
		t.Errorf("packets with faults (-none +found):\n%s", diff)
	}
	text := tshark(t, file, "-V")
	for _, s := range []string{
		"Server Identifier: 0x0a0a0a0a", "EchoPool", "PE Checksum: 0xabcd",
		"message 3, received, association 3, over TCP", "message 2, received, association 2, with registrar 0x01020304",
	} {
		if !strings.Contains(strings.ToLower(text), strings.ToLower(s)) {
			t.Errorf("tshark -V shows no %q", s)
		}
	}
	if t.Failed() {
		t.Log(text[:min(len(text), 12000)])
	}
}

func tshark(t *testing.T, file string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "tshark", append([]string{"-n", "-o", "sctp.checksum:CRC-32c", "-r", file}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, stderr.String())
	}
	return string(out)
}
