package web

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
)

// whole reads what a request has to say before anything else looks at it, so that none is
// too long, whatever it is for.
func (s *server) whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		var long *http.MaxBytesError
		switch {
		case errors.As(err, &long):
			s.Hub.hit(limitBody, "a request to "+r.URL.Path+" has more bytes than that")
			problem(w, http.StatusRequestEntityTooLarge, "Too much", "A request has "+strconv.Itoa(maxBody)+" bytes at most here.")
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
