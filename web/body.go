package web

import (
	"bytes"
	"container/list"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// whole reads what a request has to say before anything else looks at it, so that none is
// too long or too slow, whatever it is for.
func (s *server) whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		body, err := s.bodies.read(w, r)
		var long *http.MaxBytesError
		switch {
		case errors.As(err, &long):
			s.Hub.hit(limitBody, "a request to "+r.URL.Path+" has more bytes than that")
			problem(w, http.StatusRequestEntityTooLarge, "Too much", "A request has "+strconv.Itoa(s.bodies.size)+" bytes at most here (--max-http-body-bytes).")
		case errors.Is(err, os.ErrDeadlineExceeded):
			w.Header().Set("Connection", "close") // its rest may still come
			problem(w, http.StatusRequestTimeout, "Too slow", "A request has to be here within "+bodyTime.String()+".")
		case err != nil:
			problem(w, http.StatusBadRequest, "Half a request", "Its body cannot be read: "+err.Error()+".")
		default:
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
		}
	})
}

// bodies are those on their way, by what ends the reading of each, the oldest first. Each
// has the time that one may take, and above the limit the oldest is cut off: who sends a
// byte now and then holds few connections, and keeps nobody from asking.
type bodies struct {
	size, limit int
	// full is called when one was cut off for another.
	full func()

	mu   sync.Mutex
	list list.List
}

// read gives the body of a request. What follows may take longer.
func (l *bodies) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	control := http.NewResponseController(w)
	if control.SetReadDeadline(time.Now().Add(bodyTime)) != nil { // there is no connection
		return io.ReadAll(http.MaxBytesReader(w, r.Body, int64(l.size)))
	}
	place := l.begin(control)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(l.size)))
	if l.end(place) && err == nil {
		_ = control.SetReadDeadline(time.Time{})
	}
	return body, err
}

func (l *bodies) begin(c *http.ResponseController) *list.Element {
	cut := false
	defer func() {
		if cut { // told without the lock
			l.full()
		}
	}()
	l.mu.Lock()
	defer l.mu.Unlock()
	if cut = l.list.Len() == l.limit; cut {
		oldest := l.list.Remove(l.list.Front()).(*http.ResponseController)
		_ = oldest.SetReadDeadline(time.Unix(1, 0)) // it may be gone
	}
	return l.list.PushBack(c)
}

// end reports whether the body has not been cut off.
func (l *bodies) end(place *list.Element) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.list.Len()
	l.list.Remove(place) // nothing where it is out already
	return l.list.Len() < before
}
