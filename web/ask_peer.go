package web

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"rserpool/registrar"
	"rserpool/registrar/wire"
)

// askOutcome is the answer to a probe or a resynchronisation.
type askOutcome struct {
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

func askPeer(w http.ResponseWriter, r *http.Request, ask func(context.Context, wire.ServerID) (registrar.Answered, error)) {
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
	case registrar.AskUnknown:
		noPeer(w, id)
	case registrar.AskNotNow:
		problem(w, http.StatusConflict, "Not now", "The peer "+id.String()+" is not asked: "+answer.Text+".")
	default:
		writeJSON(w, askOutcome{id.String(), outcomeWord(answer.Outcome), float64(answer.After) / float64(time.Millisecond), answer.Text})
	}
}

func outcomeWord(o registrar.AskOutcome) string {
	if o == registrar.AskSilent {
		return "silent"
	}
	return "done"
}

func noPeer(w http.ResponseWriter, id wire.ServerID) {
	problem(w, http.StatusNotFound, "No such peer", "The registrar "+id.String()+" is not known here; GET /peers shows those that are.")
}
