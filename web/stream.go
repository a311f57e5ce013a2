package web

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"math"
	"net/http"
	"strings"
	"time"

	"rserpool/registrar/feed"
)

// eventStream is the feed for those whose way here lets no WebSocket through:
// server-sent events, each a frame in base64. Its client tells nothing on the way,
// so there is no credit; who reads slowly is held back by TCP alone, and cut off
// like any other.
const eventStream = "text/event-stream"

// wantsStream reports whether the request is for an event stream.
func wantsStream(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), eventStream)
}

// stream serves one event stream.
func (s *server) stream(w http.ResponseWriter, r *http.Request, q *queue) {
	if list, err := hex.DecodeString(r.URL.Query().Get("want")); err == nil {
		if m, err := feed.Parse(list); err == nil && len(m) == 1 {
			if want, ok := m[0].(feed.Want); ok {
				s.Hub.want(q, want)
			}
		}
	}
	h := w.Header()
	h.Set("Content-Type", eventStream)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold frames back
	w.WriteHeader(http.StatusOK)
	s.follow(r.Context(), events{w, http.NewResponseController(w)}, q, nil, math.MaxInt)
}

// events is the sending end of an event stream.
type events struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (e events) write(ctx context.Context, b []byte) error {
	if late, ok := ctx.Deadline(); ok {
		if err := e.control.SetWriteDeadline(late); err != nil {
			return err
		}
	}
	line := base64.StdEncoding.AppendEncode([]byte("data: "), b)
	if _, err := e.w.Write(append(line, "\n\n"...)); err != nil {
		return err
	}
	if err := e.control.Flush(); err != nil {
		return err
	}
	return e.control.SetWriteDeadline(time.Time{})
}
