package view

import (
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// Find is where a search from the bar leads: to the pool of exactly this handle, to
// the peer or the element with exactly this ID, else to the elements that contain it.
// The anchor is a row of that page, empty where none is meant.
func Find(r *replica.Replica, text string) (q Query, anchor string) {
	if h := wire.PoolHandle(text); h != "" {
		if _, ok := r.Pool(h); ok {
			return Query{Kind: Pool, Pool: h}, ""
		}
	}
	q = Query{Kind: Elements}
	if len(text) <= maxFilter {
		q.Filter = text
	}
	n, err := wire.ParseID(text)
	if err != nil {
		return q, ""
	}
	if _, ok := r.Peer(wire.ServerID(n)); ok {
		return Query{Kind: Peers}, Anchor(wire.ServerID(n).String())
	}
	found := 0
	for e := range r.AllElements() {
		if e.ID == wire.PEIdentifier(n) {
			q.Filter, q.Chosen = e.ID.String(), replica.Ref{Handle: e.Handle, ID: e.ID}
			found++
		}
	}
	if found != 1 { // of several, the user chooses
		q.Chosen = replica.Ref{}
	}
	return q, ""
}
