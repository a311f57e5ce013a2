package replica_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// registrar is a model of the core: a handlespace that says what changes, as
// effects of type Changed do.
type registrar struct {
	space  *handlespace.Handlespace
	states map[handlespace.Ref]feed.ElementState
	peers  map[wire.ServerID]feed.PeerState
	number uint64
	ticks  int
}

var (
	handles = []wire.PoolHandle{"a", "a\x00", "EchoPool", "zz"}
	servers = []wire.ServerID{self, 2, 3, 0xffffffff}
)

// step makes one change and returns what the registrar says of it.
func (m *registrar) step(t *rapid.T) []feed.Message {
	m.number++
	end := feed.Sequence{Number: m.number, Now: feed.Time(m.number)}
	ref := handlespace.Ref{
		Handle: rapid.SampledFrom(handles).Draw(t, "handle"),
		ID:     wire.PEIdentifier(rapid.IntRange(0, 5).Draw(t, "id")),
	}
	before, known := m.space.Element(ref.Handle, ref.ID)
	switch rapid.SampledFrom([]string{"add", "add", "add", "remove", "state", "peer", "takeover", "event", "counters"}).Draw(t, "change") {
	case "add":
		e := pe(ref.ID, rapid.SampledFrom(servers).Draw(t, "home"), rapid.SampledFrom([]wire.Policy{
			rr, rr, {Type: wire.Priority, Priority: 4}, {Type: 0xb0001003, Raw: "\x01"},
		}).Draw(t, "policy"))
		if _, err := m.space.Put(ref.Handle, e, time.Time{}); err != nil {
			return []feed.Message{end}
		}
		m.states[ref] = m.state(t, ref)
		return append(m.checksums([]feed.Message{add(ref.Handle, e), m.states[ref]}, before.HomeServer, e.HomeServer), end)
	case "remove":
		if !known {
			return []feed.Message{end}
		}
		m.space.Remove(ref.Handle, ref.ID)
		delete(m.states, ref)
		return append(m.checksums([]feed.Message{del(ref.Handle, before.PoolElement)}, before.HomeServer), end)
	case "state":
		if !known {
			return []feed.Message{end}
		}
		m.states[ref] = m.state(t, ref)
		return []feed.Message{m.states[ref], end}
	case "counters":
		m.ticks++
		return []feed.Message{feed.Counters{At: feed.Time(700 * m.ticks), Resolutions: m.number}, end}
	case "peer":
		return append(m.peer(t), end)
	case "takeover":
		m.number++
		return []feed.Message{feed.TakeoverStep{
			Takeover: uint32(rapid.IntRange(1, 3).Draw(t, "takeover")), Number: uint32(m.number), Target: 2, //nolint:gosec // small
			Kind: feed.StepKind(rapid.IntRange(0, int(feed.Dropped)).Draw(t, "kind")),
		}, end}
	default:
		return []feed.Message{feed.Event{At: feed.Time(m.number), Name: "element.registered", Handle: ref.Handle}, end}
	}
}

func (m *registrar) state(t *rapid.T, ref handlespace.Ref) feed.ElementState {
	return feed.ElementState{
		Handle: ref.Handle, ID: ref.ID, Expires: feed.Time(rapid.IntRange(0, 9).Draw(t, "expires")),
		Health: rapid.SampledFrom([]feed.Health{feed.Up, feed.Unanswered, feed.Expired, 255}).Draw(t, "health"),
	}
}

// peer changes a peer; where it is may be said by a list, by its state, or by
// neither, and what was said before holds.
func (m *registrar) peer(t *rapid.T) []feed.Message {
	p := feed.PeerState{
		Peer:  rapid.SampledFrom(servers[1:]).Draw(t, "peer"),
		State: feed.LinkState(rapid.IntRange(int(feed.Discovered), int(feed.Forgotten)).Draw(t, "link")),
		Told:  0x4deb, HasTold: rapid.Bool().Draw(t, "told"), Matched: rapid.Bool().Draw(t, "matched"),
	}
	if p.State == feed.Forgotten {
		delete(m.peers, p.Peer)
		return []feed.Message{p}
	}
	whole := p
	whole.Information = m.peers[p.Peer].Information
	said := rapid.SampledFrom([]string{"by nobody", "by its state", "by a list"}).Draw(t, "information")
	if said != "by nobody" {
		whole.Information = wire.ServerInformation{ID: p.Peer, Transport: transport(rapid.Uint16().Draw(t, "port"))}
	}
	m.peers[p.Peer] = whole
	switch said {
	case "by its state":
		return []feed.Message{whole}
	case "by a list":
		return []feed.Message{enrp.ListResponse{Servers: []wire.ServerInformation{whole.Information}}, p}
	default:
		return []feed.Message{p}
	}
}

func (m *registrar) checksums(list []feed.Message, homes ...wire.ServerID) []feed.Message {
	for _, home := range homes {
		list = append(list, presence(home, m.space.Checksum(home)))
	}
	return list
}

// A replica that got a snapshot anywhere on the way and then the changes shows
// what one shows that got all changes, and both what the registrar holds.
func TestSnapshotAndChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &registrar{
			space: handlespace.New(rand.NewPCG(1, 2)), states: map[handlespace.Ref]feed.ElementState{}, peers: map[wire.ServerID]feed.PeerState{},
		}
		whole := replica.New()
		apply(t, whole, hello, feed.Sequence{Now: hello.Now}, feed.RegistrarState{
			Phase: feed.Serving, Information: wire.ServerInformation{ID: self, Transport: transport(9901)},
		})
		late := restore(t, whole, 4096)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			if rapid.IntRange(0, 4).Draw(t, "fell behind") == 0 {
				late = restore(t, whole, rapid.SampledFrom([]int{0, 100, 300, 1000, 65536}).Draw(t, "limit"))
			}
			list := m.step(t)
			apply(t, whole, list...)
			apply(t, late, list...)
		}
		if diff := cmp.Diff(look(whole), look(late), cmpAddr); diff != "" {
			t.Fatalf("changes only, snapshot and changes (-changes +snapshot):\n%s", diff)
		}
		m.compare(t, late)
	})
}

func (m *registrar) compare(t *rapid.T, r *replica.Replica) {
	if apart := r.Disagrees(); len(apart) > 0 {
		t.Fatalf("checksums differ for %v", apart)
	}
	n := 0
	for e := range m.space.Table(handlespace.Position{}, 0) {
		n++
		want := replica.Element{
			PoolElement: e.PoolElement(), Handle: e.Handle(), Owned: e.HomeServer() == self,
			State: m.states[e.Ref()],
		}
		got, ok := r.Element(e.Handle(), e.ID())
		if diff := cmp.Diff(want, got, cmpAddr); diff != "" || !ok {
			t.Fatalf("element, found %v (-want +got):\n%s", ok, diff)
		}
	}
	if c := r.Counts(); c.Elements != n || c.Pools != m.space.PoolCount() || c.Owned != m.space.Count(self) {
		t.Fatalf("counts %+v, want %d elements in %d pools, %d owned", c, n, m.space.PoolCount(), m.space.Count(self))
	}
	for p := range r.Pools() {
		want, _ := m.space.Pool(p.Handle)
		if diff := cmp.Diff(want, p.Pool); diff != "" {
			t.Fatalf("pool (-want +got):\n%s", diff)
		}
	}
	got := map[wire.ServerID]feed.PeerState{}
	for p := range r.Peers() {
		got[p.Peer] = p.PeerState
	}
	if diff := cmp.Diff(m.peers, got, cmpAddr); diff != "" {
		t.Fatalf("peers (-want +got):\n%s", diff)
	}
}
