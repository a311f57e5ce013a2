package inspect

import (
	"encoding/binary"
	"strconv"

	"rserpool/registrar/wire"
)

// headerLen is the size of the header of a message, parameter or error cause.
const headerLen = 4

// part is a stretch of the input and where it starts there.
type part struct {
	b  []byte
	at int
}

func (p part) from(i int) part { return part{p.b[i:], p.at + i} }

// hex is the field of n bytes at i as 0x and hex digits.
func (p part) hex(key string, i, n int) Node {
	return Node{Key: key, Kind: Text, Value: "0x" + wire.Hex(p.b[i:i+n]), Offset: p.at + i, Size: n}
}

// number is the unsigned field of n bytes at i, n at most 4.
func (p part) number(key string, i, n int) Node {
	var v uint64
	for _, c := range p.b[i : i+n] {
		v = v<<8 | uint64(c)
	}
	return Node{Key: key, Kind: Number, Value: strconv.FormatUint(v, 10), Offset: p.at + i, Size: n}
}

// raw is all of the part as hex digits alone.
func (p part) raw(key string) Node {
	return Node{Key: key, Kind: Text, Value: wire.Hex(p.b), Offset: p.at, Size: len(p.b)}
}

// tlv is a parameter or an error cause: all of it, without its padding.
type tlv struct{ part }

func (t tlv) typ() wire.ParameterType {
	return wire.ParameterType(binary.BigEndian.Uint16(t.b))
}

func (t tlv) value() part { return t.from(headerLen) }

// split cuts the parameters or causes off a part as far as their lengths make
// sense. rest is what they leave.
func (p part) split() (list []tlv, rest part) {
	for len(p.b) >= headerLen {
		n := int(binary.BigEndian.Uint16(p.b[2:]))
		if n < headerLen || n > len(p.b) {
			break
		}
		list = append(list, tlv{part{p.b[:n], p.at}})
		p = p.from(min(wire.Padded(n), len(p.b)))
	}
	return list, p
}
