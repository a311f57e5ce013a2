package pcapng

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"rserpool/registrar/transport"
)

// Message is an ASAP or ENRP message found in a capture file.
type Message struct {
	At time.Time
	// Packet is the number of the packet that completes it, from 1.
	Packet   int
	From, To netip.AddrPort
	ENRP     bool
	Bytes    []byte
}

// Reader reads the messages of a capture file, a pcapng of ours or of others, or a
// pcap: out of SCTP (RFC 9260), SCTP in UDP at whatever port (RFC 6951), TCP, and
// datagrams of multicast groups. Retransmissions are left out. What is encrypted,
// and what comes in IP fragments, is passed over.
type Reader struct {
	next   func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error)
	packet int
	found  []Message // of the last packet, still to be given
	sctp   associations
	tcp    streams
}

// blockSection is how a pcapng file begins; a pcap has another number there.
const blockSection = "\x0a\x0d\x0d\x0a"

// NewReader reads the beginning of a file.
func NewReader(r io.Reader) (*Reader, error) {
	b := bufio.NewReader(r)
	head, err := b.Peek(len(blockSection))
	if err != nil {
		return nil, fmt.Errorf("no capture file: it ends after %d bytes: %w", len(head), err)
	}
	reader := &Reader{sctp: associations{}, tcp: streams{}}
	if string(head) != blockSection {
		file, err := pcapgo.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("no capture file: want pcap or pcapng: %w", err)
		}
		reader.next = func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
			data, info, err := file.ReadPacketData()
			return data, info, file.LinkType(), err
		}
		return reader, nil
	}
	file, err := pcapgo.NewNgReader(b, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
	if err != nil {
		return nil, fmt.Errorf("no capture file: broken pcapng: %w", err)
	}
	reader.next = func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
		data, info, err := file.ReadPacketData()
		if err != nil {
			return nil, info, 0, err
		}
		link, _ := info.AncillaryData[0].(layers.LinkType)
		return data, info, link, nil
	}
	return reader, nil
}

// Packets is how many packets have been read.
func (r *Reader) Packets() int { return r.packet }

// Next gives the next message, and io.EOF behind the last one.
func (r *Reader) Next() (Message, error) {
	for len(r.found) == 0 {
		data, info, link, err := r.next()
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return Message{}, io.EOF
		}
		if err != nil {
			return Message{}, fmt.Errorf("packet %d: %w", r.packet+1, err)
		}
		r.packet++
		r.read(gopacket.NewPacket(data, link, gopacket.DecodeOptions{NoCopy: true}), info.Timestamp.UTC())
	}
	m := r.found[0]
	r.found = r.found[1:]
	return m, nil
}

// read looks for messages in a packet.
func (r *Reader) read(p gopacket.Packet, at time.Time) {
	from, to, ok := hosts(p.NetworkLayer())
	if !ok {
		return
	}
	add := func(from, to netip.AddrPort, enrp bool, b []byte) {
		r.found = append(r.found, Message{At: at, Packet: r.packet, From: from, To: to, ENRP: enrp, Bytes: b})
	}
	switch t := p.TransportLayer().(type) {
	case *layers.SCTP:
		r.sctp.read(from, to, slices.Concat(t.LayerContents(), t.LayerPayload()), add)
	case *layers.UDP:
		switch b := t.LayerPayload(); {
		case checksummed(b):
			r.sctp.read(from, to, b, add)
		case to.IsMulticast():
			from, to := netip.AddrPortFrom(from, uint16(t.SrcPort)), netip.AddrPortFrom(to, uint16(t.DstPort))
			if enrp, ok := announced(b); ok {
				add(from, to, enrp, b)
			}
		}
	case *layers.TCP:
		r.tcp.read(netip.AddrPortFrom(from, uint16(t.SrcPort)), netip.AddrPortFrom(to, uint16(t.DstPort)), t, add)
	}
}

// emit takes a message that a transport has made whole.
type emit func(from, to netip.AddrPort, enrp bool, b []byte)

// hosts are the ends of an IP packet.
func hosts(n gopacket.NetworkLayer) (from, to netip.Addr, ok bool) {
	switch n := n.(type) {
	case *layers.IPv4:
		from, _ = netip.AddrFromSlice(n.SrcIP)
		to, _ = netip.AddrFromSlice(n.DstIP)
	case *layers.IPv6:
		from, _ = netip.AddrFromSlice(n.SrcIP)
		to, _ = netip.AddrFromSlice(n.DstIP)
	}
	return from.Unmap(), to.Unmap(), from.IsValid() && to.IsValid()
}

// announced says which protocol an announcement is of: of ASAP it is a
// SERVER_ANNOUNCE, of ENRP a PRESENCE (RFC 5352 section 3.2.1, RFC 5353 section 3.2.2).
func announced(b []byte) (enrp, ok bool) {
	const presence, serverAnnounce = 0x01, 0x0a
	if len(b) < messageHeader {
		return false, false
	}
	return b[0] == presence, b[0] == presence || b[0] == serverAnnounce
}

// ofProtocol says which protocol a payload protocol identifier is for.
func ofProtocol(ppid uint32) (enrp, ok bool) {
	return ppid == transport.PPIDENRP, ppid == transport.PPIDENRP || ppid == transport.PPIDASAP
}
