package browser_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
)

// withoutWebSockets is a proxy that knows nothing of them; tell hears the query of
// every feed.
func withoutWebSockets(t *testing.T, s *server, tell func(url.Values)) *httptest.Server {
	origin, err := url.Parse("http://" + s.address)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(origin); r.Out.Host = r.In.Host }}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			http.Error(w, "no upgrades here", http.StatusBadRequest)
			return
		}
		if r.URL.Path == s.base+"/api/v1/feed" {
			tell(r.URL.Query())
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.CloseClientConnections)
	return proxy
}

// Behind a proxy that knows nothing of WebSockets, below a path of its, the page is
// live all the same, by server-sent events, and writes.
func TestProxyWithoutWebSockets(t *testing.T) {
	s := startRegistrarAt(t, place{address: "127.0.0.1:0", base: "/rserpool"}, 0x0a0a0a0a)
	e := newElements(s)
	e.add("EchoPool", 1, roundRobin)
	s.await("the element", has("EchoPool", 1))
	streams := make(chan string, 16)
	proxy := withoutWebSockets(t, s, func(q url.Values) { streams <- q.Get("after") })
	b := openTab(t)
	b.expect("WebSocket connection to")
	b.visit(proxy.URL + "/rserpool/?token=" + token)
	b.visit(proxy.URL + "/rserpool/pools/EchoPool")
	b.live()
	if after := <-streams; after != "" {
		t.Errorf("the first stream goes on after %q", after)
	}
	e.add("EchoPool", 2, roundRobin)
	b.until(shows(2))

	// Cut off, it comes back to where it was.
	b.expect("ERR_INCOMPLETE_CHUNKED_ENCODING")
	b.expect("net::ERR_")
	proxy.CloseClientConnections()
	if after := <-streams; after == "" {
		t.Error("the second stream starts from nothing")
	}
	b.live()
	e.add("EchoPool", 3, roundRobin)
	b.until(shows(3))

	b.click(ask(id(2)))
	b.until(dialogOpen)
	b.click(`#ask [data-act=deregister]`)
	s.await("the element is gone", hasNot("EchoPool", 2))
	b.until("!" + shows(2))
}
