package web

import (
	"encoding/base64"
	"net/http"

	"github.com/go-chi/chi/v5"

	"rserpool/registrar"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
	"rserpool/ui/view"
)

// The holds as JSON. Fields that are not known are left out.
type (
	holdList struct {
		Items      []holdItem `json:"items"`
		NextCursor *string    `json:"next_cursor"`
		Total      int        `json:"total"`
		Sequence   uint64     `json:"seq"`
	}
	holdItem struct {
		ID         string       `json:"id"`
		MadeAt     string       `json:"made_at"`
		State      string       `json:"state"`
		Pool       string       `json:"pool"`
		PoolB64    string       `json:"pool_b64"`
		Element    string       `json:"element"`
		Since      string       `json:"since"`
		Until      string       `json:"until"`
		EndedAt    string       `json:"ended_at,omitempty"`
		ReturnedAt string       `json:"returned_at,omitempty"`
		Refused    int          `json:"refused"`
		Here       uint32       `json:"refused_here"`
		Reason     string       `json:"reason,omitempty"`
		By         string       `json:"by,omitempty"`
		EndedBy    string       `json:"ended_by,omitempty"`
		Honoured   []holdHonour `json:"honoured_by"`
		Not        []string     `json:"not_honoured_by"`
	}
	holdHonour struct {
		Registrar string `json:"registrar"`
		Refused   uint32 `json:"refused"`
	}
)

// holds serves what is refused and what was, the newest first.
func (s *server) holds(w http.ResponseWriter, _ *http.Request) {
	list := holdList{Items: []holdItem{}}
	s.Hub.View(func(r *replica.Replica) {
		for m := range r.Holds() {
			list.Items = append([]holdItem{holdItemOf(r, m)}, list.Items...)
		}
		list.Sequence = r.Sequence().Number
	})
	list.Total = len(list.Items)
	writeJSON(w, list)
}

func holdItemOf(r *replica.Replica, m feed.Hold) holdItem {
	item := holdItem{
		ID: m.ID.String(), MadeAt: m.Maker.String(), State: m.State.String(),
		Pool: text(m.Handle), PoolB64: base64.StdEncoding.EncodeToString([]byte(m.Handle)),
		Element: m.Element.String(), Since: stampOf(m.Since), Until: stampOf(m.Until), EndedAt: stampOf(m.Ended), ReturnedAt: stampOf(m.Returned),
		Refused: m.Total(), Here: m.Refused, Reason: m.Reason, By: m.By, EndedBy: m.EndedBy,
		Honoured: []holdHonour{{r.Self().String(), m.Refused}}, Not: []string{},
	}
	for _, h := range m.Honoured {
		item.Honoured = append(item.Honoured, holdHonour{h.Peer.String(), h.Refused})
	}
	for _, id := range view.Dishonour(r, m) {
		item.Not = append(item.Not, id.String())
	}
	return item
}

// endHold lets a held element in again.
func (s *server) endHold(w http.ResponseWriter, r *http.Request) {
	id, err := wire.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		problem(w, http.StatusBadRequest, "No hold ID", err.Error())
		return
	}
	wish := registrar.EndHold{ID: enrp.HoldID(id), By: address(r)}
	done, err := s.Registrar.EndHold(r.Context(), wish)
	switch {
	case err != nil:
		problem(w, http.StatusServiceUnavailable, "The registrar does not answer", err.Error())
	case done.Outcome == registrar.NotFound:
		problem(w, http.StatusNotFound, "No such hold", "No hold "+wish.ID.String()+" is in force; it may have ended meanwhile.")
	case done.Outcome == registrar.OwnedByPeer:
		problemWith(w, http.StatusConflict, "Made at a peer", "Registrar "+done.Maker.String()+" made hold "+wish.ID.String()+"; end it there.",
			map[string]string{"made_at": done.Maker.String()})
	default:
		writeJSON(w, map[string]string{"id": wish.ID.String(), "outcome": "ended"})
	}
}
