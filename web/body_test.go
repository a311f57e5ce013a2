package web

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections are made here.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (pipes) Close() error   { return nil }
func (pipes) Addr() net.Addr { return &net.TCPAddr{} }

// A body may take its time once, and the connection ends with it: whoever sends a byte
// now and then holds nothing.
func TestSlowBody(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		between    time.Duration
		want       int
	}{
		{"at once", `{"pool":"P"}`, 0, http.StatusOK},
		{"slow", `{"pool":"P"}`, 500 * time.Millisecond, http.StatusOK},
		{"a byte now and then", `{"pool":"P"}`, 1500 * time.Millisecond, http.StatusBadRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := bodies{size: 100, limit: 1}
				took := time.Duration(0)
				server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					began := time.Now()
					_, err := l.read(w, r)
					took = time.Since(began)
					if err != nil {
						http.Error(w, err.Error(), http.StatusBadRequest)
						return
					}
					select { // what it asks for may take longer than the body may
					case <-time.After(2 * bodyTime):
					case <-r.Context().Done():
						http.Error(w, "cut off", http.StatusGatewayTimeout)
					}
				})}
				p := make(pipes, 1)
				served := make(chan error)
				go func() { served <- server.Serve(p) }()
				near, far := net.Pipe()
				p <- far
				var writer sync.WaitGroup
				writer.Go(func() {
					_, err := io.WriteString(near, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n")
					for i := 0; i < len(tt.body) && err == nil; i++ {
						time.Sleep(tt.between)
						_, err = io.WriteString(near, tt.body[i:i+1])
					}
				})
				res, err := http.ReadResponse(bufio.NewReader(near), nil)
				if err != nil {
					t.Fatal(err)
				}
				if res.StatusCode != tt.want {
					t.Errorf("status %d, want %d", res.StatusCode, tt.want)
				}
				if took > bodyTime {
					t.Errorf("the body has taken %v, at most %v may be", took, bodyTime)
				}
				near.Close()
				writer.Wait()
				close(p)
				if err := server.Close(); err != nil {
					t.Error(err)
				}
				<-served
			})
		})
	}
}

// Those who come are served, however many are slow: the oldest are cut off.
func TestManySlowBodies(t *testing.T) {
	const many = 8
	synctest.Test(t, func(t *testing.T) {
		cut := 0
		l := bodies{size: 100, limit: many, full: func() { cut++ }}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := l.read(w, r); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
			}
		})}
		p := make(pipes, 1)
		served := make(chan error)
		go func() { served <- server.Serve(p) }()
		call := func(body string) net.Conn {
			near, far := net.Pipe()
			p <- far
			if _, err := io.WriteString(near, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"+body); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			return near
		}
		var slow []net.Conn
		for range many {
			slow = append(slow, call("{"))
		}
		honest := call("{}")
		if res, err := http.ReadResponse(bufio.NewReader(honest), nil); err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("an honest one has %v, %v", res, err)
		}
		if res, err := http.ReadResponse(bufio.NewReader(slow[0]), nil); err != nil || res.StatusCode != http.StatusBadRequest {
			t.Errorf("the oldest has %v, %v, want it cut off", res, err)
		}
		if cut != 1 {
			t.Errorf("told %d times that one was cut off, want once", cut)
		}
		if got := l.list.Len(); got != many-1 {
			t.Errorf("%d are on their way, want %d", got, many-1)
		}
		for _, c := range append(slow, honest) {
			c.Close()
		}
		close(p)
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-served
		synctest.Wait()
		if got := l.list.Len(); got != 0 {
			t.Errorf("%d are left", got)
		}
	})
}
