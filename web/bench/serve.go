package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/web"
)

// usage is what the server tells of itself.
type usage struct {
	// CPU is the processor time until now, Heap what is in use after a collection.
	CPU  time.Duration
	Heap uint64
	// Sent counts the bytes written to all connections, Sequence the batches that
	// were published.
	Sent, Sequence uint64
	// Digest is that of all elements, where it is asked for.
	Digest string
}

// serve is the process that is measured: a dashboard over elements to which things
// happen. It prints its address, and ends with its standard input.
func serve(elements, rate int) error {
	now := time.Now()
	hub := web.NewHub(feed.Hello{
		Schema: feed.Schema, Registrar: home, Epoch: uint64(now.UnixNano()), //nolint:gosec // after 1970
		Started: feed.At(now), Now: feed.At(now), Version: "bench", Dialect: "rfc", Transport: "udp",
	}, web.DefaultLimits(), slog.New(slog.DiscardHandler))
	l := newLoad(hub, elements, 1)
	dashboard, err := web.New(web.Config{
		Hub: hub, Token: "of no use: nothing is written", ASAP: "127.0.0.1:3863", ENRP: "127.0.0.1:9901",
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	counted := &counter{Listener: listener}
	done, ended := make(chan struct{}), make(chan struct{})
	stop := sync.OnceFunc(func() { close(done); <-ended })
	mux := http.NewServeMux()
	mux.Handle("/", dashboard)
	mux.HandleFunc("/bench/usage", func(w http.ResponseWriter, r *http.Request) {
		asked := r.URL.Query()
		if asked.Has("stop") {
			stop()
		}
		u := usage{CPU: processorTime(), Sent: counted.sent.Load()}
		hub.View(func(r *replica.Replica) {
			u.Sequence = r.Sequence().Number
			if asked.Has("digest") {
				u.Digest = hex.EncodeToString(r.Digest(sha256.New()))
			}
		})
		if asked.Has("heap") {
			hub.View(func(*replica.Replica) { u.Heap = heap() }) // nobody makes garbage meanwhile
		}
		_ = json.NewEncoder(w).Encode(u) // the reader is gone: nobody to tell
	})
	s := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() {
		l.run(rate, done)
		close(ended)
	}()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // until whoever started this is gone
		stop()
		hub.Close()
		_ = s.Close()
	}()
	fmt.Printf("http://%s\n", listener.Addr())
	if err := s.Serve(counted); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// heap is the memory in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// counter counts what is written to the connections of a listener.
type counter struct {
	net.Listener
	sent atomic.Uint64
}

// Accept waits for a connection.
func (c *counter) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	return counting{conn, &c.sent}, err
}

type counting struct {
	net.Conn
	sent *atomic.Uint64
}

func (c counting) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.sent.Add(uint64(max(n, 0))) //nolint:gosec // not below 0
	return n, err
}
