package handlespace_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"rserpool/registrar/enrp"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/index"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// model is a handlespace without any index: everything is found by looking at
// all there is.
type model struct {
	elements map[handlespace.Ref]handlespace.Element
	// sets select with the package policy alone, which has models of its own; numbers
	// are those of their members.
	sets    map[wire.PoolHandle]policy.Set
	members *policy.Members
	chance  *rand.PCG
	numbers map[handlespace.Ref]uint32
	last    uint32
}

func newModel() *model {
	return &model{
		elements: map[handlespace.Ref]handlespace.Element{}, sets: map[wire.PoolHandle]policy.Set{},
		members: policy.NewMembers(&index.Nodes{}), chance: rand.NewPCG(1, 2), numbers: map[handlespace.Ref]uint32{},
	}
}

func (m *model) sorted(keep func(handlespace.Ref) bool) []handlespace.Ref {
	refs := slices.SortedFunc(maps.Keys(m.elements), compareRefs)
	return slices.DeleteFunc(refs, func(r handlespace.Ref) bool { return !keep(r) })
}

func compareRefs(a, b handlespace.Ref) int {
	return cmp.Or(cmp.Compare(a.Handle, b.Handle), cmp.Compare(a.ID, b.ID))
}

func (m *model) of(handle wire.PoolHandle) []handlespace.Ref {
	return m.sorted(func(r handlespace.Ref) bool { return r.Handle == handle })
}

func (m *model) put(handle wire.PoolHandle, e wire.PoolElement, expires time.Time) (added, conflict bool) {
	for _, r := range m.of(handle) {
		has := m.elements[r]
		if has.Policy.Type != e.Policy.Type || has.UserTransport.Type != e.UserTransport.Type || has.UserTransport.Use != e.UserTransport.Use {
			return false, true
		}
	}
	ref := handlespace.Ref{Handle: handle, ID: e.ID}
	_, known := m.elements[ref]
	m.elements[ref] = handlespace.Element{PoolElement: e, Expires: expires}
	if known {
		m.sets[handle].Update(m.numbers[ref], policy.ValuesOf(e.Policy))
		return false, false
	}
	if len(m.of(handle)) == 1 {
		m.sets[handle] = m.members.NewSet(e.Policy.Type)
	}
	m.last++
	m.numbers[ref] = m.last
	m.sets[handle].Join(m.last, policy.ValuesOf(e.Policy))
	return true, false
}

func (m *model) remove(ref handlespace.Ref) bool {
	_, ok := m.elements[ref]
	if ok {
		m.sets[ref.Handle].Leave(m.numbers[ref])
	}
	delete(m.elements, ref)
	return ok
}

func (m *model) takeover(from, to wire.ServerID, expires time.Time) (n int) {
	for ref, e := range m.elements {
		if e.HomeServer == from {
			e.HomeServer, e.Expires = to, expires
			m.elements[ref] = e
			n++
		}
	}
	return n
}

func (m *model) resolve(handle wire.PoolHandle, limit int) (list []wire.PEIdentifier) {
	set := m.sets[handle]
	if len(m.of(handle)) == 0 {
		return nil
	}
	homed := map[uint32]wire.PEIdentifier{}
	homeless := 0
	for ref, e := range m.elements {
		switch {
		case e.HomeServer == 0:
			homeless++
		case ref.Handle == handle:
			homed[m.numbers[ref]] = ref.ID
		}
	}
	if limit > 0 && homeless > 0 {
		limit += homeless
	}
	var turned []uint32
	for _, number := range set.Pick(nil, limit, rand.New(m.chance)) {
		if id, ok := homed[number]; ok && (limit == 0 || len(turned) < limit-homeless) {
			list, turned = append(list, id), append(turned, number)
		}
	}
	set.Turn(turned)
	return list
}

// checksum lays all blocks out as RFC 5353 section 3.6.2 draws them.
func (m *model) checksum(home wire.ServerID) wire.Checksum {
	var b []byte
	for ref, e := range m.elements {
		if e.HomeServer == home {
			b = append(b, ref.Handle...)
			b = append(b, bytes.Repeat([]byte{0}, wire.Padded(len(ref.Handle))-len(ref.Handle))...)
			b = binary.BigEndian.AppendUint32(b, uint32(ref.ID))
		}
	}
	return enrp.SumOf(b)
}

func (m *model) due(now time.Time) []handlespace.Ref {
	due := m.sorted(func(r handlespace.Ref) bool {
		at := m.elements[r].Expires
		return !at.IsZero() && !at.After(now)
	})
	slices.SortStableFunc(due, func(a, b handlespace.Ref) int {
		return m.elements[a].Expires.Compare(m.elements[b].Expires)
	})
	return due
}

var (
	handles = []wire.PoolHandle{"", "a", "a\x00", "EchoPool", "zz"}
	homes   = []wire.ServerID{0, 1, 2, 3}
	// A pool mostly has one policy; others must be tried too.
	policies = map[wire.PoolHandle][]wire.Policy{
		"":         {{Type: wire.WeightedRoundRobin, Weight: 1}, {Type: wire.WeightedRoundRobin, Weight: 5}, {Type: wire.WeightedRoundRobin}, rr},
		"a":        {rr},
		"a\x00":    {{Type: wire.WeightedRandom, Weight: 1}, {Type: wire.WeightedRandom, Weight: 7}, {Type: wire.WeightedRandom}},
		"EchoPool": {{Type: wire.LeastUsedDegradation, Load: 5, Degradation: 3}, {Type: wire.LeastUsedDegradation, Load: 9, Degradation: 1}, rr},
		"zz": {
			{Type: 0xb0001003, Raw: "x"},
			{Type: 0xb0001003},
			{Type: wire.Priority, Priority: 1},
			{Type: 0xb0001003, Raw: "a longer text, of more than 16 bytes"},
			{Type: 0xb0001003, Raw: strings.Repeat("long", 99)},
		},
	}
)

func drawRef(t *rapid.T) handlespace.Ref {
	return handlespace.Ref{
		Handle: rapid.SampledFrom(handles).Draw(t, "handle"),
		ID:     rapid.SampledFrom([]wire.PEIdentifier{0, 1, 2, 3, 0x7fffffff, 0xffffffff}).Draw(t, "id"),
	}
}

func drawElement(t *rapid.T, ref handlespace.Ref) wire.PoolElement {
	e := pe(ref.ID, rapid.SampledFrom(homes).Draw(t, "home"), rapid.SampledFrom(policies[ref.Handle]).Draw(t, "policy"))
	e.Life = wire.RegistrationLife(rapid.IntRange(1, 3).Draw(t, "life"))
	switch rapid.IntRange(0, 3).Draw(t, "addresses") {
	case 0:
		e.ASAPTransport = wire.Transport{Type: wire.TypeSCTPTransport, Port: 3863, Addresses: e.UserTransport.Addresses}
	case 1:
		e.UserTransport.Addresses = append(slices.Clone(e.UserTransport.Addresses), netip.MustParseAddr("2001:db8::7"))
	}
	if rapid.IntRange(0, 9).Draw(t, "control") == 0 {
		e.UserTransport.Use = wire.DataAndControl
	}
	if rapid.IntRange(0, 9).Draw(t, "udp") == 0 {
		e.UserTransport = wire.Transport{Type: wire.TypeUDPTransport, Port: 7, Addresses: e.UserTransport.Addresses[:1]}
	}
	return e
}

func drawTime(t *rapid.T) time.Time {
	n := rapid.IntRange(0, 20).Draw(t, "seconds")
	if n == 0 {
		return time.Time{}
	}
	return start.Add(time.Duration(n) * time.Second)
}
