package handlespace_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// ENRP-3.6.2-05: the incremental checksums are those from scratch after every
// step, and all else is what the model finds by looking.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := empty()
		m := newModel()
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				ref, expires := drawRef(t), drawTime(t)
				e := drawElement(t, ref)
				was, known := m.elements[ref]
				got, err := h.Put(ref.Handle, e, expires)
				var conflict *handlespace.ConflictError
				wantAdded, wantConflict := m.put(ref.Handle, e, expires)
				want := handlespace.Replaced
				switch {
				case wantAdded || wantConflict:
					want = handlespace.Added
				case known && gocmp.Equal(was.PoolElement, e, cmpAddr):
					want = handlespace.Refreshed
				}
				if got != want || errors.As(err, &conflict) != wantConflict {
					t.Fatalf("Put gives %v, %v, want %v, conflict %v", got, err, want, wantConflict)
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
			"prolong": func(t *rapid.T) {
				ref, expires := drawRef(t), drawTime(t)
				if e, ok := h.Find(ref.Handle, ref.ID); ok {
					h.Prolong(e, expires)
					has := m.elements[ref]
					has.Expires = expires
					m.elements[ref] = has
				}
			},
			"takeover": func(t *rapid.T) {
				from, to, expires := rapid.SampledFrom(homes).Draw(t, "from"), rapid.SampledFrom(homes).Draw(t, "to"), drawTime(t)
				want := 0
				if from != to {
					want = m.takeover(from, to, expires)
				}
				if n := h.Takeover(from, to, func(handlespace.Entry) time.Time { return expires }); n != want {
					t.Fatalf("Takeover moves %d, want %d", n, want)
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
				_, peeked, _ := h.Peek(handle, limit, nil)
				_, got, ok := h.Resolve(handle, limit, nil)
				want := m.resolve(handle, limit)
				if diff := gocmp.Diff(want, ids(got), cmpopts.EquateEmpty()); diff != "" || ok != (len(want) > 0) {
					t.Fatalf("Resolve gives %v (-want +got):\n%s", ok, diff)
				}
				if !slices.Equal(got, peeked) {
					t.Fatalf("Resolve gives %v, Peek gave %v", ids(got), ids(peeked))
				}
			},
			"compare": func(t *rapid.T) { m.compare(t, h) },
			"": func(t *rapid.T) {
				verify(t, h)
				home := rapid.SampledFrom(homes).Draw(t, "home to add up")
				if got, want := h.Checksum(home), m.checksum(home); got != want {
					t.Fatalf("checksum of %v is %v, want %v", home, got, want)
				}
			},
		})
	})
}

func (m *model) compare(t *rapid.T, h *handlespace.Handlespace) {
	all := m.sorted(func(handlespace.Ref) bool { return true })
	if h.Len() != len(all) {
		t.Fatalf("Len is %d, want %d", h.Len(), len(all))
	}
	var walked []handlespace.Ref
	for p := range h.Pools() {
		n := 0
		for e := range h.Elements(p.Handle) {
			ref := handlespace.Ref{Handle: p.Handle, ID: e.ID()}
			if diff := gocmp.Diff(m.elements[ref], e.Element(), cmpAddr); diff != "" {
				t.Fatalf("element (-want +got):\n%s", diff)
			}
			if want := m.elements[ref]; e.HomeServer() != want.HomeServer || e.Life() != want.Life {
				t.Fatalf("%v has home %v and life %v, want %v and %v", ref, e.HomeServer(), e.Life(), want.HomeServer, want.Life)
			}
			if size := wire.Padded(len(e.PoolElement().TLV())); e.Size() != size {
				t.Fatalf("%v has size %d, want %d", ref, e.Size(), size)
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
		for e := range h.OwnedBy(home) {
			got = append(got, e.Ref())
		}
		slices.SortFunc(got, compareRefs)
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

// compareTable walks from any element on.
func (m *model) compareTable(t *rapid.T, h *handlespace.Handlespace) {
	home := rapid.SampledFrom(homes).Draw(t, "of home")
	list := m.sorted(func(r handlespace.Ref) bool { return home == 0 || m.elements[r].HomeServer == home })
	if len(list) == 0 {
		return
	}
	var all []handlespace.Ref
	for e := range h.Table(handlespace.Position{}, home) {
		all = append(all, e.Ref())
	}
	i := rapid.IntRange(0, len(list)-1).Draw(t, "behind")
	after, _ := h.Find(all[i].Handle, all[i].ID)
	var got []handlespace.Ref
	for e := range h.Table(after.Position(), home) {
		got = append(got, e.Ref())
	}
	if diff := gocmp.Diff(all[i+1:], got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("table of %v after %+v (-want +got):\n%s", home, all[i], diff)
	}
	if home != 0 {
		slices.SortFunc(all, compareRefs)
	}
	if diff := gocmp.Diff(list, all); diff != "" {
		t.Fatalf("table of %v (-want +got):\n%s", home, diff)
	}
}

// 10,000 random additions, removals and moves.
func TestChecksumLongRun(t *testing.T) { // ENRP-3.6.2-05
	random := uint64(1)
	next := func(n uint64) uint64 {
		random = random*6364136223846793005 + 1442695040888963407
		return random >> 33 % n
	}
	h := empty()
	m := newModel()
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
