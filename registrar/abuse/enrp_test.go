package abuse

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"

	"rserpool/registrar/enrp"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// invented is the server ID of somebody who is not.
func invented(i int) wire.ServerID { return wire.ServerID(0x7f000000 + i) } //nolint:gosec // small

// presence is that of a registrar somewhere.
func presence(i int, at netip.AddrPort) enrp.Presence {
	return enrp.Presence{
		IDs: enrp.IDs{Sender: invented(i)}, Checksum: 0xffff, HasChecksum: true, ReplyRequired: true,
		Information: wire.ServerInformation{ID: invented(i), Transport: wire.Transport{
			Type: wire.TypeSCTPTransport, Port: at.Port(), Addresses: []netip.Addr{at.Addr()},
		}},
	}
}

// stolen is an honest element, as somebody says that it is.
func (s *scene) stolen(i int, home wire.ServerID) wire.PoolElement {
	at := wire.Transport{Type: wire.TypeSCTPTransport, Port: 9, Addresses: local.Addrs}
	return wire.PoolElement{
		ID: s.victims()[i%len(s.victims())], HomeServer: home, Life: 300, Policy: wire.Policy{Type: wire.RoundRobin},
		UserTransport: wire.Transport{Type: wire.TypeTCPTransport, Port: 9, Addresses: local.Addrs}, ASAPTransport: at,
	}
}

// peersBehind says how many peers there are, and waits until those invented are gone.
func (s *scene) peersBehind() (string, error) {
	h, err := s.open.held()
	if err != nil {
		return "", err
	}
	m, err := s.open.metrics()
	if err != nil {
		return "", err
	}
	if limit := int(m[`limit{limit="max_peers"}`]); len(h.Peers) > limit {
		return "", fmt.Errorf("%d peers, at most %d may be", len(h.Peers), limit)
	}
	return fmt.Sprintf("%s peers meanwhile", number(len(h.Peers))), nil
}

func enrpKinds() []kind {
	ids := []byte{0x7f, 0, 0, 0, 0, 0, 0, 0} // of somebody invented, to everybody
	enrpSay := func(ctx context.Context, s *scene, n, perSecond int, message func(i int) []byte) (string, error) {
		_, outcome, err := say(ctx, s.t, s.open.places.ENRP[0], transport.PPIDENRP, n, perSecond, func(_ *stranger, i int) []byte { return message(i) })
		return outcome, err
	}
	return []kind{
		{
			name: "ENRP messages cut short, of wrong lengths, of unknown types, of random bytes", count: 50000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				chance := rand.New(rand.NewPCG(3, 1)) //nolint:gosec // the same ones each time
				ids := enrp.IDs{Sender: invented(0)}
				good := [][]byte{
					encodedENRP(enrp.Presence{IDs: ids, HasChecksum: true}), encodedENRP(enrp.ListRequest{IDs: ids}), encodedENRP(enrp.HandleTableRequest{IDs: ids}),
					encodedENRP(enrp.HandleUpdate{IDs: ids, Handle: pool, Element: s.stolen(0, 0)}),
				}
				return enrpSay(ctx, s, n, 5000, func(int) []byte { return broken(chance, good) })
			},
		},
		{
			name: "PRESENCEs of 64 KB with 16,000 parameters", count: 1000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return enrpSay(ctx, s, n, 100, func(i int) []byte {
					list := make([][]byte, 0, 16000)
					for range 16000 {
						list = append(list, parameter([]uint16{0x3ff0, 0x7ff0, 0xbff0, 0xfff0}[i%4], nil))
					}
					return framed(byte(enrp.TypePresence), ids, list...)
				})
			},
		},
		{
			name: "ENRP_ERRORs of 64 KB: one error in the other, or 16,000 causes", count: 1000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				list := [][]byte{framed(byte(enrp.TypeError), ids, nested()), framed(byte(enrp.TypeError), ids, causes())}
				return enrpSay(ctx, s, n, 200, func(i int) []byte { return list[i%2] })
			},
		},
		{
			name: "PRESENCEs of 2,000 registrars that are not", count: 2000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				a, err := join(ctx, s.t, s.open.places.ENRP[0])
				if err != nil {
					return "", err
				}
				defer a.leave()
				err = paced(ctx, n, 500, func(i int) error {
					return a.Send(ctx, transport.Message{PPID: transport.PPIDENRP, Data: encodedENRP(presence(i, a.Local()[0]))})
				})
				atRest(s.open.heard("enrp", "presence"))
				outcome, err2 := s.peersBehind()
				return outcome, errors.Join(err, err2)
			},
		},
		{
			name: "HANDLE_UPDATEs that delete elements of others", count: 10000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				outcome, err := enrpSay(ctx, s, n, 2000, func(i int) []byte {
					return encodedENRP(enrp.HandleUpdate{IDs: enrp.IDs{Sender: invented(0)}, Action: enrp.DelPE, Handle: pool, Element: s.stolen(i, 0xa)})
				})
				return strings.TrimPrefix(outcome+", those are asked, and stay", ", "), err
			},
		},
		{
			name: "HANDLE_UPDATEs that add elements in the name of this registrar", count: 10000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				outcome, err := enrpSay(ctx, s, n, 2000, func(i int) []byte {
					return encodedENRP(enrp.HandleUpdate{IDs: enrp.IDs{Sender: invented(0)}, Handle: pool, Element: s.stolen(i, 0xa)})
				})
				return strings.TrimPrefix(outcome+", ignored", ", "), err
			},
		},
		{
			name: "messages in the name of this registrar, or for another one", count: 10000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return enrpSay(ctx, s, n, 5000, func(i int) []byte {
					ids := []enrp.IDs{{Sender: 0xa}, {Sender: invented(0), Receiver: 0xdead}, {Sender: 0}}[i%3]
					return encodedENRP(enrp.HandleUpdate{IDs: ids, Handle: pool, Element: s.stolen(i, 0xb)})
				})
			},
		},
		{
			name: "INIT_TAKEOVERs against a registrar that lives, and against this one", count: 2000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				outcome, err := enrpSay(ctx, s, n, 500, func(i int) []byte {
					return encodedENRP(enrp.InitTakeover{Takeover: enrp.Takeover{IDs: enrp.IDs{Sender: invented(i % 10)}, Target: []wire.ServerID{0xa, 0xb}[i%2]}})
				})
				return strings.TrimPrefix(outcome+", none begins", ", "), err
			},
		},
		{
			name: "handle table requests by 200 associations at once", count: 200,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				var how tally
				var all sync.WaitGroup
				for i := range n {
					all.Go(func() {
						a, err := join(ctx, s.t, s.open.places.ENRP[0])
						if err != nil {
							how.add(ending(err))
							return
						}
						for range 5 {
							_ = a.Send(ctx, transport.Message{PPID: transport.PPIDENRP, Data: encodedENRP(enrp.HandleTableRequest{IDs: enrp.IDs{Sender: invented(i)}})})
						}
						a.leave()
						how.add("asked five times")
					})
				}
				all.Wait()
				return how.String(), nil
			},
		},
	}
}
