package abuse

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// request is one as it goes over the wire.
func request(method, path, host string, headers ...string) []byte {
	return []byte(method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + strings.Join(append(headers, "", ""), "\r\n"))
}

var upgrade = []string{
	"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	"Sec-WebSocket-Protocol: rserpool.feed.v1",
}

// status says a request and gives the status of the answer.
func status(c net.Conn, say []byte) string {
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := c.Write(say); err != nil {
		return ending(err)
	}
	res, err := http.ReadResponse(bufio.NewReaderSize(c, 512), nil)
	if err != nil {
		return ending(err)
	}
	return fmt.Sprint(res.StatusCode)
}

// upgraded opens many feeds in four ways: as a page does and leaves at once, as a page
// does and never reads, from a page of somebody else, and without the end of a request.
func (s *scene) upgraded(ctx context.Context, n int) string {
	at := s.open.places.HTTP
	var how tally
	var mu sync.Mutex
	var kept []net.Conn
	many(n, 16, 1000, func(i int) {
		c, err := net.DialTimeout("tcp", at, 10*time.Second)
		if err != nil {
			how.add(ending(err))
			return
		}
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			if i%4 == 0 || len(kept) > files/2 {
				_ = c.Close()
			} else {
				kept = append(kept, c)
			}
		}()
		switch i % 4 {
		case 0:
			how.add("left at once: " + status(c, request("GET", "/api/v1/feed", at, upgrade...)))
		case 1:
			how.add("unread: " + status(c, request("GET", "/api/v1/feed", at, upgrade...)))
		case 2:
			how.add("foreign origin: " + status(c, request("GET", "/api/v1/feed", at, append(upgrade, "Origin: http://evil.example")...)))
		default:
			b := request("GET", "/api/v1/feed", at, upgrade...)
			if _, err := c.Write(b[:len(b)-2]); err == nil {
				how.add("cut short")
			}
		}
	})
	hold(ctx)
	for _, c := range kept {
		_ = c.Close()
	}
	return how.String()
}

// unread opens many connections that ask and never read.
func (s *scene) unread(ctx context.Context, n int, say func(i int) []byte) string {
	var how tally
	var kept []net.Conn
	many(min(n, files-500), 1, 200, func(i int) {
		c, err := net.DialTimeout("tcp", s.open.places.HTTP, 10*time.Second)
		if err != nil {
			how.add(ending(err))
			return
		}
		_ = c.(*net.TCPConn).SetReadBuffer(2048)
		_, _ = c.Write(say(i))
		kept = append(kept, c)
	})
	hold(ctx)
	m, err := s.open.metrics()
	outcome := how.String()
	if err == nil {
		outcome = strings.TrimPrefix(fmt.Sprintf("%s, %v feeds meanwhile", outcome, m["feed_clients"]-1), ", ")
	}
	left := 0
	for _, c := range kept { // what waited comes first, then the end, or nothing
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			left++
		}
		_ = c.Close()
	}
	return fmt.Sprintf("%s, closed by the registrar: %s", outcome, number(len(kept)-left))
}

func httpKinds() []kind {
	ask := func(n, perSecond int, make func(i int) (*http.Request, error)) (string, error) {
		var how tally
		c := &http.Client{
			Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 4},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		defer c.CloseIdleConnections()
		many(n, 4, perSecond, func(i int) {
			req, err := make(i)
			if err != nil {
				how.add(err.Error())
				return
			}
			res, err := c.Do(req)
			if err != nil {
				how.add(ending(err))
				return
			}
			defer res.Body.Close()
			_, _ = io.Copy(io.Discard, res.Body)
			how.add(fmt.Sprint(res.StatusCode))
		})
		return how.String(), nil
	}
	return []kind{
		{
			name: "HTTP: DELETEs and POSTs without a token, with wrong ones, from other origins and hosts", count: 10000, page: true,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				base := "http://" + s.open.places.HTTP
				element := fmt.Sprintf("%s/api/v1/pools/%s/elements/%v", base, pool, s.victims()[0])
				return ask(n, 1000, func(i int) (*http.Request, error) {
					method, to := http.MethodDelete, element
					if i%2 == 1 {
						method, to = http.MethodPost, element+"/probe"
					}
					req, err := http.NewRequestWithContext(ctx, method, to, nil)
					if err != nil {
						return nil, err
					}
					switch i % 5 {
					case 1:
						req.Header.Set("Authorization", "Bearer wrong-wrong-wrong-wrong")
					case 2:
						req.Header.Set("Authorization", "Bearer "+token)
						req.Header.Set("Origin", "http://evil.example")
					case 3:
						req.Header.Set("Authorization", "Bearer "+token)
						req.Host = "evil.example"
					case 4:
						req.Header.Set("Cookie", "registrar=wrong")
					}
					return req, nil
				})
			},
		},
		{
			name: "HTTP: guesses of the token at the login", count: 2000, page: true,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				base := "http://" + s.open.places.HTTP
				return ask(n, 500, func(i int) (*http.Request, error) {
					body := url.Values{"token": {fmt.Sprintf("guess-%d", i)}}.Encode()
					req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/login", strings.NewReader(body))
					if err == nil {
						req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					}
					return req, err
				})
			},
		},
		{
			name: "HTTP: bodies of 10 MB", count: 200, page: true,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				base := "http://" + s.open.places.HTTP
				long := `{"pool":"` + strings.Repeat("x", 10<<20)
				return ask(n, 20, func(i int) (*http.Request, error) {
					return http.NewRequestWithContext(ctx, http.MethodPost, base+[]string{"/api/v1/resolve", "/login"}[i%2], strings.NewReader(long))
				})
			},
		},
		{
			name: "HTTP: broken requests, paths and headers of 64 KB", count: 5000, page: true,
			play: func(_ context.Context, s *scene, n int) (string, error) {
				at := s.open.places.HTTP
				list := [][]byte{
					[]byte("\x00\x01\x02\r\n\r\n"), request("GET", "/"+strings.Repeat("a", 64<<10), at), request("GET", "/", at, "X: "+strings.Repeat("b", 64<<10)),
					request("GET", "/api/v1/pools/%zz", at), request("POST", "/api/v1/resolve", at, "Content-Length: -1"), request("GET", "/../../etc/passwd", at),
				}
				var how tally
				many(n, 4, 500, func(i int) {
					c, err := net.DialTimeout("tcp", at, 10*time.Second)
					if err != nil {
						how.add(ending(err))
						return
					}
					defer c.Close()
					how.add(status(c, list[i%len(list)]))
				})
				return how.String(), nil
			},
		},
		{
			name: "HTTP: headers of a byte now and then", count: 3000, page: true, peak: 256 << 20,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return drip(ctx, s, s.open.places.HTTP, n, []byte("GET / HTTP/1.1\r\nHost: x\r\nA: "), []byte("b")), nil
			},
		},
		{
			name: "HTTP: bodies of a byte now and then", count: 3000, page: true, peak: 256 << 20,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return drip(ctx, s, s.open.places.HTTP, n, request("POST", "/api/v1/resolve", s.open.places.HTTP, "Content-Length: 60000"), []byte("{")), nil
			},
		},
		{
			name: "HTTP: connections that say nothing", count: 10000, page: true, peak: 512 << 20,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return drip(ctx, s, s.open.places.HTTP, n, nil, nil), nil
			},
		},
		{
			name: "WebSockets: opened and left, never read, of a foreign origin, cut short", count: 10000, page: true, peak: 256 << 20,
			play: func(ctx context.Context, s *scene, n int) (string, error) { return s.upgraded(ctx, n), nil },
		},
		{
			name: "feeds and event streams that are never read", count: 500, page: true, peak: 256 << 20,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return s.unread(ctx, n, func(i int) []byte {
					if i%2 == 0 {
						return request("GET", "/api/v1/feed", s.open.places.HTTP, "Accept: text/event-stream")
					}
					return request("GET", "/api/v1/feed", s.open.places.HTTP, upgrade...)
				}), nil
			},
		},
		{
			name: "exports, pages and captures that are never read", count: 2000, page: true, peak: 512 << 20,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				paths := []string{"/api/v1/handlespace", "/api/v1/messages.pcapng?for=10m", "/", "/metrics"}
				return s.unread(ctx, n, func(i int) []byte { return request("GET", paths[i%len(paths)], s.open.places.HTTP) }), nil
			},
		},
	}
}
