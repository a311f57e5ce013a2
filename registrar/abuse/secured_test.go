package abuse

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/announce"
	"rserpool/registrar/transport/dtls"
	"rserpool/registrar/wire"
)

// clientHello is one of DTLS 1.2, with a random of its own and no cookie.
func clientHello() []byte {
	body := []byte{0xfe, 0xfd}
	random := make([]byte, 32)
	_, _ = rand.Read(random)
	body = append(body, random...)
	body = append(body, 0, 0, 0, 2, 0xcc, 0xac, 1, 0) // no session, no cookie, one suite, no compression
	body = append(body, 0, 12, 0, 10, 0, 4, 0, 2, 0, 29, 0, 23, 0, 0)
	message := append([]byte{1, 0, 0, byte(len(body)), 0, 0, 0, 0, 0, 0, 0, byte(len(body))}, body...)
	record := append([]byte{22, 0xfe, 0xfd}, make([]byte, 8)...)
	return append(binary.BigEndian.AppendUint16(record, uint16(len(message))), message...) //nolint:gosec // small
}

// insider opens an association that proves a name, by some key.
func (s *scene) insider(ctx context.Context, to, name, key string) (transport.Listener, transport.Association, error) {
	l, err := dtls.New(s.own(name, key)).Listen(transport.Config{Local: local})
	if err != nil {
		return nil, nil, err
	}
	a, err := l.Dial(ctx, address(s.t, to))
	if err != nil {
		_ = l.Close()
		return nil, nil, err
	}
	return l, a, nil
}

func securedKinds() []kind {
	at := func(s *scene) *process { return s.secured }
	foreign := func(i int) wire.PoolElement {
		return wire.PoolElement{
			ID: wire.PEIdentifier(i + 1), Life: 300, Policy: wire.Policy{Type: wire.RoundRobin}, //nolint:gosec // small
			UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: local.Addrs},
		}
	}
	return []kind{
		{
			name: "secured: DTLS ClientHellos from 100 addresses", count: 100000, at: at,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return shower(ctx, s.secured.places.ASAP[0], n, 5000, func(int) []byte { return clientHello() })
			},
		},
		{
			name: "secured: DTLS records of garbage", count: 50000, at: at,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				hello := clientHello()
				return shower(ctx, s.secured.places.ASAP[0], n, 10000, func(i int) []byte {
					b := append([]byte{}, hello...)
					b[i%len(b)] ^= byte(1 + i%255) //nolint:gosec // a byte
					return b[:len(b)-i%3]
				})
			},
		},
		{
			name: "secured: registrations in plain SCTP packets", count: 10000, at: at,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				port := netip.MustParseAddrPort(s.secured.places.ASAP[0]).Port()
				return shower(ctx, s.secured.places.ASAP[0], n, 5000, func(i int) []byte {
					data := append([]byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 11}, encoded(asap.Registration{Handle: pool, Element: foreign(i)})...)
					return packet(uint16(i)|1, port, uint32(i%2), append(initChunk(1), chunk(chunkData, 3, data)...)) //nolint:gosec // any
				})
			},
		},
		{
			name: "secured: handshakes with a wrong key, each for a registration", count: 1000, at: at,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				var how tally
				many(n, 32, 1000, func(int) {
					_, _, err := s.insider(ctx, s.secured.places.ASAP[0], "pe", "wrong.key")
					switch {
					case errors.Is(err, dtls.ErrWrongKey):
						how.add("refused, wrong key")
					case err == nil:
						how.add("ACCEPTED")
					case errors.Is(err, transport.ErrUnproven):
						how.add("refused")
					default:
						how.add(shortly(err))
					}
				})
				if strings.Contains(how.String(), "ACCEPTED") {
					return "", errors.New("a wrong key was accepted")
				}
				return how.String(), nil
			},
		},
		{
			name: "secured: registrations over TLS without a certificate", count: 10000, at: at,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return unproven(ctx, func() (net.Conn, error) {
					return tls.Dial("tcp", s.secured.places.ASAPTLS[0], &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // whoever it is
				}, n)
			},
		},
		{
			name: "secured: registrations over TCP", count: 10000, at: at,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return unproven(ctx, func() (net.Conn, error) { return net.Dial("tcp", s.secured.places.ASAPTCP[0]) }, n)
			},
		},
		{
			name: "secured: an element's registrations in a pool that is not its own", count: 10000, at: at,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				l, a, err := s.insider(ctx, s.secured.places.ASAP[0], "comer", "comer.key")
				if err != nil {
					return "", err
				}
				defer l.Close()
				go func() {
					for err := error(nil); err == nil; {
						_, err = a.Recv(ctx)
					}
				}()
				err = paced(ctx, n, 3000, func(i int) error {
					return a.Send(ctx, transport.Message{PPID: transport.PPIDASAP, Data: encoded(asap.Registration{Handle: pool, Element: foreign(i)})})
				})
				_ = a.Shutdown(ctx)
				return "", err
			},
		},
		{
			name: "secured: users and elements at the ENRP port", count: 200, at: at,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				var how tally
				many(n, 2, 50, func(i int) {
					l, a, err := s.insider(ctx, s.secured.places.ENRP[0], []string{"pu", "comer"}[i%2], []string{"pu.key", "comer.key"}[i%2])
					if err != nil {
						how.add("refused")
						return
					}
					_ = a.Send(ctx, transport.Message{PPID: transport.PPIDENRP, Data: encodedENRP(presence(i, a.Local()[0]))})
					select {
					case <-a.Done():
						how.add("ended by the registrar")
					case <-time.After(5 * time.Second):
						how.add("left open")
					}
					_ = l.Close()
				})
				return how.String(), nil
			},
		},
	}
}

// groupKinds are the announcements, which anybody can send.
func groupKinds() []kind {
	sender := func(to netip.AddrPort) (*announce.Group, error) {
		return announce.Open(announce.Config{Group: to, Local: local.Addrs, Interfaces: []string{"lo"}})
	}
	return []kind{
		{
			name: "PRESENCEs to the multicast group, each of another registrar at another place", count: 100000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				g, err := sender(s.enrpGroup)
				if err != nil {
					return "", err
				}
				defer g.Close()
				if err := paced(ctx, n, 10000, func(i int) error {
					at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 2, byte(i >> 8), byte(i)}), 9901) //nolint:gosec // any
					_ = g.Send(time.Now(), encodedENRP(presence(i, at)))                                    // what does not fit in a buffer is lost
					return nil
				}); err != nil {
					return "", err
				}
				return s.peersBehind()
			},
		},
		{
			name: "SERVER_ANNOUNCEs to the multicast group, at an element that listens", count: 100000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				g, err := sender(s.asapGroup)
				if err != nil {
					return "", err
				}
				defer g.Close()
				before, _, err := s.element.resident()
				if err != nil {
					return "", err
				}
				if err := paced(ctx, n, 10000, func(i int) error {
					_ = g.Send(time.Now(), encoded(asap.ServerAnnounce{Server: invented(i), Transports: []wire.Transport{{ //nolint:gosec // lost, if it does not fit
						Type: wire.TypeSCTPTransport, Port: 3863, Addresses: []netip.Addr{netip.AddrFrom4([4]byte{127, 3, byte(i >> 8), byte(i)})}, //nolint:gosec // any
					}}}))
					return nil
				}); err != nil {
					return "", err
				}
				_, peak, err := s.element.resident()
				if grown := peak - before; grown > 32<<20 {
					return "", fmt.Errorf("the element has grown by %s, at most 32 MB may", amount(grown))
				}
				return fmt.Sprintf("the element stays at its registrar, and grows by %s", amount(peak-before)), err
			},
		},
	}
}

// shortly is what an error says in the end.
func shortly(err error) string {
	if err == nil {
		return "all taken"
	}
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return text
}
