package abuse

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// say sends n messages over an association with a port of a registrar, so many in a
// second, and tells how it was answered.
func say(ctx context.Context, t *testing.T, to string, ppid uint32, n, perSecond int, message func(s *stranger, i int) []byte) (*stranger, string, error) {
	s, err := join(ctx, t, to)
	if err != nil {
		return nil, "", err
	}
	sent := 0
	err = paced(ctx, n, perSecond, func(i int) error {
		sent++
		return s.Send(ctx, transport.Message{PPID: ppid, Data: message(s, i)})
	})
	outcome := ""
	if errors.Is(err, transport.ErrAborted) || errors.Is(err, transport.ErrShutdown) {
		outcome, err = fmt.Sprintf("association ended after %s", number(sent)), nil
	}
	s.leave()
	if s.refused > 0 {
		outcome = strings.TrimPrefix(fmt.Sprintf("%s, refused: %s", outcome, number(s.refused)), ", ")
	}
	for kind, count := range s.heard {
		if byte(kind) != byte(asap.TypeError) && byte(kind) != byte(asap.TypeEndpointKeepAlive) { //nolint:gosec // a byte
			continue // what is not refused is told of with what it is about
		}
		if count > 0 && ppid != transport.PPIDENRP {
			name := strings.ReplaceAll(strings.ToLower(asap.MessageType(kind).String()), "_", " ") //nolint:gosec // a byte
			outcome = strings.TrimPrefix(fmt.Sprintf("%s, answered by %s: %s", outcome, name, number(count)), ", ")
		}
	}
	return s, outcome, err
}

func encoded(m asap.Message) []byte {
	b, err := asap.Append(nil, m)
	if err != nil {
		panic(err) // of this program's own making
	}
	return b
}

func encodedENRP(m enrp.Message) []byte {
	b, err := enrp.Append(nil, m)
	if err != nil {
		panic(err)
	}
	return b
}

// registration is one of a stranger's element, served where the association is.
func registration(s *stranger, handle wire.PoolHandle, id wire.PEIdentifier) asap.Registration {
	at := s.Local()[0]
	return asap.Registration{Handle: handle, Element: wire.PoolElement{
		ID: id, Life: 300, Policy: wire.Policy{Type: wire.RoundRobin},
		UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: at.Port(), Addresses: local.Addrs},
	}}
}

// framed is a message of some type with any parameters.
func framed(kind byte, fixed []byte, parameters ...[]byte) []byte {
	b := append([]byte{kind, 0, 0, 0}, fixed...)
	for _, p := range parameters {
		b = append(b, p...)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b))) //nolint:gosec // wrong ones are wanted, too
	return b
}

func parameter(kind uint16, value []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(4+len(value))) //nolint:gosec // as above
	b = append(b, value...)
	return append(b, make([]byte, -len(value)&3)...)
}

// crowded has 16,000 parameters that nobody knows behind others, of four kinds: stop,
// stop and report, skip, skip and report.
func crowded(kind byte, i int, before ...[]byte) []byte {
	each := parameter([]uint16{0x3ff0, 0x7ff0, 0xbff0, 0xfff0}[i%4], nil)
	list := before
	for range 16000 {
		list = append(list, each)
	}
	return framed(kind, nil, list...)
}

// nested is an Operation Error within an Operation Error and so on, as deep as fits.
func nested() []byte {
	var b []byte
	for len(b) < 65000 {
		cause := binary.BigEndian.AppendUint16(nil, 2)
		cause = binary.BigEndian.AppendUint16(cause, uint16(4+len(b))) //nolint:gosec // it fits
		b = parameter(0x000a, append(cause, b...))
		if len(b) > 2000 {
			break // each level copies all within it
		}
	}
	for deep := len(b); deep+8 < 65000; deep += 8 {
		head := binary.BigEndian.AppendUint16(nil, 0x000a)
		head = binary.BigEndian.AppendUint16(head, uint16(deep+8)) //nolint:gosec // it fits
		head = binary.BigEndian.AppendUint16(head, 2)
		head = binary.BigEndian.AppendUint16(head, uint16(deep+4)) //nolint:gosec // it fits
		b = append(head, b...)
	}
	return b
}

// causes is an Operation Error with 16,000 of them.
func causes() []byte {
	return wire.ErrorTLV(make([]wire.Cause, 16000))
}

// broken is one of many messages that are cut, too long or of no type.
func broken(chance *rand.Rand, good [][]byte) []byte {
	b := append([]byte(nil), good[chance.IntN(len(good))]...)
	switch chance.IntN(5) {
	case 0: // cut
		return b[:1+chance.IntN(len(b)-1)]
	case 1: // a length that is not its own
		binary.BigEndian.PutUint16(b[2:], uint16(chance.Uint32())) //nolint:gosec // any
	case 2: // a parameter's length
		if len(b) > 8 {
			binary.BigEndian.PutUint16(b[6:], uint16(chance.Uint32())) //nolint:gosec // any
		}
	case 3: // a type that is none
		b[0] = byte(0x0f + chance.IntN(0xf0))
	default: // any bytes
		for range 1 + chance.IntN(8) {
			b[chance.IntN(len(b))] = byte(chance.Uint32())
		}
	}
	return b
}

func asapKinds() []kind {
	own := func(s *scene, i int) wire.PEIdentifier { return s.victims()[i%len(s.victims())] }
	return []kind{
		{
			name: "ASAP messages cut short, of wrong lengths, of unknown types, of random bytes", count: 50000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				chance := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // the same ones each time
				good := [][]byte{
					encoded(asap.HandleResolution{Handle: pool}), encoded(asap.Deregistration{Handle: "x", ID: 7}),
					encoded(asap.EndpointUnreachable{Handle: "x", ID: 7}), encoded(asap.EndpointKeepAliveAck{Handle: pool, ID: 7}),
					encoded(asap.Error{Causes: []wire.Cause{{Code: 2, Info: []byte("what")}}}),
				}
				_, outcome, err := say(ctx, s.t, s.open.places.ASAP[0], transport.PPIDASAP, n, 5000, func(*stranger, int) []byte { return broken(chance, good) })
				return outcome, err
			},
		},
		{
			name: "messages of other payload protocols at the ASAP port", count: 20000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				m := encoded(asap.HandleResolution{Handle: pool})
				_, outcome, err := say(ctx, s.t, s.open.places.ASAP[0], 46, n, 5000, func(*stranger, int) []byte { return m })
				return outcome, err
			},
		},
		{
			name: "ASAP messages of 64 KB with 16,000 parameters", count: 1000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				_, outcome, err := say(ctx, s.t, s.open.places.ASAP[0], transport.PPIDASAP, n, 100, func(_ *stranger, i int) []byte {
					return crowded(byte(asap.TypeHandleResolution), i, parameter(0x0009, []byte("x")))
				})
				return outcome, err
			},
		},
		{
			name: "ASAP_ERRORs of 64 KB: one error in the other, or 16,000 causes", count: 1000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				list := [][]byte{framed(byte(asap.TypeError), nil, nested()), framed(byte(asap.TypeError), nil, causes())}
				_, outcome, err := say(ctx, s.t, s.open.places.ASAP[0], transport.PPIDASAP, n, 200, func(_ *stranger, i int) []byte { return list[i%2] })
				return outcome, err
			},
		},
		{
			name: "pool handles of 65,000 bytes, registered and resolved", count: 1000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				long := wire.PoolHandle(strings.Repeat("x", 65000))
				_, outcome, err := say(ctx, s.t, s.open.places.ASAP[0], transport.PPIDASAP, n, 100, func(a *stranger, i int) []byte {
					if i%2 == 0 {
						return encoded(asap.HandleResolution{Handle: long})
					}
					return encoded(registration(a, long, 7))
				})
				return outcome, err
			},
		},
		{
			name: "ENDPOINT_UNREACHABLEs of one element by one association, 1,000 a second", count: 1000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return s.reports(ctx, 1, n, func(int) wire.PEIdentifier { return own(s, 0) })
			},
		},
		{
			name: "ENDPOINT_UNREACHABLEs of one element by 100 associations, 1,000 a second", count: 1000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return s.reports(ctx, 100, n, func(int) wire.PEIdentifier { return own(s, 0) })
			},
		},
		{
			name: "ENDPOINT_UNREACHABLEs of every element by one user", count: 1000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return s.reports(ctx, 1, n, func(i int) wire.PEIdentifier { return own(s, i) })
			},
		},
		{
			name: "registrations over one association, in 1,000 pools", count: 50000, left: 32 << 20,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				_, outcome, err := say(ctx, s.t, s.open.places.ASAP[0], transport.PPIDASAP, n, 5000, func(a *stranger, i int) []byte {
					return encoded(registration(a, wire.PoolHandle(fmt.Sprintf("flood-%d", i%1000)), wire.PEIdentifier(i+1))) //nolint:gosec // small
				})
				return outcome, err
			},
		},
		{
			name: "deregistrations of elements of others", count: 10000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				_, outcome, err := say(ctx, s.t, s.open.places.ASAP[0], transport.PPIDASAP, n, 5000, func(_ *stranger, i int) []byte {
					return encoded(asap.Deregistration{Handle: pool, ID: own(s, i)})
				})
				return outcome, err
			},
		},
		{
			name: "registrations under the identifiers of others", count: 2000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				_, outcome, err := say(ctx, s.t, s.open.places.ASAP[0], transport.PPIDASAP, n, 500, func(a *stranger, i int) []byte {
					return encoded(registration(a, pool, own(s, i)))
				})
				return outcome, err
			},
		},
		{
			name: "subscriptions over one association", count: 5000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				_, outcome, err := say(ctx, s.t, s.open.places.ASAP[0], transport.PPIDASAP, n, 2000, func(_ *stranger, i int) []byte {
					handle := pool
					if i > 0 {
						handle = wire.PoolHandle(fmt.Sprintf("none-%d", i))
					}
					return encoded(asap.HandleResolution{Handle: handle, Subscribe: true})
				})
				return outcome, err
			},
		},
		{
			name: "answers of users: responses, keep-alives, cookies, business cards", count: 20000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				list := [][]byte{
					encoded(asap.RegistrationResponse{Handle: pool, ID: 7}), encoded(asap.EndpointKeepAlive{Server: 7, Handle: pool, Home: true}),
					encoded(asap.EndpointKeepAliveAck{Handle: pool, ID: own(s, 0)}), encoded(asap.Cookie{Cookie: strings.Repeat("c", 1000)}),
					encoded(asap.ServerAnnounce{Server: 0xa}), encoded(asap.CookieEcho{Cookie: "x"}),
				}
				_, outcome, err := say(ctx, s.t, s.open.places.ASAP[0], transport.PPIDASAP, n, 5000, func(_ *stranger, i int) []byte { return list[i%len(list)] })
				return outcome, err
			},
		},
	}
}

// reports plays reports of elements, and tells how often those were asked for them.
func (s *scene) reports(ctx context.Context, associations, n int, which func(i int) wire.PEIdentifier) (string, error) {
	var all []*stranger
	for range associations {
		a, err := join(ctx, s.t, s.open.places.ASAP[0])
		if err != nil {
			return "", err
		}
		defer a.leave()
		all = append(all, a)
	}
	const asked = `messages_total{direction="out",protocol="asap",type="endpoint_keep_alive"}`
	before, err := s.open.metrics()
	if err != nil {
		return "", err
	}
	begin := time.Now()
	err = paced(ctx, n, 1000, func(i int) error {
		return all[i%len(all)].Send(ctx, transport.Message{PPID: transport.PPIDASAP, Data: encoded(asap.EndpointUnreachable{Handle: pool, ID: which(i)})})
	})
	took := time.Since(begin)
	atRest(s.open.heard("asap", "endpoint_unreachable"))
	after, err2 := s.open.metrics()
	if err := errors.Join(err, err2); err != nil {
		return "", err
	}
	now, err := s.open.held()
	out := 2*elementsEach + 1 - now.in(pool)
	if out > 1 {
		err = errors.Join(err, fmt.Errorf("%d elements are out of their pool at the word of one user, at most one may be", out))
	}
	return fmt.Sprintf("%v keep-alives to all elements in %.1f s; %d out of the pool, until it registers again", after[asked]-before[asked], took.Seconds(), out), err
}
