package endpoint_test

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

var transportTypes = map[string]wire.ParameterType{
	"sctp": wire.TypeSCTPTransport, "tcp": wire.TypeTCPTransport, "udp": wire.TypeUDPTransport,
}

// announcement builds an ASAP_SERVER_ANNOUNCE, or takes its bytes: hex BYTES.
func (w *world) announcement(lines string) []byte {
	m := asap.ServerAnnounce{Server: 0x77}
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		if words[0] == "hex" {
			return w.message(words)
		}
		at, err := netip.ParseAddrPort(words[1])
		if err != nil {
			w.t.Fatal(err)
		}
		t := wire.Transport{Type: transportTypes[words[0]], Port: at.Port(), Addresses: []netip.Addr{at.Addr()}}
		for _, more := range words[2:] {
			t.Addresses = append(t.Addresses, netip.MustParseAddr(more))
		}
		m.Transports = append(m.Transports, t)
	}
	return w.encode(m)
}

func (w *world) encode(m asap.Message) []byte {
	b, err := asap.Append(nil, m)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// flood makes n announcements of servers that do not exist, each other than the
// rest, and from an address of its own.
func (w *world) flood(n int, do func([]endpoint.Effect)) {
	for i := range n {
		var ip [4]byte
		binary.BigEndian.PutUint32(ip[:], 10<<24+uint32(i)+1)
		data := w.encode(asap.ServerAnnounce{Server: wire.ServerID(i + 1)})
		do(w.endpoint.Step(epoch.Add(w.now), endpoint.Announced{
			From: netip.AddrPortFrom(netip.AddrFrom4(ip), 32768), Data: data,
		}))
	}
}

// refuse lets every attempt fail at once, and counts them.
func (w *world) refuse(effects []endpoint.Effect) (dials int) {
	for len(effects) > 0 {
		f := effects[0]
		effects = effects[1:]
		if f, ok := f.(endpoint.Dial); ok {
			dials++
			effects = append(effects, w.endpoint.Step(epoch.Add(w.now), endpoint.DialFailed{Dial: f.ID, Reason: "refused"})...)
		}
	}
	return dials
}

func memory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// ASAP-6.6-11: a flood costs bounded memory and a bounded number of attempts; the
// configured server is tried in every round, one that was in use keeps its place,
// and who announces itself afterwards is found.
func TestFlood(t *testing.T) {
	const flood = 100_000
	w := newWorld(t, 1, func(cfg *endpoint.Config) { cfg.Announcements = true })
	w.step(endpoint.Start{})
	w.fail(1)
	w.step(endpoint.Announced{From: netip.AddrPortFrom(server(2).Addrs[0], 32768), Data: w.announcement("")})
	w.up(2)
	w.step(endpoint.AssociationDown{Association: w.link(2), Reason: "lost"})
	w.dials = make(map[endpoint.DialID]int)

	before := memory()
	dials := 0
	w.flood(flood, func(effects []endpoint.Effect) { dials += w.refuse(effects) })
	if dials > endpoint.MaxAnnounced+1 {
		t.Errorf("a flood of %d announcements made %d attempts in one round, want at most %d", flood, dials, endpoint.MaxAnnounced+1)
	}
	if grown := int64(memory()) - int64(before); grown > 1<<20 {
		t.Errorf("a flood of %d announcements costs %d bytes, want less than 1 MB", flood, grown)
	}

	// Nobody answers in the next rounds, which begin at 10, 30 and 70 s, and the
	// flood goes on.
	tried := make(map[netip.Addr]int)
	count := func(effects []endpoint.Effect) {
		for _, f := range effects {
			if f, ok := f.(endpoint.Dial); ok {
				tried[f.To.Addrs[0]]++
			}
		}
	}
	for range 71 {
		w.now += time.Second
		count(w.endpoint.Step(epoch.Add(w.now), endpoint.Tick{}))
		w.flood(200, count)
		count(w.step(endpoint.Announced{From: netip.AddrPortFrom(server(2).Addrs[0], 32768), Data: w.announcement("")}))
	}
	for n := range 2 {
		if got := tried[server(n + 1).Addrs[0]]; got != 3 {
			t.Errorf("R%d was tried %d times in 3 rounds, want every time", n+1, got)
		}
	}
}

// Who is remembered only gives way before who is alive, whoever was heard last: R2
// announces itself every 10 s, and T7 of the others has ended.
func TestRemembered(t *testing.T) {
	w := newWorld(t, 0, func(cfg *endpoint.Config) { cfg.Announcements = true })
	announce := func(n int) {
		w.step(endpoint.Announced{From: netip.AddrPortFrom(server(n).Addrs[0], 32768), Data: w.announcement("")})
	}
	announce(2)
	w.advance(10 * time.Second)
	announce(2)
	w.advance(3 * time.Second)
	w.flood(endpoint.MaxAnnounced-1, func([]endpoint.Effect) {})
	w.advance(6 * time.Second)
	announce(3)
	var dialled []netip.Addr
	for _, f := range w.step(endpoint.Start{}) {
		if f, ok := f.(endpoint.Dial); ok {
			dialled = append(dialled, f.To.Addrs...)
		}
	}
	slices.SortFunc(dialled, netip.Addr.Compare)
	if diff := cmp.Diff([]netip.Addr{server(2).Addrs[0], server(3).Addrs[0]}, dialled, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("dialled (-want +got):\n%s", diff)
	}
}

// An announcement of many transports with many addresses counts in part.
func TestLongAnnouncement(t *testing.T) {
	w := newWorld(t, 0, func(cfg *endpoint.Config) { cfg.Announcements = true })
	m := asap.ServerAnnounce{Server: 1}
	for i := range 100 {
		tr := wire.Transport{Type: wire.TypeSCTPTransport, Port: uint16(4000 + i)}
		for k := range 50 {
			tr.Addresses = append(tr.Addresses, netip.AddrFrom4([4]byte{10, 0, byte(i), byte(k + 1)}))
		}
		m.Transports = append(m.Transports, tr)
	}
	w.step(endpoint.Announced{From: netip.AddrPortFrom(server(2).Addrs[0], 1), Data: w.encode(m)})
	dials := 0
	for _, f := range w.step(endpoint.Start{}) {
		for {
			d, ok := f.(endpoint.Dial)
			if !ok {
				break
			}
			if dials++; len(d.To.Addrs) > endpoint.MaxAddresses {
				t.Errorf("dials %d addresses, want at most %d", len(d.To.Addrs), endpoint.MaxAddresses)
			}
			f = nil
			for _, next := range w.step(endpoint.DialFailed{Dial: d.ID, Reason: "refused"}) {
				if _, ok := next.(endpoint.Dial); ok {
					f = next
				}
			}
		}
	}
	if dials != endpoint.MaxTransports {
		t.Errorf("tries %d transports of one announcement, want %d", dials, endpoint.MaxTransports)
	}
}
