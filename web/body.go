package web

import (
	"container/list"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// maxBodies is how many bodies of requests are on their way at once: each is there within
// milliseconds, unless somebody means it otherwise.
const maxBodies = 64

// bodies are those on their way, the oldest first. Each has the time that one may take,
// and above the limit the oldest is cut off: who sends a byte now and then holds few
// connections, and keeps nobody from asking.
type bodies struct {
	mu   sync.Mutex
	list list.List
}

// inTime bounds the bodies of the requests for next.
func (l *bodies) inTime(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		b := &body{ReadCloser: r.Body, control: http.NewResponseController(w), among: l}
		if b.control.SetReadDeadline(time.Now().Add(bodyTime)) == nil { // else there is no connection
			r.Body = b
			l.begin(b)
			defer l.end(b)
		}
		next.ServeHTTP(w, r)
	})
}

func (l *bodies) begin(b *body) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b.place = l.list.PushBack(b)
	if l.list.Len() > maxBodies {
		oldest := l.list.Remove(l.list.Front()).(*body)
		oldest.place = nil
		_ = oldest.control.SetReadDeadline(time.Unix(1, 0)) // it may be gone
	}
}

// end reports whether the body was still on its way.
func (l *bodies) end(b *body) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b.place == nil {
		return false
	}
	l.list.Remove(b.place)
	b.place = nil
	return true
}

// body is that of a request. Once it is read, what follows may take longer.
type body struct {
	io.ReadCloser
	control *http.ResponseController
	among   *bodies
	place   *list.Element
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && b.among.end(b) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}
