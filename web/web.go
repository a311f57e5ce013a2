package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"time"

	"github.com/go-chi/chi/v5"

	"rserpool/registrar"
	"rserpool/registrar/node"
	"rserpool/registrar/wire"
	"rserpool/ui/view"
	"rserpool/web/metrics"
)

// Registrar is what the API can ask of a running registrar.
type Registrar interface {
	// Deregister removes an element whose home the registrar is, and may hold it.
	Deregister(ctx context.Context, wish registrar.Deregister) (registrar.Deregistered, error)
	// EndHold lets a held element in again.
	EndHold(ctx context.Context, wish registrar.EndHold) (registrar.HoldEnded, error)
	// ProbePeer asks a peer for a sign of life; ResyncPeer fetches its elements again.
	ProbePeer(ctx context.Context, id wire.ServerID) (registrar.Answered, error)
	ResyncPeer(ctx context.Context, id wire.ServerID) (registrar.Answered, error)
	// ProbeElement asks an element for a sign of life.
	ProbeElement(ctx context.Context, handle wire.PoolHandle, id wire.PEIdentifier) (registrar.Answered, error)
	// Select gives what a pool user would get, and moves nothing; items of 0 are as
	// many as it gets.
	Select(ctx context.Context, handle wire.PoolHandle, items int) (registrar.Selected, error)
	// Measures gives what metrics are made of.
	Measures(ctx context.Context) (node.Measures, error)
}

// Config is what New needs. Every field but Private, ReadOnly, BasePath and Hosts is
// required; Registrar is asked only by writes, resolutions, metrics and the limits of a
// status.
type Config struct {
	Hub       *Hub
	Registrar Registrar
	// Token is the operator token, which writes need.
	Token string
	// Private makes reads need the token as well.
	Private bool
	// ReadOnly refuses every write, the operator's too.
	ReadOnly bool
	// BasePath is the path below which all routes live, such as /rserpool.
	BasePath string
	// Hosts are the names, beside localhost and addresses, by which a browser
	// may reach this server: a page of another name must not write.
	Hosts []string
	// ASAP and ENRP are addresses of the registrar for commands to copy.
	ASAP, ENRP string
	Log        *slog.Logger
	// Now is the clock.
	Now func() time.Time
}

// server holds what the handlers share.
type server struct {
	Config
	assets   *assets
	access   *access
	attempts attempts
	bodies   bodies
	metrics  http.Handler
	// making has room for the answers that are made at once.
	making chan struct{}
}

// Dashboard is the handler of the dashboard and the API. Use New.
type Dashboard struct {
	http.Handler
	access *access
}

// SetToken makes another token the operator's, also for those who are logged in: they
// have to log in again.
func (d *Dashboard) SetToken(token string) { d.access.setToken(token) }

// New gives the handler of the dashboard and the API. The error says which
// asset is missing or broken.
func New(cfg Config) (*Dashboard, error) {
	files, err := loadAssets()
	if err != nil {
		return nil, err
	}
	s := &server{Config: cfg, assets: files, access: newAccess(cfg), making: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
	s.bodies.size, s.bodies.limit = cfg.Hub.limits.BodySize, cfg.Hub.limits.Bodies
	s.bodies.full = func() {
		cfg.Hub.hit(limitBodies, "the oldest request whose body was still to come was cut off for another")
	}
	measures := func(ctx context.Context) (node.Measures, error) { return s.Registrar.Measures(ctx) }
	s.metrics = metrics.Handler(metrics.Source{View: s.Hub.View, Feeds: s.Hub.feeds, Limits: s.Hub.limitsInUse, Measures: measures}, s.Log)
	return &Dashboard{s.secure(s.mount(s.routes())), s.access}, nil
}

// routes are those below the base path.
func (s *server) routes() *chi.Mux {
	r := chi.NewRouter()
	r.Use(s.whole, s.access.link)
	r.NotFound(s.notFound)
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		problem(w, http.StatusMethodNotAllowed, "No "+r.Method+" here", "This address does not know the method "+r.Method+".")
	})
	r.Get("/livez", s.livez)
	r.Get("/readyz", s.readyz)
	r.Get("/assets/{name}", s.assets.serve)
	r.Get("/login", s.loginPage)
	r.With(s.access.sameOrigin).Post("/login", s.login)
	r.Group(func(r chi.Router) {
		r.Use(s.welcome, s.access.read)
		r.Get("/version", s.version)
		r.Get("/metrics", func(w http.ResponseWriter, r *http.Request) { s.metrics.ServeHTTP(w, r) })
		r.Get("/api/v1/status", s.status)
		r.With(s.access.sameOrigin).Post("/api/v1/resolve", s.resolve)
		r.With(s.access.sameOrigin).Get("/api/v1/messages.pcapng", s.messages)
		r.With(s.access.sameOrigin).Get("/api/v1/feed", s.feed)
		// What is made of the replica, and waits for nobody else.
		r = r.With(s.sparing)
		for _, pattern := range view.Patterns() {
			r.Get(pattern, s.page)
		}
		r.Get("/api/v1/openapi.json", s.describe)
		r.Get("/api/v1/pools", s.pools)
		r.Get("/api/v1/pools/{key}", s.pool)
		r.Get("/api/v1/pools/{key}/elements", s.poolElements)
		r.Get("/api/v1/pools/{key}/elements/{pe}", s.element)
		r.Get("/api/v1/elements", s.elements)
		r.Get("/api/v1/peers", s.peers)
		r.Get("/api/v1/peers/{id}", s.peer)
		r.Get("/api/v1/handlespace", s.handlespace)
		r.Get("/api/v1/events", s.events)
		r.Get("/api/v1/holds", s.holds)
	})
	write := r.With(s.access.sameOrigin, s.access.write)
	write.Delete("/api/v1/pools/{key}/elements/{pe}", s.deregister)
	write.Post("/api/v1/pools/{key}/elements/{pe}/probe", s.probeElement)
	write.Delete("/api/v1/holds/{id}", s.endHold)
	write.Post("/api/v1/peers/{id}/probe", s.probePeer)
	write.Post("/api/v1/peers/{id}/resync", s.resyncPeer)
	return r
}

// mount strips the base path and routes on the path as the client escaped it:
// a pool handle may hold a slash.
func (s *server) mount(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.BasePath != "" && r.URL.Path == s.BasePath {
			// Links are relative: the page must be below its own root.
			to := url.URL{Path: s.BasePath + "/", RawQuery: r.URL.RawQuery}
			http.Redirect(w, r, to.String(), http.StatusPermanentRedirect)
			return
		}
		path, ok := cutBase(r.URL.EscapedPath(), s.BasePath)
		if r.URL.Path == "/livez" || r.URL.Path == "/readyz" { // who checks health knows no base path
			path, ok = r.URL.Path, true
		}
		if !ok {
			s.notFound(w, r)
			return
		}
		ctx := chi.NewRouteContext()
		ctx.RoutePath = path
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, ctx)))
	})
}

// secure sets the headers that every answer carries.
func (s *server) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "+
			"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

func (s *server) notFound(w http.ResponseWriter, r *http.Request) {
	problem(w, http.StatusNotFound, "Nothing here", "There is no "+r.URL.Path+"; start at "+s.BasePath+"/.")
}
