package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
)

// slowClient takes what it is sent when taking is closed.
type slowClient struct {
	*httptest.ResponseRecorder
	taking chan struct{}
}

func (c slowClient) Write(b []byte) (int, error) {
	<-c.taking
	return c.ResponseRecorder.Write(b)
}

// SEC-27: answers are made one after the other where there is one processor for them, and
// a client that does not take its answer keeps nobody else from theirs.
func TestSparing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{making: make(chan struct{}, 1)}
		work, asked, made := make(chan struct{}), 0, 0
		h := s.sparing(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			<-work // it takes a processor meanwhile
			made++
			_, _ = w.Write([]byte("answer"))
		}))
		taking := make(chan struct{})
		clients := make([]slowClient, 3)
		for i := range clients {
			clients[i] = slowClient{httptest.NewRecorder(), taking}
			go h.ServeHTTP(clients[i], httptest.NewRequest(http.MethodGet, "/", http.NoBody))
		}
		for i := range clients {
			synctest.Wait()
			if asked != i+1 || made != i {
				t.Errorf("%d answers are made or being made, %d are made; want %d and %d", asked, made, i+1, i)
			}
			work <- struct{}{}
		}
		synctest.Wait()
		if made != 3 {
			t.Errorf("%d answers are made while no client takes its own, want all 3", made)
		}
		close(taking)
		synctest.Wait()
		for i, c := range clients {
			if got := c.Body.String(); got != "answer" {
				t.Errorf("client %d has %q", i, got)
			}
		}
		if len(s.making) != 0 {
			t.Errorf("%d answers are being made still", len(s.making))
		}
	})
}
