package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"strings"
	"syscall"
)

// profiler answers go tool pprof, at an address of its own: who may look at the
// dashboard need not see what the process is made of, nor stop it for a profile. nil is
// none, and its methods do nothing then.
type profiler struct {
	listener net.Listener
	server   *http.Server
}

// openProfiler takes the port; "" is none.
func openProfiler(address string, log *slog.Logger) (*profiler, error) {
	if address == "" {
		return nil, nil
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, fail(exitUsage, fmt.Errorf("--pprof %s: want HOST:PORT such as 127.0.0.1:6060", address))
	}
	listener, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("--pprof %s: the port is in use; stop what uses it or choose another port", address)
	} else if err != nil {
		return nil, fmt.Errorf("--pprof: %w", err)
	}
	at := listener.Addr().(*net.TCPAddr).AddrPort().Addr()
	if !at.IsLoopback() {
		log.Warn("pprof.exposed", slog.String("text", "whoever reaches --pprof "+address+" can look into the process and slow it down; want an address of the loopback"))
	}
	return &profiler{listener, &http.Server{
		Handler: localOnly(profiles()), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}, nil
}

// profiles are the pages of net/http/pprof. It adds them to http.DefaultServeMux too,
// which nothing here serves.
func profiles() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// localOnly answers who asks by an address or for localhost: a page of another site
// that has its name lead here does neither.
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err != nil && !strings.EqualFold(host, "localhost") {
			http.Error(w, "ask by an address, or for localhost", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// serve answers until close.
func (p *profiler) serve(log *slog.Logger) {
	if p == nil {
		return
	}
	go func() {
		if err := p.server.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("pprof.failed", slog.Any("error", err)) // the registrar goes on without
		}
	}()
}

// addr is the address that is listened on, "" for none.
func (p *profiler) addr() string {
	if p == nil {
		return ""
	}
	return p.listener.Addr().String()
}

// close ends it, and the profiles that are being made.
func (p *profiler) close() {
	if p != nil {
		_ = p.server.Close()
		_ = p.listener.Close() // closed already where it has served
	}
}
