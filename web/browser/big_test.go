package browser_test

import (
	"encoding/binary"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
	"rserpool/web"
)

// big is a dashboard over a handlespace that no registrar keeps: as many elements
// as a test wants, at once.
type big struct {
	*server
	elements int
}

// bigPools is in how many pools the elements are.
const bigPools = 20

var bigHome = wire.ServerID(0x0a0a0a0a)

// startBig serves n elements. The one with number i has the ID i+1, in pool i%20,
// and expires i seconds after the first one.
func startBig(t *testing.T, n int) *big {
	t.Helper()
	now := time.Now()
	s := &big{elements: n, server: &server{t: t, place: place{address: "127.0.0.1:0"}, feeds: map[net.Conn]bool{}}}
	s.hub = web.NewHub(feed.Hello{
		Schema: feed.Schema, Registrar: bigHome, Epoch: 1, Started: feed.At(now), Now: feed.At(now), Version: "test", Dialect: "rfc", Transport: "udp",
	}, web.DefaultLimits(), slog.New(slog.DiscardHandler))
	changes := []feed.Message{feed.RegistrarState{Phase: feed.Serving}}
	for i := range n {
		changes = append(changes, s.update(i, uint32(i)), s.state(i, now.Add(time.Hour+time.Duration(i)*time.Second))) //nolint:gosec // small
	}
	s.hub.Publish(now, changes)
	var err error
	s.handler, err = web.New(web.Config{
		Hub: s.hub, Token: token, ASAP: "127.0.0.1:3863", ENRP: "127.0.0.1:9901", Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.open()
	t.Cleanup(func() {
		s.hub.Close()
		s.halt()
	})
	return s
}

func bigHandle(i int) wire.PoolHandle { return wire.PoolHandle("Pool" + string(rune('A'+i%bigPools))) }

// update is the registration of element i with a load.
func (s *big) update(i int, load uint32) feed.Message {
	var addr [4]byte
	binary.BigEndian.PutUint32(addr[:], 10<<24+uint32(i)) //nolint:gosec // small
	return enrp.HandleUpdate{Action: enrp.AddPE, Handle: bigHandle(i), Element: wire.PoolElement{
		ID: wire.PEIdentifier(i + 1), HomeServer: bigHome, Life: 300, Policy: wire.Policy{Type: wire.LeastUsed, Load: load}, //nolint:gosec // small
		UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: []netip.Addr{netip.AddrFrom4(addr)}},
	}}
}

// state is until when element i is registered.
func (s *big) state(i int, expires time.Time) feed.Message {
	return feed.ElementState{Handle: bigHandle(i), ID: wire.PEIdentifier(i + 1), Expires: feed.At(expires)} //nolint:gosec // small
}
