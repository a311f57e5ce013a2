package web

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// inTime gives each request with a body the time that one may take: who sends a byte
// now and then only holds a connection.
func inTime(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			control := http.NewResponseController(w)
			if control.SetReadDeadline(time.Now().Add(bodyTime)) == nil { // else there is no connection
				r.Body = &body{r.Body, control}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// body is that of a request. Once it is read, what follows may take longer.
type body struct {
	io.ReadCloser
	control *http.ResponseController
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}
