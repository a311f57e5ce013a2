package web

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"rserpool/registrar"
	"rserpool/registrar/wire"
	"rserpool/ui/view"
)

// maxReason bounds the reason that an operator gives; it goes into the log.
const maxReason = 200

// outcome is the answer to a deregistration.
type outcome struct {
	ID           string `json:"id"`
	Outcome      string `json:"outcome"`
	PropagatedTo int    `json:"propagated_to"`
	Peers        int    `json:"peers"`
}

// deregister removes an element whose home is this registrar. It removes now;
// the element may register again.
func (s *server) deregister(w http.ResponseWriter, r *http.Request) {
	handle, ok := pathKey(r)
	if !ok {
		problem(w, http.StatusBadRequest, "No pool handle", "Want a percent-encoded pool handle, or b64. and its base64url.")
		return
	}
	id, err := wire.ParseID(chi.URLParam(r, "pe"))
	if err != nil {
		problem(w, http.StatusBadRequest, "No element ID", err.Error())
		return
	}
	q := r.URL.Query()
	for name := range q {
		if name != "reason" {
			// Nobody may believe that a hold is in force which is not.
			problem(w, http.StatusBadRequest, "Unknown parameter "+name, "This route knows reason only.")
			return
		}
	}
	reason := q.Get("reason")
	if len(reason) > maxReason {
		problem(w, http.StatusBadRequest, "Reason too long", "A reason has at most 200 bytes.")
		return
	}
	done, err := s.Registrar.Deregister(r.Context(), handle, wire.PEIdentifier(id), reason)
	if err != nil {
		problem(w, http.StatusServiceUnavailable, "The registrar does not answer", err.Error())
		return
	}
	answerDeregistered(w, handle, wire.PEIdentifier(id), done)
}

func answerDeregistered(w http.ResponseWriter, handle wire.PoolHandle, id wire.PEIdentifier, d registrar.Deregistered) {
	switch d.Outcome {
	case registrar.NotFound:
		problem(w, http.StatusNotFound, "No such element",
			"There is no element "+id.String()+" in pool "+view.Handle(handle)+"; it may have left meanwhile.")
	case registrar.OwnedByPeer:
		problemWith(w, http.StatusConflict, "Owned by a peer",
			"Only its home registrar "+d.HomeServer.String()+" can deregister "+id.String()+"; do it there.",
			map[string]string{"home_registrar": d.HomeServer.String()})
	default:
		writeJSON(w, outcome{ID: id.String(), Outcome: "removed", PropagatedTo: d.Told, Peers: d.Peers})
	}
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
