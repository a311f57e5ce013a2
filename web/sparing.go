package web

import "net/http"

// sparing lets few answers be made at once: who asks for many, or for large ones, leaves
// a processor to the registrar. An answer that its client does not take is not in the way.
func (s *server) sparing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case s.making <- struct{}{}:
		case <-r.Context().Done():
			return
		}
		defer func() { <-s.making }()
		next.ServeHTTP(spared{w, s.making}, r)
	})
}

// spared is where an answer goes that is being made; it is not while it is sent.
type spared struct {
	http.ResponseWriter
	making chan struct{}
}

func (w spared) Write(b []byte) (int, error) {
	<-w.making
	defer func() { w.making <- struct{}{} }()
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w spared) Unwrap() http.ResponseWriter { return w.ResponseWriter }
