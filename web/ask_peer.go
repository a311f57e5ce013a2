package web

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"rserpool/registrar"
	"rserpool/registrar/wire"
)

// peerOutcome is the answer to a probe or a resynchronisation.
type peerOutcome struct {
	ID string `json:"id"`
	// Outcome is done or silent.
	Outcome string  `json:"outcome"`
	AfterMS float64 `json:"after_ms"`
	Text    string  `json:"text"`
}

// probePeer asks a peer whether it lives; resyncPeer fetches its elements again.
// Both answer when the outcome is known.
func (s *server) probePeer(w http.ResponseWriter, r *http.Request) {
	askPeer(w, r, s.Registrar.ProbePeer)
}

func (s *server) resyncPeer(w http.ResponseWriter, r *http.Request) {
	askPeer(w, r, s.Registrar.ResyncPeer)
}

func askPeer(w http.ResponseWriter, r *http.Request, ask func(context.Context, wire.ServerID) (registrar.PeerAnswered, error)) {
	n, err := wire.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		problem(w, http.StatusBadRequest, "No registrar ID", err.Error())
		return
	}
	id := wire.ServerID(n)
	answer, err := ask(r.Context(), id)
	if err != nil {
		problem(w, http.StatusServiceUnavailable, "The registrar does not answer", err.Error())
		return
	}
	switch answer.Outcome {
	case registrar.PeerUnknown:
		problem(w, http.StatusNotFound, "No such peer", "The registrar "+id.String()+" is not known here; GET /peers shows those that are.")
	case registrar.PeerNotNow:
		problem(w, http.StatusConflict, "Not now", "The peer "+id.String()+" is not asked: "+answer.Text+".")
	default:
		word := "done"
		if answer.Outcome == registrar.PeerSilent {
			word = "silent"
		}
		writeJSON(w, peerOutcome{id.String(), word, float64(answer.After) / float64(time.Millisecond), answer.Text})
	}
}
