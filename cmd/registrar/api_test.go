package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Who does not answer in time is named, whether it says nothing or stops in the middle.
func TestNoAnswerInTime(t *testing.T) {
	for _, beginning := range []string{"", `{"seq":`} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if beginning != "" {
				_, _ = w.Write([]byte(beginning))
				_ = http.NewResponseController(w).Flush()
			}
			<-r.Context().Done()
		}))
		defer s.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		err := (&apiFlags{server: s.URL}).get(ctx, "api/v1/status", nil, nil)
		if exitCode(err) != exitTimeout || !strings.Contains(err.Error(), "--server "+s.URL+": ") {
			t.Errorf("after %q: %v, want a time-out that names the server", beginning, err)
		}
	}
}
