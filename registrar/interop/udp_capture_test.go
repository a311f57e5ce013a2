package interop

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/kernel"
	"rserpool/registrar/transport/transporttest"
	"rserpool/registrar/transport/udp"
)

// Chunk types and error causes of RFC 9260 sections 3.2 and 3.3.10, and other
// fields, as tshark writes them.
const (
	data, initiation, initAck, sack         = "0", "1", "2", "3"
	heartbeat, heartbeatAck, abort          = "4", "5", "6"
	shutdown, shutdownAck, shutdownComplete = "7", "8", "14"
	cookieEcho, cookieAck                   = "10", "11"
	userAbort, protocolViolation            = "cause 0x000c", "cause 0x000d"
	emptyChunk, goodChecksum                = "4", "1"
)

// unknownPPID is one that tshark knows no protocol for.
const unknownPPID = 0x7fff0000

// TestUDPOnTheWire looks at every packet in the lives of associations that either
// side has opened and ended: none is malformed in the eyes of a third party
// (UDP-5.3-01), and the kernel takes offence at none.
func TestUDPOnTheWire(t *testing.T) {
	overUDP(t)
	stop := capture(t)
	mux := listen(t, udp.New(), transport.Config{Heartbeat: 200 * time.Millisecond})
	inKernel := listen(t, kernel.New(), transport.Config{Heartbeat: 200 * time.Millisecond})
	for i, way := range []struct {
		from, to transport.Listener
		at       uint16
	}{{mux, inKernel, kernelPort}, {inKernel, mux, mux.Addrs()[0].Port()}} {
		to := transporttest.AddressOf(way.to)
		to.UDPPort = way.at
		for _, orderly := range []bool{true, false} {
			for _, first := range []bool{true, false} {
				a := open(t, way.from, way.to, to)
				ends(t, a[i], a[1-i], orderly, first)
			}
		}
	}
	crowd(t, mux)
	inspect(t, stop())
}

// TestUDPBigDatagrams: on the loopback as it is, a kernel puts as many chunks into a
// datagram as fit.
func TestUDPBigDatagrams(t *testing.T) {
	overUDP(t)
	cleanUp(t, "ip link set lo mtu 65536 gso_max_size 65536")
	mux, inKernel := listen(t, udp.New(), transport.Config{}), listen(t, kernel.New(), transport.Config{})
	to := transporttest.AddressOf(mux)
	to.UDPPort = to.Port
	a := open(t, inKernel, mux, to)
	ends(t, a[0], a[1], true, true)
}

// open dials, exchanges messages, and returns both ends.
func open(t *testing.T, from, to transport.Listener, at transport.Address) [2]transport.Association {
	t.Helper()
	a, err := from.Dial(bounded(t), at)
	if err != nil {
		t.Fatal(err)
	}
	b, err := to.Accept(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range []int{10, 1400, 60000} {
		for _, way := range [][2]transport.Association{{a, b}, {b, a}} {
			want := transport.Message{PPID: unknownPPID + uint32(i), Data: bytes.Repeat([]byte{byte(n)}, n)}
			if err := way[0].Send(bounded(t), want); err != nil {
				t.Fatal(err)
			}
			got, err := way[1].Recv(bounded(t))
			if err != nil || got.PPID != want.PPID || got.Stream != 0 || !bytes.Equal(got.Data, want.Data) {
				t.Fatalf("%d bytes: got %d with PPID %d on stream %d, %v", n, len(got.Data), got.PPID, got.Stream, err)
			}
		}
	}
	return [2]transport.Association{a, b}
}

// ends ends an association from one of its ends; the other knows how.
func ends(t *testing.T, a, b transport.Association, orderly, first bool) {
	t.Helper()
	if !first {
		a, b = b, a
	}
	want := transport.ErrShutdown
	if orderly {
		if err := a.Shutdown(bounded(t)); err != nil {
			t.Fatal(err)
		}
	} else {
		a.Abort("enough")
		want = transport.ErrAborted
	}
	select {
	case <-b.Done():
	case <-bounded(t).Done():
		t.Fatal("the other end has not ended")
	}
	if err := b.Err(); !errors.Is(err, want) || !orderly && !strings.Contains(err.Error(), "enough") {
		t.Errorf("orderly %v: want %v, got %v", orderly, want, err)
	}
}

// crowd is twenty kernel clients at once, all from one UDP port, and idle for a
// while.
func crowd(t *testing.T, mux transport.Listener) {
	t.Helper()
	to := transporttest.AddressOf(mux)
	to.UDPPort = to.Port
	idle := time.After(time.Second)
	var wait sync.WaitGroup
	for i := range byte(20) {
		client := listen(t, kernel.New(), transport.Config{})
		wait.Go(func() {
			a, err := client.Dial(bounded(t), to)
			if err == nil {
				err = a.Send(bounded(t), transport.Message{PPID: unknownPPID, Data: []byte{i}})
			}
			if err == nil {
				_, err = a.Recv(bounded(t))
			}
			if err != nil {
				t.Errorf("client %d: %v", i, err)
			}
		})
	}
	var seen []byte
	for range 20 {
		a, err := mux.Accept(bounded(t))
		if err != nil {
			t.Fatal(err)
		}
		m, err := a.Recv(bounded(t))
		if err == nil {
			err = a.Send(bounded(t), m)
		}
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, m.Data...)
	}
	wait.Wait()
	if slices.Sort(seen); len(slices.Compact(seen)) != 20 {
		t.Errorf("messages of clients %v", seen)
	}
	<-idle // for heartbeats
}

// capture records what goes over the kernel's UDP port; stop returns the file.
func capture(t *testing.T) (stop func() string) {
	t.Helper()
	for _, tool := range []string{"dumpcap", "tshark"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("apt-get install tshark: %v", err)
		}
	}
	file := filepath.Join(t.TempDir(), "udp.pcapng")
	cmd := exec.Command("dumpcap", "-q", "-i", "lo", "-f", fmt.Sprintf("udp port %d", kernelPort), "-w", file)
	words, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has ended, or the test has failed
	lines := bufio.NewScanner(words)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "File:") {
	}
	return func() string {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // else it could not write, and not end
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		return file
	}
}

// inspect asks tshark what it makes of the packets in file.
func inspect(t *testing.T, file string) {
	t.Helper()
	out := command(t, "sh", "-c", fmt.Sprintf(`tshark -r %s -d udp.port==%d,sctp -o sctp.checksum:CRC-32C -T fields -E separator=';' `+
		`-e sctp.chunk_type -e sctp.chunk_length -e sctp.cause_code -e sctp.checksum.status -e _ws.malformed 2>/dev/null`, file, kernelPort))
	seen := make(map[string]int)
	for line := range strings.Lines(out) {
		f := strings.Split(strings.TrimRight(line, "\n"), ";")
		if len(f) != 5 {
			t.Fatalf("tshark: %q", line)
		}
		types, lengths := strings.Split(f[0], ","), strings.Split(f[1], ",")
		for i, kind := range types {
			seen[kind]++
			if kind == heartbeat && i < len(lengths) && lengths[i] == emptyChunk {
				t.Errorf("HEARTBEAT without info: %q", line)
			}
		}
		if f[2] != "" {
			seen["cause "+f[2]]++
		}
		if f[3] != goodChecksum || f[4] != "" {
			t.Errorf("chunk types, lengths, causes, checksum, malformed: %q", line)
		}
	}
	for _, kind := range []string{
		data, initiation, initAck, sack, heartbeat, heartbeatAck, abort,
		shutdown, shutdownAck, shutdownComplete, cookieEcho, cookieAck, userAbort,
	} {
		if seen[kind] == 0 {
			t.Errorf("no chunk of type %s among %v", kind, seen)
		}
	}
	if seen[protocolViolation] != 0 {
		t.Errorf("protocol violations: %v", seen)
	}
}
