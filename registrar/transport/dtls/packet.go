package dtls

import (
	"encoding/binary"
	"hash/crc32"
)

// An SCTP packet, RFC 9260 section 3: source and destination port (2 bytes each),
// verification tag (4), CRC32c (4, little endian), then chunks of type (1), flags
// (1), length (2) and value, padded to 4 bytes.
const (
	headerSize      = 12
	chunkHeaderSize = 4
	// initSize is what INIT and INIT ACK begin with: tag, window, streams out and
	// in, TSN.
	initSize = 16
	// dataSize is a DATA chunk without user data (RFC 9260 section 3.3.1).
	dataSize = chunkHeaderSize + 12
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

// Parameters: those of INIT and INIT ACK, and the one of HEARTBEAT.
const (
	paramHeartbeatInfo = 1
	paramCookie        = 7
	// paramZeroChecksum says that packets without checksum are taken, since DTLS
	// protects them better (RFC 9653).
	paramZeroChecksum = 0x8001
)

// skip reports whether the rest of a packet is read after an unknown chunk: the
// highest bit of its type (RFC 9260 section 3.2).
func (t chunkType) skip() bool { return t&0x80 != 0 }

// header is the common header.
type header struct {
	source, destination uint16
	tag                 uint32
}

func parseHeader(b []byte) header {
	return header{binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[4:])}
}

// appendHeader starts a packet, without checksum.
func appendHeader(b []byte, h header) []byte {
	b = binary.BigEndian.AppendUint16(b, h.source)
	b = binary.BigEndian.AppendUint16(b, h.destination)
	b = binary.BigEndian.AppendUint32(b, h.tag)
	return append(b, 0, 0, 0, 0)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal writes the CRC32c into a packet that has none, and returns it.
func seal(b []byte) []byte {
	binary.LittleEndian.PutUint32(b[8:], crc32.Checksum(b, castagnoli))
	return b
}

// hasChecksum reports whether a packet has one: where both ends take packets
// without, it is zero.
func hasChecksum(b []byte) bool { return binary.LittleEndian.Uint32(b[8:]) != 0 }

// chunk is one chunk with its header, without padding.
type chunk []byte

func (c chunk) kind() chunkType { return chunkType(c[0]) }
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
func appendChunk(b []byte, t chunkType, value ...[]byte) []byte {
	start := len(b)
	b = append(b, byte(t), 0, 0, 0)
	for _, v := range value {
		b = append(b, v...)
	}
	binary.BigEndian.PutUint16(b[start+2:], uint16(len(b)-start))
	return pad(b, len(b)-start)
}

// appendParameter adds a parameter or an error cause with its padding.
func appendParameter(b []byte, t uint16, value []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, t)
	b = binary.BigEndian.AppendUint16(b, uint16(chunkHeaderSize+len(value)))
	return pad(append(b, value...), len(value))
}

// modestInit is an INIT or INIT ACK that offers no more streams than out and in,
// and no extension but packets without checksum. The engine refuses parameters it
// does not know, and offers what nobody here uses.
func modestInit(c chunk, out, in uint16) chunk {
	v := c.value()
	if len(v) < initSize {
		return c
	}
	value := append([]byte(nil), v[:initSize]...)
	binary.BigEndian.PutUint16(value[8:], min(out, binary.BigEndian.Uint16(value[8:])))
	binary.BigEndian.PutUint16(value[10:], min(in, binary.BigEndian.Uint16(value[10:])))
	for rest := v[initSize:]; len(rest) >= chunkHeaderSize; {
		t, n := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		if n < chunkHeaderSize || n > len(rest) {
			break
		}
		if t == paramCookie || t == paramZeroChecksum {
			value = appendParameter(value, t, rest[chunkHeaderSize:n])
		}
		rest = rest[min(padded(n), len(rest)):]
	}
	return appendChunk(nil, c.kind(), value)
}

// pad adds what is missing to make n a multiple of 4.
func pad(b []byte, n int) []byte {
	return append(b, make([]byte, padded(n)-n)...)
}

func padded(n int) int { return (n + 3) &^ 3 }
