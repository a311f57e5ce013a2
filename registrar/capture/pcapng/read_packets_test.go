package pcapng_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"rserpool/registrar/capture/pcapng"
	"rserpool/registrar/feed"
)

// pcap is a file of packets on Ethernet, as tcpdump writes it.
func pcap(t *testing.T, packets ...[]gopacket.SerializableLayer) []byte {
	t.Helper()
	var file bytes.Buffer
	w := pcapgo.NewWriter(&file)
	if err := w.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	for _, p := range packets {
		b := gopacket.NewSerializeBuffer()
		ethernet := &layers.Ethernet{SrcMAC: make(net.HardwareAddr, 6), DstMAC: make(net.HardwareAddr, 6), EthernetType: layers.EthernetTypeIPv4}
		if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true}, slices.Insert(p, 0, gopacket.SerializableLayer(ethernet))...); err != nil {
			t.Fatal(err)
		}
		info := gopacket.CaptureInfo{Timestamp: time.Unix(1_700_000_000, 0), CaptureLength: len(b.Bytes()), Length: len(b.Bytes())}
		if err := w.WritePacket(info, b.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

func ip(protocol layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 64, Protocol: protocol, SrcIP: net.IP{192, 0, 2, 7}, DstIP: net.IP{192, 0, 2, 1}}
}

func unhex(t *testing.T, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// texts are the messages alone.
func texts(t *testing.T, file []byte) (list []string) {
	t.Helper()
	all, err := readAll(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		list = append(list, m.Hex)
	}
	return list
}

// SCTP in UDP is known by its checksum, at any port.
func TestReadSCTPInUDP(t *testing.T) {
	data := func(tsn uint32, flags byte, text string) []byte {
		chunk := &layers.SCTPData{
			SCTPChunk: layers.SCTPChunk{Type: 0, Length: uint16(16 + len(text)/2)}, BeginFragment: flags&2 != 0, EndFragment: flags&1 != 0,
			TSN: tsn, PayloadProtocol: 11, Payload: unhex(t, text),
		}
		b := gopacket.NewSerializeBuffer()
		err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
			&layers.SCTP{SrcPort: 40112, DstPort: 3863, VerificationTag: 7}, chunk)
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	inUDP := func(b []byte) []gopacket.SerializableLayer {
		return []gopacket.SerializableLayer{ip(layers.IPProtocolUDP), &layers.UDP{SrcPort: 12345, DstPort: 23456}, gopacket.Payload(b)}
	}
	broken := data(9, 3, keepAlive)
	broken[len(broken)-1] ^= 1
	half := len(keepAlive) / 2
	got, err := readAll(pcap(t,
		inUDP(broken),
		inUDP([]byte("no SCTP, but a datagram of its own")),
		inUDP(data(11, 1, keepAlive[half:])), // the second half first
		inUDP(data(10, 2, keepAlive[:half])),
		inUDP(data(10, 2, keepAlive[:half])), // again
		inUDP(data(1<<32-1, 2, keepAlive[:half])),
		inUDP(data(0, 1, keepAlive[half:])),
	))
	want := []seen{
		{4, "asap", "192.0.2.7", "192.0.2.1", 40112, 3863, keepAlive},
		{7, "asap", "192.0.2.7", "192.0.2.1", 40112, 3863, keepAlive},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Over TCP a message may be in several segments, which come in any order, again, and
// overlap; a connection of another kind is left alone.
func TestReadTCP(t *testing.T) {
	const resolution = "0500000d000900096374726c31000000"
	segment := func(port layers.TCPPort, seq uint32, syn bool, b []byte) []gopacket.SerializableLayer {
		return []gopacket.SerializableLayer{ip(layers.IPProtocolTCP), &layers.TCP{SrcPort: port, DstPort: 3863, Seq: seq, SYN: syn, ACK: !syn}, gopacket.Payload(b)}
	}
	both := unhex(t, resolution+resolution)
	start := uint32(1<<32 - 8) // the numbers begin anew in the first message
	got := texts(t, pcap(t,
		segment(1, start-1, true, nil),
		segment(1, start+20, false, both[20:]),
		segment(1, start, false, both[:10]),
		segment(1, start, false, both[:10]),
		segment(1, start+8, false, both[8:24]),
		segment(2, 99, true, nil),
		segment(2, 100, false, []byte("GET / HTTP/1.1\r\n\r\n")),
		segment(2, 118, false, both),
		segment(3, 1, false, both[:16]), // of which the beginning was not captured
	))
	if diff := cmp.Diff([]string{resolution, resolution, resolution}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Nobody waits for a file to end: messages are given as they come.
func TestReadAsItComes(t *testing.T) {
	file, from := io.Pipe()
	defer file.Close() // ends the writer
	go func() {
		w, err := pcapng.NewWriter(from, "test")
		for n := uint64(1); err == nil; n++ {
			if err = w.Write(message(t, feed.Captured{Number: n, Association: 1, Local: v4, Remote: v4Peer}, keepAlive)); err == nil {
				err = w.Flush()
			}
		}
	}()
	r, err := pcapng.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 3; n++ {
		if m, err := r.Next(); err != nil || m.Packet != n || r.Packets() != n || hex.EncodeToString(m.Bytes) != keepAlive {
			t.Errorf("message %d: %+v, %v", n, m, err)
		}
	}
}
