package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"rserpool/registrar"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
	"rserpool/ui/view"
)

// probeElement asks an element whether it lives. One that does not answer is removed.
func (s *server) probeElement(w http.ResponseWriter, r *http.Request) {
	ref, ok := pathElement(w, r)
	if !ok {
		return
	}
	answer, err := s.Registrar.ProbeElement(r.Context(), ref.Handle, ref.ID)
	if err != nil {
		problem(w, http.StatusServiceUnavailable, "The registrar does not answer", err.Error())
		return
	}
	switch answer.Outcome {
	case registrar.AskUnknown:
		noElement(w, ref)
	case registrar.AskElsewhere:
		ownedByPeer(w, answer.HomeServer, "ask "+ref.ID.String())
	case registrar.AskNotNow:
		problem(w, http.StatusConflict, "Not now", "The element "+ref.ID.String()+" is not asked: "+answer.Text+".")
	default:
		writeJSON(w, askOutcome{ref.ID.String(), outcomeWord(answer.Outcome), float64(answer.After) / float64(time.Millisecond), answer.Text})
	}
}

// pathElement reads the element that a path names, and answers where it names none.
func pathElement(w http.ResponseWriter, r *http.Request) (ref replica.Ref, ok bool) {
	if ref.Handle, ok = pathKey(r); !ok {
		noKey(w)
		return ref, false
	}
	id, err := wire.ParseID(chi.URLParam(r, "pe"))
	if err != nil {
		problem(w, http.StatusBadRequest, "No element ID", err.Error())
		return ref, false
	}
	ref.ID = wire.PEIdentifier(id)
	return ref, true
}

// pathKey reads the pool handle in the path.
func pathKey(r *http.Request) (wire.PoolHandle, bool) {
	key, err := url.PathUnescape(chi.URLParam(r, "key"))
	if err != nil {
		return "", false
	}
	h, err := view.ParseKey(key)
	return h, err == nil && h != ""
}

func noKey(w http.ResponseWriter) {
	problem(w, http.StatusBadRequest, "No pool handle", "Want a percent-encoded pool handle, or b64. and its base64url.")
}

func noPool(w http.ResponseWriter, handle wire.PoolHandle) {
	problem(w, http.StatusNotFound, "No such pool", "There is no pool "+view.Handle(handle)+" now: a pool begins with its first element and ends with its last one.")
}

func noElement(w http.ResponseWriter, ref replica.Ref) {
	problem(w, http.StatusNotFound, "No such element",
		"There is no element "+ref.ID.String()+" in pool "+view.Handle(ref.Handle)+"; it may have left meanwhile.")
}

func ownedByPeer(w http.ResponseWriter, home wire.ServerID, what string) {
	problemWith(w, http.StatusConflict, "Owned by a peer",
		"Only its home registrar "+home.String()+" can "+what+"; do it there.", map[string]string{"home_registrar": home.String()})
}
