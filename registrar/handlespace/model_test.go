package handlespace_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"rserpool/registrar/enrp"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// model is a handlespace without any index: everything is found by looking at
// all there is.
type model struct {
	elements map[handlespace.Ref]handlespace.Element
	// circles are really rotated.
	circles map[wire.PoolHandle][]wire.PEIdentifier
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
	if !known {
		m.circles[handle] = append(m.circles[handle], e.ID)
	}
	return !known, false
}

func (m *model) remove(ref handlespace.Ref) bool {
	_, ok := m.elements[ref]
	delete(m.elements, ref)
	m.circles[ref.Handle] = slices.DeleteFunc(m.circles[ref.Handle], func(id wire.PEIdentifier) bool { return id == ref.ID })
	return ok
}

func (m *model) resolve(handle wire.PoolHandle, limit int) []wire.PEIdentifier {
	c := m.circles[handle]
	list := slices.Clone(c)
	if limit > 0 && limit < len(list) {
		list = list[:limit]
	}
	if len(c) > 0 && m.elements[m.of(handle)[0]].Policy.Type == wire.RoundRobin {
		m.circles[handle] = append(c[1:len(c):len(c)], c[0])
	}
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
	handles  = []wire.PoolHandle{"", "a", "a\x00", "EchoPool", "zz"}
	homes    = []wire.ServerID{0, 1, 2, 3}
	policies = []wire.Policy{rr, rr, rr, {Type: wire.Priority, Priority: 1}, {Type: 0xb0001003, Raw: "x"}}
)

func drawRef(t *rapid.T) handlespace.Ref {
	return handlespace.Ref{
		Handle: rapid.SampledFrom(handles).Draw(t, "handle"),
		ID:     rapid.SampledFrom([]wire.PEIdentifier{0, 1, 2, 3, 0x7fffffff, 0xffffffff}).Draw(t, "id"),
	}
}

func drawElement(t *rapid.T, id wire.PEIdentifier) wire.PoolElement {
	e := pe(id, rapid.SampledFrom(homes).Draw(t, "home"), rapid.SampledFrom(policies).Draw(t, "policy"))
	if rapid.IntRange(0, 9).Draw(t, "control") == 0 {
		e.UserTransport.Use = wire.DataAndControl
	}
	if rapid.IntRange(0, 9).Draw(t, "udp") == 0 {
		e.UserTransport.Type = wire.TypeUDPTransport
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

// ENRP-3.6.2-05: the incremental checksums are those from scratch after every
// step, and everything else is what the model finds by looking.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := handlespace.New()
		m := &model{elements: map[handlespace.Ref]handlespace.Element{}, circles: map[wire.PoolHandle][]wire.PEIdentifier{}}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				ref, expires := drawRef(t), drawTime(t)
				e := drawElement(t, ref.ID)
				added, err := h.Put(ref.Handle, e, expires)
				var conflict *handlespace.ConflictError
				wantAdded, wantConflict := m.put(ref.Handle, e, expires)
				if added != wantAdded || errors.As(err, &conflict) != wantConflict {
					t.Fatalf("Put gives %v, %v, want %v, conflict %v", added, err, wantAdded, wantConflict)
				}
			},
			"remove": func(t *rapid.T) {
				ref := drawRef(t)
				want := m.elements[ref]
				got, ok := h.Remove(ref.Handle, ref.ID)
				if diff := gocmp.Diff(want, got, cmpAddr); ok != m.remove(ref) || diff != "" {
					t.Fatalf("Remove gives %v (-want +got):\n%s", ok, diff)
				}
			},
			"set home": func(t *rapid.T) {
				ref, home, expires := drawRef(t), rapid.SampledFrom(homes).Draw(t, "home"), drawTime(t)
				e, ok := m.elements[ref]
				if ok {
					e.HomeServer, e.Expires = home, expires
					m.elements[ref] = e
				}
				if h.SetHome(ref.Handle, ref.ID, home, expires) != ok {
					t.Fatalf("SetHome must give %v", ok)
				}
			},
			"report": func(t *rapid.T) {
				ref := drawRef(t)
				e, ok := m.elements[ref]
				if ok {
					e.Reports++
					m.elements[ref] = e
				}
				if n, found := h.Report(ref.Handle, ref.ID); n != e.Reports || found != ok {
					t.Fatalf("Report gives %d, %v, want %d, %v", n, found, e.Reports, ok)
				}
			},
			"resolve": func(t *rapid.T) {
				handle, limit := rapid.SampledFrom(handles).Draw(t, "handle"), rapid.IntRange(0, 4).Draw(t, "limit")
				_, peeked, _ := h.Peek(handle, limit)
				_, got, ok := h.Resolve(handle, limit)
				want := m.resolve(handle, limit)
				if diff := gocmp.Diff(want, ids(got), cmpopts.EquateEmpty()); diff != "" || ok != (len(want) > 0) {
					t.Fatalf("Resolve gives %v (-want +got):\n%s", ok, diff)
				}
				if diff := gocmp.Diff(got, peeked, cmpAddr); diff != "" {
					t.Fatalf("Peek differs from Resolve (-resolve +peek):\n%s", diff)
				}
			},
			"": func(t *rapid.T) { m.compare(t, h) },
		})
	})
}

func (m *model) compare(t *rapid.T, h *handlespace.Handlespace) {
	verify(t, h)
	all := m.sorted(func(handlespace.Ref) bool { return true })
	if h.Len() != len(all) {
		t.Fatalf("Len is %d, want %d", h.Len(), len(all))
	}
	var walked []handlespace.Ref
	for p := range h.Pools() {
		n := 0
		for e := range h.Elements(p.Handle) {
			ref := handlespace.Ref{Handle: p.Handle, ID: e.ID}
			if diff := gocmp.Diff(m.elements[ref], e, cmpAddr); diff != "" {
				t.Fatalf("element (-want +got):\n%s", diff)
			}
			walked = append(walked, ref)
			n++
		}
		if p.Len != n || p.Policy != m.elements[m.of(p.Handle)[0]].Policy {
			t.Fatalf("pool %+v has %d elements, the first %+v", p, n, m.elements[m.of(p.Handle)[0]])
		}
	}
	if diff := gocmp.Diff(all, walked, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("pools and their elements (-want +got):\n%s", diff)
	}
	for _, home := range homes {
		owned := m.sorted(func(r handlespace.Ref) bool { return m.elements[r].HomeServer == home })
		var got []handlespace.Ref
		for handle, e := range h.OwnedBy(home) {
			got = append(got, handlespace.Ref{Handle: handle, ID: e.ID})
		}
		if diff := gocmp.Diff(owned, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("owned by %v (-want +got):\n%s", home, diff)
		}
		if h.Count(home) != len(owned) || h.Checksum(home) != m.checksum(home) {
			t.Fatalf("home %v: %d elements with checksum %v, want %d with %v",
				home, h.Count(home), h.Checksum(home), len(owned), m.checksum(home))
		}
	}
	now := drawTime(t)
	if diff := gocmp.Diff(m.due(now), h.Expired(now), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("expired (-want +got):\n%s", diff)
	}
	m.compareTable(t, h)
}

// compareTable walks from any position, also one whose element is not there.
func (m *model) compareTable(t *rapid.T, h *handlespace.Handlespace) {
	ref, home := drawRef(t), rapid.SampledFrom(homes).Draw(t, "of home")
	after := handlespace.Position{Handle: ref.Handle, ID: ref.ID, Started: true}
	want := m.sorted(func(r handlespace.Ref) bool {
		return compareRefs(r, ref) > 0 && (home == 0 || m.elements[r].HomeServer == home)
	})
	var got []handlespace.Ref
	for handle, e := range h.Table(after, home) {
		got = append(got, handlespace.Ref{Handle: handle, ID: e.ID})
	}
	if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("table of %v after %+v (-want +got):\n%s", home, ref, diff)
	}
}

// 10,000 random additions, removals and moves.
func TestChecksumLongRun(t *testing.T) { // ENRP-3.6.2-05
	random := uint64(1)
	next := func(n uint64) uint64 {
		random = random*6364136223846793005 + 1442695040888963407
		return random >> 33 % n
	}
	h := handlespace.New()
	m := &model{elements: map[handlespace.Ref]handlespace.Element{}, circles: map[wire.PoolHandle][]wire.PEIdentifier{}}
	for step := range 10_000 {
		ref := handlespace.Ref{Handle: handles[next(5)], ID: wire.PEIdentifier(next(40))}
		home := homes[next(4)]
		switch next(4) {
		case 0:
			h.Remove(ref.Handle, ref.ID)
			m.remove(ref)
		case 1:
			if h.SetHome(ref.Handle, ref.ID, home, time.Time{}) {
				e := m.elements[ref]
				e.HomeServer = home
				m.elements[ref] = e
			}
		default:
			put(t, h, ref.Handle, pe(ref.ID, home, rr))
			m.put(ref.Handle, pe(ref.ID, home, rr), time.Time{})
		}
		if step%100 == 0 || step == 9_999 {
			verify(t, h)
		}
		if got, want := h.Checksum(home), m.checksum(home); got != want {
			t.Fatalf("step %d: checksum of %v is %v, want %v", step, home, got, want)
		}
	}
}
