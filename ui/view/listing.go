package view

import (
	"cmp"
	"slices"
	"strings"

	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// Listed is a row of a list of the API, and its place in the order: rows go by Rank,
// then by Ref. A peer is a Ref with its ID and no handle, a pool one without an ID.
type Listed struct {
	Rank uint64
	Ref  replica.Ref
}

// Listing is a list of the API: all rows that the filter lets through, in order.
type Listing struct {
	Rows []Listed
	// Fault says what is wrong with the filter; then all rows are in.
	Fault   string
	falling bool
}

// The columns by which lists can be sorted; the first is the order without a wish. A
// minus in front turns it round.
var (
	ElementSorts = []string{"pool", "id", "state", "home", "value", "expires", "reports"}
	PoolSorts    = []string{"handle", "state", "policy", "up", "owned", "changed"}
	PeerSorts    = []string{"id", "state", "heard", "elements"}
)

// listOrder is the query with the names of the pages' columns.
func listOrder(q Query, sorts []string) Query {
	switch q.Sort {
	case "":
		q.Sort = sorts[0]
	case "state":
		q.Sort = "need"
	case "-state":
		q.Sort = "-need"
	}
	return q
}

// ListElements is the elements of one pool, where the query is for one, or of all.
func ListElements(r *replica.Replica, q Query) Listing {
	t := tableOfElements(r, listOrder(q, ElementSorts), "pool", allKeys)
	return list(t.arrangement, t.fault)
}

// ListPools is the pools.
func ListPools(r *replica.Replica, q Query) Listing {
	t, fault := tableOfPools(r, listOrder(q, PoolSorts), changes(r))
	return list(t, fault)
}

// peerKeys are the keys of filters for peers.
var peerKeys = []string{"state", "id", "address", "sync", "elements"}

// ListPeers is the peers.
func ListPeers(r *replica.Replica, q Query) Listing {
	q = listOrder(q, PeerSorts)
	f := parseFilter(q.Filter, peerKeys...)
	column, falling := q.order("id")
	order := func(p replica.Peer) spot {
		at := spot{in: len(f.terms) == 0 || f.match(peerFacts(p))}
		switch column {
		case "need":
			at.first = uint64(peerRank(p)) //nolint:gosec // 0 to 4
		case "heard":
			at.first = uint64(p.Heard) //nolint:gosec // a time
		case "elements":
			at.first = uint64(p.Elements) //nolint:gosec // a count
		}
		if falling && column != "id" {
			at.first = ^at.first
		}
		return at
	}
	return list(arrangement{falling: falling && column == "id", every: func(yield func(replica.Ref, spot) bool) {
		for p := range r.Peers() {
			if !yield(replica.Ref{ID: wire.PEIdentifier(p.Peer)}, order(p)) {
				return
			}
		}
	}}, f.fault)
}

func peerFacts(p replica.Peer) []fact {
	facts := []fact{
		{"id", p.Peer.String(), true}, {"state", p.State.String(), true}, {"elements", itoa(p.Elements), false},
	}
	for _, a := range p.Information.Transport.Addresses {
		facts = append(facts, fact{"address", a.String(), true})
	}
	if same, known := p.InStep(); known {
		facts = append(facts, fact{"sync", map[bool]string{true: "yes", false: "no"}[same], false})
	}
	return facts
}

func list(a arrangement, fault string) Listing {
	l := Listing{Fault: fault, falling: a.falling}
	for ref, at := range a.every {
		if at.in {
			l.Rows = append(l.Rows, Listed{at.first, ref})
		}
	}
	slices.SortFunc(l.Rows, l.compare)
	return l
}

func (l Listing) compare(a, b Listed) int {
	if c := cmp.Compare(a.Rank, b.Rank); c != 0 {
		return c
	}
	c := cmp.Or(strings.Compare(string(a.Ref.Handle), string(b.Ref.Handle)), cmp.Compare(a.Ref.ID, b.Ref.ID))
	if l.falling {
		return -c
	}
	return c
}

// Behind is the rows behind a place, whether a row is there or not.
func (l Listing) Behind(place Listed) []Listed {
	i, found := slices.BinarySearchFunc(l.Rows, place, l.compare)
	if found {
		i++
	}
	return l.Rows[i:]
}
