package udp

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// An SCTP packet, RFC 9260 section 3: a common header, then chunks.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-------------------------------+-------------------------------+
//	|          Source Port          |       Destination Port        |
//	+-------------------------------+-------------------------------+
//	|                       Verification Tag                        |
//	+---------------------------------------------------------------+
//	|                 Checksum (CRC32c, little endian)              |
//	+---------------+---------------+-------------------------------+
//	|  Chunk Type   |  Chunk Flags  |         Chunk Length          |  ...
//	+---------------+---------------+-------------------------------+
const (
	headerSize      = 12
	chunkHeaderSize = 4
)

// chunkType is a chunk type of RFC 9260 section 3.2.
type chunkType byte

const (
	chunkData             chunkType = 0
	chunkInit             chunkType = 1
	chunkInitAck          chunkType = 2
	chunkSack             chunkType = 3
	chunkHeartbeat        chunkType = 4
	chunkHeartbeatAck     chunkType = 5
	chunkAbort            chunkType = 6
	chunkShutdown         chunkType = 7
	chunkShutdownAck      chunkType = 8
	chunkError            chunkType = 9
	chunkCookieEcho       chunkType = 10
	chunkCookieAck        chunkType = 11
	chunkShutdownComplete chunkType = 14
)

// flagT says that the verification tag is the sender's copy of the peer's own
// (RFC 9260 section 8.5.1).
const flagT = 1

// skip reports whether the rest of a packet is read after an unknown chunk: the
// highest bit of its type (RFC 9260 section 3.2).
func (t chunkType) skip() bool { return t&0x80 != 0 }

var (
	errShort    = errors.New("packet shorter than header and one chunk")
	errPort     = errors.New("port 0")
	errChecksum = errors.New("wrong CRC32c")
	errChunk    = errors.New("chunk length does not fit the packet")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header is the common header without the checksum.
type header struct {
	source, destination uint16
	tag                 uint32
}

// parsePacket checks the CRC32c and the chunk lengths, and returns the header
// and the chunks, which alias b.
func parsePacket(b []byte) (header, []byte, error) {
	if len(b) < headerSize+chunkHeaderSize {
		return header{}, nil, errShort
	}
	if binary.LittleEndian.Uint32(b[8:]) != checksum(b) {
		return header{}, nil, errChecksum
	}
	h := header{
		source:      binary.BigEndian.Uint16(b),
		destination: binary.BigEndian.Uint16(b[2:]),
		tag:         binary.BigEndian.Uint32(b[4:]),
	}
	if h.source == 0 || h.destination == 0 {
		return header{}, nil, errPort
	}
	for rest := b[headerSize:]; len(rest) > 0; {
		var c chunk
		if c, rest = nextChunk(rest); c == nil {
			return header{}, nil, errChunk
		}
	}
	return h, b[headerSize:], nil
}

// appendHeader starts a packet; seal finishes it.
func appendHeader(b []byte, h header) []byte {
	b = binary.BigEndian.AppendUint16(b, h.source)
	b = binary.BigEndian.AppendUint16(b, h.destination)
	b = binary.BigEndian.AppendUint32(b, h.tag)
	return append(b, 0, 0, 0, 0)
}

// seal writes the CRC32c into a packet and returns it.
func seal(b []byte) []byte {
	binary.LittleEndian.PutUint32(b[8:], checksum(b))
	return b
}

// checksum is the CRC32c of a packet with its checksum field taken as zero.
func checksum(b []byte) uint32 {
	c := crc32.Update(0, castagnoli, b[:8])
	c = crc32.Update(c, castagnoli, zeroes)
	return crc32.Update(c, castagnoli, b[headerSize:])
}

// zeroes stand for a checksum field, and are the padding of up to three bytes.
var zeroes = make([]byte, 4)

// chunk is one chunk with its header, without padding.
type chunk []byte

func (c chunk) kind() chunkType { return chunkType(c[0]) }
func (c chunk) flags() byte     { return c[1] }
func (c chunk) value() []byte   { return c[chunkHeaderSize:] }

// nextChunk splits the first chunk off; nil when its length does not fit. The
// padding of the last chunk may be missing.
func nextChunk(b []byte) (c chunk, rest []byte) {
	if len(b) < chunkHeaderSize {
		return nil, nil
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n < chunkHeaderSize || n > len(b) {
		return nil, nil
	}
	return chunk(b[:n]), b[min(padded(n), len(b)):]
}

// appendChunk adds a chunk with its padding.
func appendChunk(b []byte, t chunkType, flags byte, value ...[]byte) []byte {
	start := len(b)
	b = append(b, byte(t), flags, 0, 0)
	for _, v := range value {
		b = append(b, v...)
	}
	binary.BigEndian.PutUint16(b[start+2:], uint16(len(b)-start))
	return pad(b, len(b)-start)
}

// pad adds what is missing to make n a multiple of 4.
func pad(b []byte, n int) []byte {
	return append(b, zeroes[:padded(n)-n]...)
}

func padded(n int) int { return (n + 3) &^ 3 }
