package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
)

// access decides who may read and write.
type access struct {
	secret  atomic.Pointer[secret]
	private bool
	frozen  bool
	base    string
	hosts   []string
}

func newAccess(cfg Config) *access {
	a := &access{private: cfg.Private, frozen: cfg.ReadOnly, base: cfg.BasePath, hosts: cfg.Hosts}
	a.secret.Store(newSecret(cfg.Token))
	return a
}

// setToken makes another token the operator's. Cookies of the one before it are worth
// nothing then, and what was let in by it to read for long ends.
func (a *access) setToken(token string) { a.secret.Swap(newSecret(token)).end() }

// link turns the token of a dashboard link into the cookie and takes it out of
// the address, before it gets into a history or a screenshot.
func (a *access) link(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		given := q.Get("token")
		if given == "" || r.Method != http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		if !same(given, a.secret.Load().token) {
			problem(w, http.StatusUnauthorized, "This link has expired",
				"The token in it is not this registrar's. Use the link that `registrar serve` printed at its last start, or its token file.")
			return
		}
		http.SetCookie(w, a.cookieFor(r))
		q.Del("token")
		to := url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: q.Encode()}
		w.Header().Set("Cache-Control", "no-store")
		// Not a redirect to "//host": the path could start with two slashes.
		http.Redirect(w, r, "/"+strings.TrimLeft(to.String(), "/"), http.StatusSeeOther)
	})
}

// cookieFor is what makes a browser the operator's.
func (a *access) cookieFor(r *http.Request) *http.Cookie {
	s := a.secret.Load()
	return &http.Cookie{
		Name: s.cookie, Value: s.session, Path: a.base + "/", HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	}
}

// read lets everybody in unless reads are private.
func (a *access) read(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.private {
			s := a.secret.Load()
			if !s.operator(r) {
				unauthorized(w, "Reading needs the operator token here.")
				return
			}
			var done func()
			r, done = s.untilOver(r)
			defer done()
		}
		next.ServeHTTP(w, r)
	})
}

// write lets the operator in, unless nobody may write.
func (a *access) write(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.frozen {
			problem(w, http.StatusForbidden, "Read-only", "This registrar was started with --http-read-only: nothing can be changed over HTTP.")
			return
		}
		if !a.operator(r) {
			unauthorized(w, "Writing needs the operator token.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func unauthorized(w http.ResponseWriter, why string) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="registrar"`)
	problem(w, http.StatusUnauthorized, "No operator token", why+
		" Send `Authorization: Bearer TOKEN`, or open the dashboard by the link that `registrar serve` printed.")
}

// writer reports whether a request may change anything.
func (a *access) writer(r *http.Request) bool { return !a.frozen && a.operator(r) }

// operator reports whether the request is the operator's.
func (a *access) operator(r *http.Request) bool { return a.secret.Load().operator(r) }

func same(given, want string) bool {
	g, w := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(g[:], w[:]) == 1
}

// sameOrigin refuses what a page of another origin sends, and what comes under
// a host name that is not ours (DNS rebinding).
func (a *access) sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.knownHost(r.Host) {
			problem(w, http.StatusForbidden, "Unknown host "+r.Host,
				"Reach this registrar by its address or as localhost, or start it with --http-host "+hostname(r.Host)+".")
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && !sameHost(origin, r.Host) {
			problem(w, http.StatusForbidden, "Foreign origin "+origin,
				"Only pages that this registrar serves may do this.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// knownHost accepts addresses, which no name server can turn elsewhere,
// localhost, and the configured names.
func (a *access) knownHost(host string) bool {
	name := hostname(host)
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return strings.EqualFold(name, "localhost") ||
		slices.ContainsFunc(a.hosts, func(h string) bool { return strings.EqualFold(h, name) })
}

func sameHost(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(u.Host, host)
}

func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.Trim(host, "[]")
}

// cutBase takes the base path off an escaped path.
func cutBase(path, base string) (string, bool) {
	rest, ok := strings.CutPrefix(path, base)
	return rest, ok && strings.HasPrefix(rest, "/")
}
