package udp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/netip"
	"time"
)

// cookie is all this end needs to know of an association that a peer asked
// for. It travels in the INIT ACK and comes back in the COOKIE ECHO, so that an
// INIT, whose source anyone can forge, leaves nothing behind
// (RFC 9260 section 5.1.3).
type cookie struct {
	issued time.Duration // on the mux's clock
	remote netip.AddrPort
	port   uint16 // SCTP
	// local is what our INIT ACK offered, peer what its INIT did.
	local, peer initBody
	// tieLocal and tiePeer are the tags of the association the INIT ran into,
	// else zero (RFC 9260 section 5.2.2).
	tieLocal, tiePeer uint32
	addrs             []netip.Addr
}

var (
	errCookie = errors.New("not a cookie of this endpoint")
	errStale  = errors.New("stale cookie")
)

// cookieFixed is the length without addresses and authenticator.
const cookieFixed = 8 + 18 + 2 + 2*initBodySize + 8

// appendSealed adds the cookie and its HMAC-SHA256 under key.
func (c cookie) appendSealed(b, key []byte) []byte {
	start := len(b)
	b = binary.BigEndian.AppendUint64(b, uint64(c.issued))
	b = appendAddr(b, c.remote.Addr())
	b = binary.BigEndian.AppendUint16(b, c.remote.Port())
	b = binary.BigEndian.AppendUint16(b, c.port)
	b = c.peer.append(c.local.append(b))
	b = binary.BigEndian.AppendUint32(b, c.tieLocal)
	b = binary.BigEndian.AppendUint32(b, c.tiePeer)
	for _, ip := range c.addrs {
		b = appendAddr(b, ip)
	}
	return append(b, authenticator(b[start:], key)...)
}

// openCookie is the reverse of appendSealed. now is on the mux's clock. A cookie
// that comes with errStale is genuine.
func openCookie(b, key []byte, now time.Duration) (cookie, error) {
	n := len(b) - sha256.Size
	if n < cookieFixed || (n-cookieFixed)%16 != 0 || !hmac.Equal(b[n:], authenticator(b[:n], key)) {
		return cookie{}, errCookie
	}
	c := cookie{
		issued: time.Duration(binary.BigEndian.Uint64(b)),
		remote: netip.AddrPortFrom(parseAddr(b[8:]), binary.BigEndian.Uint16(b[24:])),
		port:   binary.BigEndian.Uint16(b[26:]),
		local:  parseInitBody(b[28:]),
		peer:   parseInitBody(b[28+initBodySize:]),
	}
	c.tieLocal = binary.BigEndian.Uint32(b[28+2*initBodySize:])
	c.tiePeer = binary.BigEndian.Uint32(b[32+2*initBodySize:])
	for a := b[cookieFixed:n]; len(a) > 0; a = a[16:] {
		c.addrs = append(c.addrs, parseAddr(a))
	}
	if now-c.issued > cookieLife {
		return c, errStale
	}
	return c, nil
}

func authenticator(b, key []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(b)
	return h.Sum(nil)
}

func appendAddr(b []byte, ip netip.Addr) []byte {
	a := ip.As16()
	return append(b, a[:]...)
}

func parseAddr(b []byte) netip.Addr {
	return netip.AddrFrom16([16]byte(b[:16])).Unmap()
}
