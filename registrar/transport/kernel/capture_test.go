//go:build linux && !386

package kernel

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// capture records the packets of the loopback that filter wants, until the test
// ends, and then has check read what tshark shows of each, field by field.
func capture(t *testing.T, filter string, options []string, check func(packets [][]string), fields ...string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return // what is tested besides needs no root
	}
	for _, tool := range []string{"dumpcap", "tshark"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("apt-get install tshark: %v", err)
			}
			t.Logf("the packets are not looked at (apt-get install tshark): %v", err)
			return
		}
	}
	file := filepath.Join(t.TempDir(), "packets.pcapng")
	dumpcap := exec.Command("dumpcap", "-i", "lo", "-f", "("+filter+") or udp port 9", "-w", file)
	words, err := dumpcap.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := dumpcap.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(words)
	for line := ""; !strings.HasPrefix(line, "File:"); { // it has begun
		if line, err = said.ReadString('\n'); err != nil {
			t.Fatalf("dumpcap: %v", errors.Join(err, dumpcap.Wait()))
		}
	}
	t.Cleanup(func() {
		awaitPackets(t, file)
		_ = dumpcap.Process.Signal(syscall.SIGINT)
		_, _ = io.Copy(io.Discard, said)
		if err := dumpcap.Wait(); err != nil {
			t.Errorf("dumpcap: %v", err)
		}
		args := []string{"-r", file, "-Y", "sctp", "-T", "fields"}
		for _, f := range fields {
			args = append(args, "-e", f)
		}
		out, err := exec.Command("tshark", append(args, options...)...).Output()
		if err != nil {
			t.Errorf("tshark: %v", err)
		}
		var packets [][]string
		for line := range strings.Lines(string(out)) {
			packets = append(packets, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
		}
		check(packets)
	})
}

// awaitPackets waits until the packets that were sent are in the file: until one
// that is sent last, to the port for what nobody wants, is.
func awaitPackets(t *testing.T, file string) {
	t.Helper()
	const last = "the last packet of the capture"
	conn, err := net.Dial("udp", "127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, last)
	within(context.WithoutCancel(t.Context()), t, "the capture is not complete", func() bool {
		text, err := os.ReadFile(file)
		return err == nil && bytes.Contains(text, []byte(last))
	})
}

// captureAborts checks that nobody calls the other's packets a protocol violation.
func captureAborts(t *testing.T) {
	t.Helper()
	// The first chunk is behind the common header of 12 bytes, in IPv6 behind 40 more.
	const filter = "sctp[12] = 6 or (ip6[6] = 132 and ip6[52] = 6)"
	capture(t, filter, nil, func(packets [][]string) {
		// What Linux says to a peer that does not answer.
		silence := hex.EncodeToString([]byte("Association exceeded its max_retrans count"))
		for _, p := range packets {
			cause, text := p[0], strings.ReplaceAll(p[1], ":", "")
			if cause != "" && cause != "0x000c" && (cause != "0x000d" || !strings.HasPrefix(text, silence)) {
				t.Errorf("ABORT of cause %q, %q; want none but the user's own", cause, text)
			}
		}
		if len(packets) == 0 {
			t.Error("no ABORT was seen")
		}
	}, "sctp.cause_code", "sctp.cause_information")
}
