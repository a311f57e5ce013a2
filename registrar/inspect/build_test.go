package inspect_test

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// Messages of tests are built from hex here, not by the codec under test.

// tlv builds a parameter: type, length, then hex parts with padding in front of
// each but the first. Parts are nested parameters, or fixed fields of 4 bytes.
func tlv(typ uint16, parts ...string) string {
	body := join(parts)
	b := binary.BigEndian.AppendUint16(nil, typ)
	b = binary.BigEndian.AppendUint16(b, uint16(4+len(body)/2))
	return hex.EncodeToString(b) + body
}

func join(parts []string) string {
	var body string
	for _, p := range parts {
		p = strings.ReplaceAll(p, " ", "")
		if len(p) > 0 {
			body += strings.Repeat("0", -len(body)&7)
		}
		body += p
	}
	return body
}

// msg builds a message with canonical length and final padding.
func msg(typ, flags byte, parts ...string) string {
	body := join(parts)
	b := binary.BigEndian.AppendUint16([]byte{typ, flags}, uint16(4+len(body)/2))
	body += strings.Repeat("0", -len(body)&7)
	return hex.EncodeToString(b) + body
}

// withLength sets the Message Length of a message.
func withLength(n uint16, m string) string {
	return m[:4] + hex.EncodeToString(binary.BigEndian.AppendUint16(nil, n)) + m[8:]
}

const (
	ids    = "01020304 0a0a0a0a" // sending and receiving server
	v4     = "00010008c000020a"
	v6     = "00020014 20010db8000000000000000000000001"
	rr     = "0008000800000001"
	handle = "0009000c4563686f506f6f6c"
	peID   = "000e000811223344"
	peHead = "11223344 00000000 00000258" // ID, home, life 600
	cause9 = "000c0008 00090004"

	stop, stopReport = "0123000874657374", "41230007616263"
	skip, skipReport = "8abc0007616263", "c45600087778797a"
)

var (
	sctp   = tlv(4, "00070000", v4)
	tcp    = tlv(5, "1f900000", v4)
	info   = tlv(11, "01020304", tlv(4, "26ad0000", v4))
	zeroPE = tlv(10, "00000000 00000000 00000000", sctp, rr)
)

// pe builds a Pool Element with ID, home and life in front.
func pe(parts ...string) string { return tlv(10, append([]string{peHead}, parts...)...) }

// reg builds a registration of one element with the given inner parameters.
func reg(parts ...string) string { return msg(1, 0, handle, pe(parts...)) }
