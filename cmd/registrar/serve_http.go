package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"rserpool/registrar/node"
	"rserpool/web"
)

const (
	// headerTimeout ends a connection that sends its request too slowly.
	headerTimeout = 10 * time.Second
	// idleTimeout ends a connection without a request.
	idleTimeout = 2 * time.Minute
	// maxHeader is room for a long cookie jar, and no more.
	maxHeader = 32 << 10
	// leastToken keeps guessing out: 16 characters of base64url are 96 bits.
	leastToken = 16
)

// httpOptions are the flags of the dashboard.
type httpOptions struct {
	address, tokenFile, basePath string
	certFile, keyFile            string
	hosts                        []string
	private, readOnly, capture   bool
	limits                       web.Limits
}

func (o *httpOptions) addFlags(f *pflag.FlagSet) {
	o.limits = web.DefaultLimits()
	f.StringVar(&o.address, "http", "", "`ADDRESS` for dashboard and API, such as :8080 (default: off)")
	f.StringVar(&o.tokenFile, "http-token-file", "", "`FILE` whose first line is the operator token (default: a random one, printed as a link)")
	f.BoolVar(&o.private, "http-private", false, "reading needs the operator token too")
	f.BoolVar(&o.readOnly, "http-read-only", false, "nobody can change anything over HTTP, the operator neither")
	f.StringVar(&o.certFile, "http-tls-cert", "", "`FILE` in PEM with the certificate for HTTPS, and the authorities' between (default: plain HTTP)")
	f.StringVar(&o.keyFile, "http-tls-key", "", "`FILE` in PEM with its private key (default: in the file of --http-tls-cert)")
	f.BoolVar(&o.capture, "capture", false, "keep the last ASAP and ENRP messages also while no page shows them, for messages.pcapng")
	f.StringArrayVar(&o.hosts, "http-host", nil, "`NAME` by which browsers reach the dashboard, beside localhost and addresses; repeatable")
	f.StringVar(&o.basePath, "http-base-path", "", "`PATH` below which everything is served, such as /rserpool")
	for _, l := range o.counts() {
		f.IntVar(l.value, l.flag, *l.value, l.usage)
	}
}

// counts are the flags of the dashboard's limits.
func (o *httpOptions) counts() []number[int] {
	return []number[int]{
		{"max-http-connections", "connections that ask for pages and answers at once; above it, the one that has waited longest for its request is closed", &o.limits.Connections, 1},
		{"max-feed-clients", "pages and programs that follow the feed at once", &o.limits.FeedClients, 1},
		{"max-capture-downloads", "downloads of captured messages that are under way at once", &o.limits.Downloads, 1},
		{"max-http-body-bytes", "bytes of a request's body; more are refused", &o.limits.BodySize, 1},
		{"max-http-bodies", "bodies of requests on their way at once; above it, the one that has been so for longest is cut off", &o.limits.Bodies, 1},
		{"max-events-kept", "events that are kept for those who ask", &o.limits.Events, 1},
		{"max-captured-messages", "messages that are kept while a page shows them, or with --capture; in 1600 bytes each on average", &o.limits.Captured, 1},
	}
}

// dashboard is the HTTP side of one registrar; nil is none, and its methods
// do nothing then.
type dashboard struct {
	options  httpOptions
	log      *slog.Logger
	listener net.Listener
	httpSecrets
	// certificate is what those see who connect, where it speaks TLS.
	certificate atomic.Pointer[tls.Certificate]
	hub         *web.Hub
	handler     *web.Dashboard
	server      *http.Server
	err         chan error
}

// httpSecrets are what the files say.
type httpSecrets struct {
	token string
	// pair is nil for plain HTTP.
	pair *tls.Certificate
}

// open takes the port and the token, before anything else starts: both are
// the user's mistakes to hear of first.
func (o httpOptions) open(log *slog.Logger) (*dashboard, error) {
	if err := o.check(); err != nil || o.address == "" {
		return nil, err
	}
	o.basePath = strings.TrimSuffix(o.basePath, "/")
	secrets, err := o.read()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", o.address)
	if errors.Is(err, syscall.EADDRINUSE) {
		err = fmt.Errorf("--http %s: the port is in use; stop what uses it or choose another port", o.address)
	} else if err != nil {
		err = fmt.Errorf("--http: %w", err)
	}
	if err != nil {
		return nil, err
	}
	d := &dashboard{options: o, log: log, listener: patientListener{listener}, httpSecrets: secrets, err: make(chan error, 1)}
	d.secure()
	return d, nil
}

// check refuses flags that make no sense.
func (o httpOptions) check() error {
	if o.address == "" {
		return o.unused()
	}
	if o.basePath != "" && o.basePath[0] != '/' {
		return fail(exitUsage, fmt.Errorf("--http-base-path %s: want a path that starts with /", o.basePath))
	}
	for _, l := range o.counts() {
		if *l.value < l.least {
			return fail(exitUsage, fmt.Errorf("--%s %d: want %d or more", l.flag, *l.value, l.least))
		}
	}
	if _, _, err := net.SplitHostPort(o.address); err != nil {
		return fail(exitUsage, fmt.Errorf("--http %s: want HOST:PORT or :PORT", o.address))
	}
	return o.checkTLS()
}

// read reads the files, or makes what there is no file for.
func (o httpOptions) read() (s httpSecrets, err error) {
	if s.token, err = o.readToken(); err == nil {
		s.pair, err = o.readPair()
	}
	return s, err
}

// unused refuses flags that would have no effect.
func (o httpOptions) unused() error {
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"capture", o.capture},
		{"http-token-file", o.tokenFile != ""},
		{"http-private", o.private},
		{"http-read-only", o.readOnly},
		{"http-tls-cert", o.certFile != ""},
		{"http-tls-key", o.keyFile != ""},
		{"http-host", len(o.hosts) > 0},
		{"http-base-path", o.basePath != ""},
		{"max-http-connections", o.limits.Connections != web.DefaultLimits().Connections},
		{"max-feed-clients", o.limits.FeedClients != web.DefaultLimits().FeedClients},
		{"max-capture-downloads", o.limits.Downloads != web.DefaultLimits().Downloads},
		{"max-http-body-bytes", o.limits.BodySize != web.DefaultLimits().BodySize},
		{"max-http-bodies", o.limits.Bodies != web.DefaultLimits().Bodies},
		{"max-events-kept", o.limits.Events != web.DefaultLimits().Events},
		{"max-captured-messages", o.limits.Captured != web.DefaultLimits().Captured},
	} {
		if f.given {
			return fail(exitUsage, fmt.Errorf("--%s: it needs --http ADDRESS, such as --http :8080", f.name))
		}
	}
	return nil
}

// readToken takes the operator token from the file, or makes one.
func (o httpOptions) readToken() (string, error) {
	if o.tokenFile == "" {
		var b [32]byte
		rand.Read(b[:])
		return base64.RawURLEncoding.EncodeToString(b[:]), nil
	}
	token, err := readTokenFile(o.tokenFile)
	if err != nil {
		return "", fmt.Errorf("--http-token-file: %w", err)
	}
	if len(token) < leastToken {
		return "", fmt.Errorf("--http-token-file %s: the first line must be a token of %d characters or more, has %d", o.tokenFile, leastToken, len(token))
	}
	return token, nil
}

// attach makes the node of cfg tell the dashboard what changes.
func (d *dashboard) attach(cfg *node.Config) {
	if d != nil {
		d.hub = web.NewHub(hello(cfg.Registrar, cfg.Transport.Name()), d.options.limits, d.log)
		cfg.Publish, cfg.Capture = d.hub.Publish, d.hub.Recorder()
		if d.options.capture {
			d.hub.Recorder().Watch(nil) // as long as it runs
		}
	}
}

// serve starts to answer requests about n.
func (d *dashboard) serve(n *node.Node) error {
	if d == nil {
		return nil
	}
	handler, err := web.New(web.Config{
		Hub: d.hub, Registrar: n, Token: d.token, Private: d.options.private, ReadOnly: d.options.readOnly,
		BasePath: d.options.basePath, Hosts: d.options.hosts,
		ASAP: n.ASAPAddrs()[0].String(), ENRP: n.ENRPAddrs()[0].String(), Log: d.log, Now: time.Now,
	})
	if err != nil {
		return err
	}
	d.handler = handler
	d.server = &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ConnState: newConns(d.options.limits.Connections, d.hub).state,
		ErrorLog:  slog.NewLogLogger(d.log.Handler(), slog.LevelWarn),
	}
	go func() {
		if err := d.server.Serve(d.listener); !errors.Is(err, http.ErrServerClosed) {
			d.err <- err
		}
	}()
	return nil
}

// replace makes other secrets those that are in force.
func (d *dashboard) replace(s httpSecrets) {
	if s.token != d.token {
		d.handler.SetToken(s.token)
	}
	d.httpSecrets = s
	d.certificate.Store(s.pair)
}

// failed gives the error that ended the server before its time.
func (d *dashboard) failed() <-chan error {
	if d == nil {
		return nil
	}
	return d.err
}

// addr is the address that is listened on.
func (d *dashboard) addr() string { return d.listener.Addr().String() }

// link opens the dashboard. It carries the token only if that was made here:
// whoever has a file knows the token.
func (d *dashboard) link() string {
	at := d.listener.Addr().(*net.TCPAddr).AddrPort()
	if at.Addr().IsUnspecified() {
		at = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port())
	}
	link := d.options.scheme() + "://" + netip.AddrPortFrom(at.Addr().Unmap(), at.Port()).String() + d.options.basePath + "/"
	if d.options.tokenFile == "" {
		link += "?token=" + d.token
	}
	return link
}

// stop says goodbye to the pages and ends the server.
func (d *dashboard) stop(ctx context.Context) error {
	if d == nil || d.server == nil {
		return nil
	}
	d.hub.Close()
	if err := d.server.Shutdown(ctx); err != nil {
		return fmt.Errorf("--http: requests did not end in time: %w", errors.Join(err, d.server.Close()))
	}
	return nil
}

// close gives the port back, whatever happened before.
func (d *dashboard) close() {
	if d != nil {
		_ = d.listener.Close() // closed already after stop
	}
}
