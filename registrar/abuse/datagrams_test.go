package abuse

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/transport"
)

// SCTP's chunk types (RFC 9260 section 3.2) that are made here.
const (
	chunkData       = 0
	chunkInit       = 1
	chunkInitAck    = 2
	chunkAbort      = 6
	chunkCookieEcho = 10
	chunkCookieAck  = 11
)

// packet is an SCTP packet, with a good checksum.
func packet(from, to uint16, tag uint32, chunks ...[]byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, from)
	b = binary.BigEndian.AppendUint16(b, to)
	b = binary.BigEndian.AppendUint32(b, tag)
	b = append(b, 0, 0, 0, 0)
	for _, c := range chunks {
		b = append(b, c...)
	}
	binary.LittleEndian.PutUint32(b[8:], crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	return b
}

func chunk(kind, flags byte, value []byte) []byte {
	b := []byte{kind, flags}
	b = binary.BigEndian.AppendUint16(b, uint16(4+len(value))) //nolint:gosec // small
	b = append(b, value...)
	return append(b, make([]byte, -len(value)&3)...)
}

func initChunk(tag uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, tag)
	b = binary.BigEndian.AppendUint32(b, 100000)
	b = append(b, 0, 10, 0, 10)
	return chunk(chunkInit, 0, binary.BigEndian.AppendUint32(b, 1))
}

// from is a socket of some address of this host, as forged ones have.
func from(i int) (*net.UDPConn, error) {
	return net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 1, byte(i>>8), byte(i))})
}

// shower sends n datagrams to a port of a registrar from 100 places, and counts the
// answers.
func shower(ctx context.Context, to string, n, perSecond int, datagram func(i int) []byte) (string, error) {
	at, err := netip.ParseAddrPort(to)
	if err != nil {
		return "", err
	}
	var answers, answered atomic.Int64
	var socks []*net.UDPConn
	for i := range 100 {
		c, err := from(i)
		if err != nil {
			return "", err
		}
		defer c.Close()
		socks = append(socks, c)
		go func() {
			for b := make([]byte, 4096); ; {
				n, err := c.Read(b)
				if err != nil {
					return
				}
				answers.Add(1)
				answered.Add(int64(n))
			}
		}()
	}
	sent := 0
	err = paced(ctx, n, perSecond, func(i int) error {
		b := datagram(i)
		sent += len(b)
		_, err := socks[i%len(socks)].WriteToUDPAddrPort(b, at)
		return err
	})
	atRest(answers.Load)
	if answers.Load() == 0 {
		return "no answer", err
	}
	return fmt.Sprintf("%s answers, %d %% of the bytes", number(int(answers.Load())), answered.Load()*100/int64(max(sent, 1))), err
}

func datagramKinds() []kind {
	port := func(s *scene) uint16 { return netip.MustParseAddrPort(s.open.places.ASAP[0]).Port() }
	return []kind{
		{
			name: "random UDP packets, half with a good checksum", count: 100000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				chance := rand.New(rand.NewPCG(2, 1)) //nolint:gosec // the same ones each time
				return shower(ctx, s.open.places.ASAP[0], n, 10000, func(i int) []byte {
					b := make([]byte, chance.IntN(400))
					for j := range b {
						b[j] = byte(chance.Uint32())
					}
					if i%2 == 0 {
						return packet(uint16(i)|1, port(s), chance.Uint32(), chunk(byte(chance.IntN(20)), byte(i), b)) //nolint:gosec // any
					}
					return b
				})
			},
		},
		{
			name: "SCTP INITs from 100 addresses, each of another port", count: 100000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return shower(ctx, s.open.places.ASAP[0], n, 10000, func(i int) []byte {
					return packet(uint16(i/100)|1, port(s), 0, initChunk(uint32(i)+1)) //nolint:gosec // any
				})
			},
		},
		{
			name: "SCTP COOKIE ECHOs with forged cookies", count: 50000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				forged := bytes.Repeat([]byte{7}, 148)
				return shower(ctx, s.open.places.ASAP[0], n, 10000, func(i int) []byte {
					return packet(uint16(i/100)|1, port(s), uint32(i), chunk(chunkCookieEcho, 0, forged)) //nolint:gosec // any
				})
			},
		},
		{
			name: "SCTP DATA, ABORTs and SHUTDOWNs of no association", count: 50000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return shower(ctx, s.open.places.ASAP[0], n, 10000, func(i int) []byte {
					return packet(uint16(i/100)|1, port(s), uint32(i), chunk([]byte{chunkData, chunkAbort, 7, 8, 14}[i%5], 0, make([]byte, 20))) //nolint:gosec // any
				})
			},
		},
		{
			name: "SCTP associations that never speak", count: 12000, peak: 1 << 30, left: 64 << 20,
			play: func(ctx context.Context, s *scene, n int) (string, error) { return s.mute(ctx, n) },
		},
		{
			name: "SCTP associations, opened and aborted at once", count: 10000,
			play: func(ctx context.Context, s *scene, n int) (string, error) { return s.brief(ctx, n) },
		},
	}
}

// raw is a peer made of packets, with many ports.
type raw struct {
	conn *net.UDPConn
	to   netip.AddrPort
	// welcome counts the associations that came up; each is called back with the tag
	// of the other end.
	welcome atomic.Int64
	mu      sync.Mutex
	known   map[uint16]uint32
}

// tags are those of the associations that came up, by their ports.
func (r *raw) tags() map[uint16]uint32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.known)
}

// newRaw answers INIT ACKs with the cookie, and calls up for each association.
func newRaw(to string, up func(r *raw, port uint16, tag uint32)) (*raw, error) {
	at, err := netip.ParseAddrPort(to)
	if err != nil {
		return nil, err
	}
	conn, err := from(1000)
	if err != nil {
		return nil, err
	}
	r := &raw{conn: conn, to: at, known: make(map[uint16]uint32)}
	go func() {
		for b := make([]byte, 4096); ; {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			if n < 16 {
				continue
			}
			port := binary.BigEndian.Uint16(b[2:])
			switch b[12] {
			case chunkInitAck:
				tag := binary.BigEndian.Uint32(b[16:])
				r.mu.Lock()
				r.known[port] = tag
				r.mu.Unlock()
				for p := b[32:n]; len(p) >= 4; { // parameters
					kind, length := binary.BigEndian.Uint16(p), int(binary.BigEndian.Uint16(p[2:]))
					if length < 4 || length > len(p) {
						break
					}
					if kind == 7 { // State Cookie
						r.send(packet(port, at.Port(), tag, chunk(chunkCookieEcho, 0, p[4:length])))
					}
					p = p[min((length+3)&^3, len(p)):]
				}
			case chunkCookieAck:
				r.welcome.Add(1)
				if up != nil {
					up(r, port, r.tags()[port])
				}
			}
		}
	}()
	return r, nil
}

func (r *raw) send(b []byte) { _, _ = r.conn.WriteToUDPAddrPort(b, r.to) }

func (r *raw) call(i int) {
	r.send(packet(uint16(i+1), r.to.Port(), 0, initChunk(uint32(i)+1))) //nolint:gosec // below 65,536
}

// newcomer says how it goes with one who comes now, over SCTP.
func (s *scene) newcomer(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	a, err := join(ctx, s.t, s.open.places.ASAP[0])
	if err != nil {
		return "turned away"
	}
	_ = a.Send(ctx, transport.Message{PPID: transport.PPIDASAP, Data: encoded(asap.HandleResolution{Handle: pool})})
	a.leave()
	if a.heard[asap.TypeHandleResolutionResponse] > 0 {
		return "served"
	}
	return "turned away"
}

// mute opens as many associations as it gets, and says nothing over them.
func (s *scene) mute(ctx context.Context, n int) (string, error) {
	r, err := newRaw(s.open.places.ASAP[0], nil)
	if err != nil {
		return "", err
	}
	defer r.conn.Close()
	if err := paced(ctx, n, 2000, func(i int) error { r.call(i); return nil }); err != nil {
		return "", err
	}
	atRest(r.welcome.Load)
	m, err := s.open.metrics()
	outcome := fmt.Sprintf("%s came up, %v open in the end, a newcomer is %s", number(int(r.welcome.Load())), m[`associations{protocol="asap"}`], s.newcomer(ctx))
	if !*full {
		for port, tag := range r.tags() {
			r.send(packet(port, r.to.Port(), tag, chunk(chunkAbort, 0, nil)))
		}
	}
	return outcome, err
}

// brief opens and aborts.
func (s *scene) brief(ctx context.Context, n int) (string, error) {
	r, err := newRaw(s.open.places.ASAP[0], func(r *raw, port uint16, tag uint32) {
		r.send(packet(port, r.to.Port(), tag, chunk(chunkAbort, 0, nil)))
	})
	if err != nil {
		return "", err
	}
	defer r.conn.Close()
	err = paced(ctx, n, 1000, func(i int) error { r.call(i); return nil })
	atRest(r.welcome.Load)
	return fmt.Sprintf("%s came up and ended", number(int(r.welcome.Load()))), err
}
