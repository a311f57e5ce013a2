package web

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/replica"
	"rserpool/ui/view"
)

// maxReason bounds the reason that an operator gives; it goes into the log.
const maxReason = 200

// outcome is the answer to a deregistration.
type outcome struct {
	ID           string       `json:"id"`
	Outcome      string       `json:"outcome"`
	PropagatedTo int          `json:"propagated_to"`
	Peers        int          `json:"peers"`
	Hold         *outcomeHold `json:"hold,omitempty"`
}

// outcomeHold is the hold that was made with it.
type outcomeHold struct {
	ID    string `json:"id"`
	Until string `json:"until"`
}

// deregister removes an element whose home is this registrar. It removes now;
// the element may register again, unless it is held.
func (s *server) deregister(w http.ResponseWriter, r *http.Request) {
	ref, ok := pathElement(w, r)
	if !ok {
		return
	}
	wish := registrar.Deregister{Handle: ref.Handle, ID: ref.ID, By: address(r)}
	if title, detail := readWish(&wish, r.URL.Query()); title != "" {
		problem(w, http.StatusBadRequest, title, detail)
		return
	}
	done, err := s.Registrar.Deregister(r.Context(), wish)
	if err != nil {
		problem(w, http.StatusServiceUnavailable, "The registrar does not answer", err.Error())
		return
	}
	answerDeregistered(w, wish, done)
}

// readWish reads the parameters hold, reason and confirm, and says what is wrong
// with them.
func readWish(wish *registrar.Deregister, q url.Values) (title, detail string) {
	for name := range q {
		switch name {
		case "hold", "reason", "confirm":
		default:
			// Nobody may believe that something is in force which is not.
			return "Unknown parameter " + name, "This route knows hold, reason and confirm."
		}
	}
	if wish.Reason = q.Get("reason"); len(wish.Reason) > maxReason {
		return "Reason too long", "A reason has at most " + strconv.Itoa(maxReason) + " bytes."
	}
	if q.Has("hold") {
		d, err := time.ParseDuration(q.Get("hold"))
		if err != nil || d < time.Second || d > registrar.MaxHold {
			return "No time for a hold", "Want a time from 1s to 168h, such as 10m, have " + strconv.Quote(q.Get("hold")) + "."
		}
		wish.Hold = d
	}
	if q.Has("confirm") {
		h, err := view.ParseKey(q.Get("confirm"))
		if wish.Confirmed = err == nil && h == wish.Handle; !wish.Confirmed {
			return "Another pool confirmed", "Want the pool handle of the address, " + view.Key(wish.Handle) + ", have " + strconv.Quote(q.Get("confirm")) + "."
		}
	}
	return "", ""
}

// address is where a request came from, as events and pages name an operator.
func address(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

func answerDeregistered(w http.ResponseWriter, wish registrar.Deregister, d registrar.Deregistered) {
	id, pool := wish.ID.String(), view.Handle(wish.Handle)
	switch d.Outcome {
	case registrar.NotFound:
		noElement(w, replica.Ref{Handle: wish.Handle, ID: wish.ID})
	case registrar.OwnedByPeer:
		ownedByPeer(w, d.HomeServer, "deregister "+id)
	case registrar.ProtectedPool:
		key := view.Key(wish.Handle)
		problemWith(w, http.StatusLocked, "Protected pool",
			"The registrar was started with --protect for pool "+pool+"; nothing was removed. If it is meant, repeat the request with confirm="+key+".",
			map[string]string{"confirm": key})
	case registrar.NoRoomForHold:
		problem(w, http.StatusInsufficientStorage, "No room for a hold",
			"The registrar keeps no more holds; nothing was removed. End one first, or deregister without a hold.")
	default:
		o := outcome{ID: id, Outcome: "removed", PropagatedTo: d.Told, Peers: d.Peers}
		if d.Hold != 0 {
			o.Hold = &outcomeHold{ID: d.Hold.String(), Until: stamp(d.Until)}
		}
		writeJSON(w, o)
	}
}
