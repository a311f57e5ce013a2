package web

import (
	"encoding/json"
	"net/http"
	"strconv"

	"rserpool/registrar/feed"
	"rserpool/ui/view"
)

// Limits of one answer with events.
const (
	eventsDefault = 1000
	eventsMost    = 20_000
)

// event is one event in the API. A removal has its reason beside its text.
type event struct {
	Seq     uint64 `json:"seq"`
	At      string `json:"at"`
	Name    string `json:"name"`
	Text    string `json:"text,omitempty"`
	Pool    string `json:"pool,omitempty"`
	PoolKey string `json:"pool_key,omitempty"`
	Element string `json:"element,omitempty"`
	Server  string `json:"registrar,omitempty"`
	Origin  string `json:"origin,omitempty"`
	Actor   string `json:"actor,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// events gives what has happened since an event, the oldest first: as a list, or all
// of it as JSON lines with ?format=jsonl.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	since, limit := uint64(0), eventsDefault
	for name, values := range q {
		var err error
		switch v := values[0]; name {
		case "since", "cursor":
			var n uint64
			n, err = strconv.ParseUint(v, 10, 64)
			since = max(since, n)
		case "limit":
			if limit, err = strconv.Atoi(v); err == nil && (limit < 1 || limit > eventsMost) {
				err = strconv.ErrRange
			}
		case "q":
		case "format":
			if v != "json" && v != "jsonl" {
				err = strconv.ErrSyntax
			}
		default:
			problem(w, http.StatusBadRequest, "Unknown parameter "+name, "This route knows since, cursor, limit, q and format.")
			return
		}
		if err != nil {
			problem(w, http.StatusBadRequest, "No such "+name, "Want since=SEQ of an event, limit=1 to 20000, format=json or jsonl; have "+values[0]+".")
			return
		}
	}
	match, fault := view.EventFilter(q.Get("q"))
	if fault != "" {
		problem(w, http.StatusBadRequest, "No such filter", fault)
		return
	}
	all, last := s.Hub.events(since)
	fitting := make([]event, 0, min(len(all), limit))
	total := 0
	lines := q.Get("format") == "jsonl"
	for _, e := range all {
		if !match(e) {
			continue
		}
		if total++; lines || len(fitting) < limit {
			fitting = append(fitting, eventOf(e))
		}
	}
	if lines {
		writeLines(w, "events", fitting)
		return
	}
	var next *string
	if total > len(fitting) {
		text := strconv.FormatUint(fitting[len(fitting)-1].Seq, 10)
		next = &text
	}
	writeJSON(w, map[string]any{"items": fitting, "next_cursor": next, "total": total, "seq": last})
}

// writeLines answers with a file of JSON lines.
func writeLines[V any](w http.ResponseWriter, name string, list []V) {
	h := w.Header()
	h.Set("Content-Type", "application/x-ndjson")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.jsonl"`)
	h.Set("Cache-Control", "no-cache")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, v := range list {
		if e.Encode(v) != nil {
			return // the client is gone
		}
	}
}

func eventOf(e feed.Event) event {
	out := event{Seq: e.Number, At: stampOf(e.At), Name: e.Name, Text: e.Text, Origin: e.Origin, Actor: e.Actor}
	if e.Handle != "" {
		out.Pool, out.PoolKey = text(e.Handle), view.Key(e.Handle)
	}
	if e.Element != 0 {
		out.Element = e.Element.String()
	}
	if e.Server != 0 {
		out.Server = e.Server.String()
	}
	if e.Name == "element.removed" {
		out.Reason = e.Text
	}
	return out
}
