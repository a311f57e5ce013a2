package web

import (
	"math"
	"net/http"
	"time"

	"rserpool/registrar/capture"
	"rserpool/registrar/capture/pcapng"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

// captured is the part of a queue for captured messages. They stay in the ring of
// the recorder: only how far the client has got is kept here.
type captured struct {
	recorder *capture.Recorder
	watcher  *capture.Watcher
	send     bool
	after    uint64
}

func (c *captured) stop() {
	if c.watcher != nil {
		c.watcher.Stop()
	}
	*c = captured{}
}

// take gives what the client is to get next.
func (c *captured) take() (list []feed.Message) {
	if !c.send {
		return nil
	}
	for _, m := range c.recorder.Since(c.after, maxCaptured, maxCapturedBytes) {
		list = append(list, m.Cut())
		c.after = m.Number
	}
	return list
}

// want starts, pauses or ends the part of the captured messages.
func (q *queue) want(r *capture.Recorder, w feed.Want) {
	c := &q.captured
	if w.Messages != feed.KeepMessages && w.Messages != feed.SendMessages {
		c.stop()
		return
	}
	if c.watcher == nil {
		c.recorder, c.watcher = r, r.Watch(q.ready)
	}
	// A number that is still to come belongs to another life of the registrar.
	if c.after = w.After; c.after > r.Last() {
		c.after = 0
	}
	c.send = w.Messages == feed.SendMessages
	q.wake()
}

const (
	// maxCapture is how long one download may record.
	maxCapture = 10 * time.Minute
	// flushEvery is how late a message may be in a download that records.
	flushEvery = 200 * time.Millisecond
)

// messages serves the captured messages as a pcapng file: those that are kept, and
// with ?for=30s also those of that time, as they come.
func (s *server) messages(w http.ResponseWriter, r *http.Request) {
	span := time.Duration(0)
	if text := r.URL.Query().Get("for"); text != "" {
		var err error
		if span, err = time.ParseDuration(text); err != nil || span <= 0 || span > maxCapture {
			problem(w, http.StatusBadRequest, "No such time", "?for="+text+": want a time up to "+maxCapture.String()+", such as 30s.")
			return
		}
	}
	done, ok := s.Hub.download(r.RemoteAddr)
	if !ok {
		w.Header().Set("Retry-After", "60")
		problem(w, http.StatusServiceUnavailable, "Too many downloads", "As many downloads of captured messages are under way as there may be at once (--max-capture-downloads).")
		return
	}
	defer done()
	recorder := s.Hub.Recorder()
	news := make(chan struct{}, 1)
	defer recorder.Watch(news).Stop()
	var hello feed.Hello
	s.Hub.View(func(r *replica.Replica) { hello = r.Hello() })
	w.Header().Set("Content-Type", "application/x-pcapng")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Disposition", `attachment; filename="messages-`+hello.Registrar.String()+`.pcapng"`)
	file, err := pcapng.NewWriter(w, "registrar "+hello.Version)
	if err != nil {
		return // the client is gone
	}
	end := time.NewTimer(span)
	defer end.Stop()
	over := span == 0
	for after := uint64(0); ; {
		for _, m := range recorder.Since(after, math.MaxInt, math.MaxInt) {
			after = m.Number
			if file.Write(m) != nil {
				return
			}
		}
		if file.Flush() != nil || http.NewResponseController(w).Flush() != nil || over {
			return
		}
		select {
		case <-time.After(flushEvery): // many at once
		case <-end.C:
			over = true
			continue
		}
		select {
		case <-news:
		case <-end.C:
			over = true
		case <-r.Context().Done():
			return
		case <-s.Hub.closed:
			return
		}
	}
}
