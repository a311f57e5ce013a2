package handlespace

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/index"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// Verify must see each kind of damage: otherwise the model tests prove less than
// they seem to.
func TestVerifyFindsDamage(t *testing.T) {
	tests := []struct {
		name string
		// p has the elements 1 and 2, q has 1; all have home 1 and expire.
		damage func(h *Handlespace, p, q *pool)
		want   string
	}{
		{"none", func(*Handlespace, *pool, *pool) {}, ""},
		{"handle", func(h *Handlespace, _, q *pool) { h.pools["p"] = q }, `pool "p" is not indexed`},
		{"a pool too many", func(h *Handlespace, p, _ *pool) { h.pools["r"] = p }, "indexed and numbered: 2 3 2"},
		{"elements too many", func(h *Handlespace, _, _ *pool) { h.records.Take() }, "and recorded: 3 3 4"},
		{"elements in the tree", func(h *Handlespace, p, _ *pool) { h.elements.Delete(&h.nodes, p.key(2)) }, "by the tree, its size and its set: 1 2 2"},
		{"first", func(_ *Handlespace, p, q *pool) { p.first = q.first }, "has another first element"},
		{"pool", func(h *Handlespace, p, q *pool) { h.records.At(p.first).pool = q.number }, "belongs to another pool"},
		{"transport", func(_ *Handlespace, p, _ *pool) { p.transport = wire.TypeUDPTransport }, "contradicts its pool: want transport type"},
		{"identifier", func(h *Handlespace, p, _ *pool) { h.records.At(p.first).id = 9 }, "is not where its identifier says"},
		{"not in its set", func(_ *Handlespace, p, _ *pool) { p.set.Leave(p.first) }, "by the tree, its size and its set: 2 2 1"},
		{"in no set", func(h *Handlespace, p, _ *pool) { p.set = h.members.NewSet(p.policy) }, "by the tree, its size and its set: 2 2 0"},
		{"somebody else in its set", func(_ *Handlespace, p, _ *pool) {
			p.set.Leave(p.first)
			p.set.Join(99, policy.Values{})
		}, "selects who is no element of it"},
		{"nobody selected", func(_ *Handlespace, p, _ *pool) { p.set = mute{p.set} }, "selects nobody"},
		{"values of private policies", func(_ *Handlespace, _, q *pool) { q.set.Update(q.first, policy.Values{7}) }, "by the values of another policy"},
		{"home", func(h *Handlespace, p, _ *pool) { h.records.At(p.first).home = 9 }, "has an unknown home"},
		{"with another home", func(h *Handlespace, p, _ *pool) {
			h.homes[2] = &home{id: 2}
			h.records.At(p.first).home = 2
		}, "is not with its home"},
		{"checksum", func(h *Handlespace, _, _ *pool) { h.homes[1].sum.Add("p", 3) }, "the checksum of home 0x00000001"},
		{"checksum for peers", func(h *Handlespace, _, _ *pool) { h.homes[1].told.Add("p", 3) }, "the checksum of home 0x00000001"},
		{"tree of a home", func(h *Handlespace, _, _ *pool) {
			before := h.homes[1].elements
			h.homes[1].elements.Set(&h.nodes, 1<<60, 1)
			h.homes[1].elements = before
		}, "and its count: 4 3"},
		{"who left its home", func(h *Handlespace, _, _ *pool) {
			h.homes[2] = &home{id: 2}
			h.homes[2].elements.Set(&h.nodes, 1, 1)
		}, "elements of homes and in all: 4 3"},
		{"queued behind its expiry", func(h *Handlespace, p, _ *pool) { h.records.At(p.first).expires-- }, "is queued behind its expiry"},
		{"queued at another time", func(h *Handlespace, p, _ *pool) {
			h.records.At(p.first).queued--
		}, "is queued at another time"},
		{"not queued", func(h *Handlespace, p, _ *pool) {
			h.expiry.leave(&h.nodes, p.first, h.records.At(p.first))
		}, "expire and are not queued: 1"},
		{"two with a blob", func(h *Handlespace, p, _ *pool) { h.records.At(p.first).blob = h.records.At(p.first + 1).blob }, "shares its blob"},
		{"blob given back", func(h *Handlespace, p, _ *pool) {
			r := h.records.At(p.first)
			h.blobs.drop(r.blob, int(r.length))
		}, "is still held"},
		{"blob of nobody", func(h *Handlespace, _, _ *pool) { h.blobs.put([]byte("x")) }, "places of blobs, and elements: 4 3"},
		{"expiry of nobody", func(h *Handlespace, _, _ *pool) { new(index.Ring).Add(&h.expiry.links, 99) }, "still waits for its expiry"},
		{"turn of nobody", func(h *Handlespace, _, _ *pool) { h.members.NewSet(wire.RoundRobin).Join(99, policy.Values{}) }, "who left still has a turn"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := damageable(t)
			tt.damage(h, h.pools["p"], h.pools["q"])
			expect(t, h.Verify(), tt.want)
		})
	}
	t.Run("nodes of nobody", func(t *testing.T) {
		h := damageable(t)
		for _, ref := range h.Expired(time.Now().AddDate(200, 0, 0)) {
			h.Remove(ref.Handle, ref.ID)
		}
		expect(t, h.Verify(), "")
		(&home{}).elements.Set(&h.nodes, 1, 1)
		expect(t, h.Verify(), "nodes of trees, and elements: 1 0")
	})
}

// mute is a set that selects nobody.
type mute struct{ policy.Set }

func (mute) Pick(list []uint32, _ int, _ *rand.Rand) []uint32 { return list }

func damageable(t *testing.T) *Handlespace {
	t.Helper()
	h := New(rand.NewPCG(1, 2))
	for _, e := range []struct {
		handle wire.PoolHandle
		id     wire.PEIdentifier
		policy wire.Policy
	}{
		{"p", 1, wire.Policy{Type: wire.RoundRobin}},
		{"p", 2, wire.Policy{Type: wire.RoundRobin}},
		{"q", 1, wire.Policy{Type: 0xb0001003, Raw: "data"}},
	} {
		pe := wire.PoolElement{
			ID: e.id, HomeServer: 1, Policy: e.policy,
			UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Addresses: []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, 7})}},
		}
		if _, err := h.Put(e.handle, pe, time.Unix(int64(e.id), 0)); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func expect(t *testing.T, err error, want string) {
	t.Helper()
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("Verify gives %v, want %q", err, want)
	}
}
