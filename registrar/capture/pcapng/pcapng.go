// Package pcapng writes captured messages as a file that Wireshark and tshark open
// and dissect, and reads the messages of such files and of those that others write.
package pcapng

import (
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"rserpool/registrar/capture"
	"rserpool/registrar/transport"
)

const (
	// fragment is how much of a message goes into one packet: an IP packet has no
	// 64 KiB of room.
	fragment = 32 << 10
	// dataHeader is the header of a DATA chunk.
	dataHeader = 16
	// sctpData is the type of a DATA chunk.
	sctpData = 0
)

// Writer writes messages as a pcapng file. The packets around them are made up:
// IP with the ends' primary addresses, and SCTP with a DATA chunk, or UDP for
// datagrams of multicast groups. A comment tells that, and what came over TCP.
type Writer struct {
	file *pcapgo.NgWriter
	next map[flow]*counters
}

// flow is one direction of an association.
type flow struct {
	association uint64
	out         bool
}

// counters are the next sequence numbers of a flow.
type counters struct {
	tsn uint32
	ssn uint16
}

// NewWriter starts a file. application is who writes it.
func NewWriter(w io.Writer, application string) (*Writer, error) {
	file, err := pcapgo.NewNgWriterInterface(w, pcapgo.NgInterface{
		Name: "registrar", Description: "ASAP and ENRP messages; the packets around them are made up",
		LinkType: layers.LinkTypeRaw, TimestampResolution: 6,
	}, pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{
		Application: application, Comment: "Messages as a registrar sent and received them. IP, SCTP and UDP headers are made up around them.",
	}})
	if err != nil {
		return nil, err
	}
	return &Writer{file, map[flow]*counters{}}, nil
}

// Write adds one message.
func (w *Writer) Write(m capture.Message) error {
	from, to := m.Local, m.Remote
	if !m.Out {
		from, to = to, from
	}
	from, to = family(from, to), family(to, from)
	if m.Group {
		return w.datagram(m, from, to)
	}
	key := flow{m.Association, m.Out}
	at := w.next[key]
	if at == nil {
		at = &counters{}
		w.next[key] = at
	}
	for done := 0; ; {
		end := min(done+fragment, len(m.Bytes))
		at.tsn++
		chunk := &layers.SCTPData{
			SCTPChunk:     layers.SCTPChunk{Type: sctpData, Length: uint16(dataHeader + end - done)}, //nolint:gosec // see fragment
			BeginFragment: done == 0, EndFragment: end == len(m.Bytes),
			TSN: at.tsn, StreamSequence: at.ssn, PayloadProtocol: layers.SCTPPayloadProtocol(ppid(m)), Payload: m.Bytes[done:end],
		}
		head := &layers.SCTP{SrcPort: layers.SCTPPort(from.Port()), DstPort: layers.SCTPPort(to.Port()), VerificationTag: tag(key)}
		if err := w.packet(m, from, to, layers.IPProtocolSCTP, head, chunk); err != nil {
			return err
		}
		if done = end; done == len(m.Bytes) {
			at.ssn++
			return nil
		}
	}
}

func (w *Writer) datagram(m capture.Message, from, to netip.AddrPort) error {
	udp := &layers.UDP{SrcPort: layers.UDPPort(from.Port()), DstPort: layers.UDPPort(to.Port())}
	ip := ipHeader(from, to, layers.IPProtocolUDP)
	if err := udp.SetNetworkLayerForChecksum(ip); err != nil {
		return err
	}
	return w.packet(m, from, to, layers.IPProtocolUDP, udp, gopacket.Payload(m.Bytes))
}

// packet writes layers behind an IP header.
func (w *Writer) packet(m capture.Message, from, to netip.AddrPort, protocol layers.IPProtocol, rest ...gopacket.SerializableLayer) error {
	b := gopacket.NewSerializeBuffer()
	all := append([]gopacket.SerializableLayer{ipHeader(from, to, protocol)}, rest...)
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, all...); err != nil {
		return fmt.Errorf("pcapng: message %d: %w", m.Number, err)
	}
	packet := b.Bytes()
	info := gopacket.CaptureInfo{Timestamp: m.At(), CaptureLength: len(packet), Length: len(packet)}
	return w.file.WritePacketWithOptions(info, packet, pcapgo.NgPacketOptions{Comments: []string{comment(m)}})
}

// Flush hands what was written to the underlying writer.
func (w *Writer) Flush() error { return w.file.Flush() }

// comment says what a packet cannot.
func comment(m capture.Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "message %d, %s", m.Number, map[bool]string{true: "sent", false: "received"}[m.Out])
	if m.Association != 0 {
		fmt.Fprintf(&b, ", association %d", m.Association)
	}
	if m.Server != 0 {
		fmt.Fprintf(&b, ", with registrar %v", m.Server)
	}
	if m.Stream {
		b.WriteString(", over TCP")
	}
	return b.String()
}

func ipHeader(from, to netip.AddrPort, protocol layers.IPProtocol) interface {
	gopacket.NetworkLayer
	gopacket.SerializableLayer
} {
	if from.Addr().Is4() {
		return &layers.IPv4{
			Version: 4, TTL: 64, Protocol: protocol,
			SrcIP: from.Addr().AsSlice(), DstIP: to.Addr().AsSlice(),
		}
	}
	return &layers.IPv6{
		Version: 6, HopLimit: 64, NextHeader: protocol,
		SrcIP: from.Addr().AsSlice(), DstIP: to.Addr().AsSlice(),
	}
}

// family gives a in a form that fits one packet with b: an unknown address becomes
// the unspecified one, and an IPv4 address with an IPv6 one at the other end is mapped.
func family(a, b netip.AddrPort) netip.AddrPort {
	at, other := a.Addr().Unmap().WithZone(""), b.Addr().Unmap()
	switch {
	case !at.IsValid() && other.Is6():
		at = netip.IPv6Unspecified()
	case !at.IsValid():
		at = netip.IPv4Unspecified()
	case at.Is4() && other.Is6():
		at = netip.AddrFrom16(at.As16())
	}
	return netip.AddrPortFrom(at, a.Port())
}

// tag tells the associations apart for whoever reads the file.
func tag(f flow) uint32 {
	v := uint32(f.association) << 1 //nolint:gosec // associations of one file differ in their low bits
	if f.out {
		v |= 1
	}
	return v
}

func ppid(m capture.Message) uint32 {
	if m.ENRP {
		return transport.PPIDENRP
	}
	return transport.PPIDASAP
}
