package web

import (
	"encoding/base64"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"rserpool/registrar/policy"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
	"rserpool/ui/view"
)

// pool is a pool in the API, without its elements.
type pool struct {
	Key       string     `json:"key"`
	Handle    string     `json:"handle"`
	HandleB64 string     `json:"handle_b64"`
	Policy    exportType `json:"policy"`
	Elements  int        `json:"elements"`
	Up        int        `json:"up"`
	Suspect   int        `json:"suspect"`
	Expired   int        `json:"expired"`
	Owned     int        `json:"owned"`
	Homes     []string   `json:"home_registrars"`
	Protected bool       `json:"protected"`
}

// listedElement is an element in the API, with its pool.
type listedElement struct {
	Pool    string `json:"pool"`
	PoolKey string `json:"pool_key"`
	exportElement
}

func (s *server) pools(w http.ResponseWriter, r *http.Request) {
	serveList(s, w, r, view.PoolSorts, view.Query{Kind: view.Pools}, view.ListPools, func(r *replica.Replica, ref replica.Ref) pool {
		p, _ := r.Pool(ref.Handle)
		return poolOf(r, p)
	})
}

func (s *server) elements(w http.ResponseWriter, r *http.Request) {
	serveList(s, w, r, view.ElementSorts, view.Query{Kind: view.Elements}, view.ListElements, listedElementOf)
}

// poolElements lists the elements of one pool.
func (s *server) poolElements(w http.ResponseWriter, r *http.Request) {
	handle, ok := pathKey(r)
	if !ok {
		noKey(w)
		return
	}
	known := false
	s.Hub.View(func(r *replica.Replica) { _, known = r.Pool(handle) })
	if !known {
		noPool(w, handle)
		return
	}
	serveList(s, w, r, view.ElementSorts, view.Query{Kind: view.Pool, Pool: handle}, view.ListElements, listedElementOf)
}

func (s *server) peers(w http.ResponseWriter, r *http.Request) {
	serveList(s, w, r, view.PeerSorts, view.Query{Kind: view.Peers}, view.ListPeers, func(r *replica.Replica, ref replica.Ref) exportServer {
		p, _ := r.Peer(wire.ServerID(ref.ID))
		return exportServerOf(p)
	})
}

// pool answers with one pool, and its elements as a list.
func (s *server) pool(w http.ResponseWriter, r *http.Request) {
	handle, ok := pathKey(r)
	if !ok {
		noKey(w)
		return
	}
	type answer struct {
		pool
		Members []exportElement `json:"members"`
	}
	var a answer
	var known bool
	s.Hub.View(func(r *replica.Replica) {
		var p replica.Pool
		if p, known = r.Pool(handle); !known {
			return
		}
		a = answer{poolOf(r, p), []exportElement{}}
		for e := range r.Elements(handle) {
			a.Members = append(a.Members, exportElementOf(e))
		}
	})
	if !known {
		noPool(w, handle)
		return
	}
	writeJSON(w, a)
}

// element answers with one element.
func (s *server) element(w http.ResponseWriter, r *http.Request) {
	ref, ok := pathElement(w, r)
	if !ok {
		return
	}
	var e listedElement
	var known bool
	s.Hub.View(func(r *replica.Replica) {
		if _, known = r.Element(ref.Handle, ref.ID); known {
			e = listedElementOf(r, ref)
		}
	})
	if !known {
		noElement(w, ref)
		return
	}
	writeJSON(w, e)
}

// peer answers with one peer.
func (s *server) peer(w http.ResponseWriter, r *http.Request) {
	n, err := wire.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		problem(w, http.StatusBadRequest, "No registrar ID", err.Error())
		return
	}
	var p replica.Peer
	var known bool
	s.Hub.View(func(r *replica.Replica) { p, known = r.Peer(wire.ServerID(n)) })
	if !known {
		noPeer(w, wire.ServerID(n))
		return
	}
	writeJSON(w, exportServerOf(p))
}

func poolOf(r *replica.Replica, p replica.Pool) pool {
	out := pool{
		Key: view.Key(p.Handle), Handle: text(p.Handle), HandleB64: base64.StdEncoding.EncodeToString([]byte(p.Handle)),
		Policy:   exportType{Name: policy.Name(p.Policy.Type), Type: p.Policy.Type.String()},
		Elements: p.Len, Up: p.Len - p.Suspect - p.Expired, Suspect: p.Suspect, Expired: p.Expired, Owned: p.Owned,
		Homes: []string{}, Protected: r.Protected(p.Handle),
	}
	for _, home := range p.Homes {
		out.Homes = append(out.Homes, home.Home.String())
	}
	return out
}

func listedElementOf(r *replica.Replica, ref replica.Ref) listedElement {
	e, _ := r.Element(ref.Handle, ref.ID)
	return listedElement{Pool: text(ref.Handle), PoolKey: view.Key(ref.Handle), exportElement: exportElementOf(e)}
}

// text is a handle as JSON can have it; its key has all bytes.
func text(h wire.PoolHandle) string { return strings.ToValidUTF8(string(h), string(utf8.RuneError)) }
