package web

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/time/rate"

	"rserpool/ui"
)

// Attempts to log in: so many at once from one address, and one more after a while.
const (
	loginBurst = 5
	loginAgain = 10 * time.Second
	// loginAddresses bounds what is remembered; behind it strangers share one allowance.
	loginAddresses = 1024
)

// loginPage asks for the operator token.
func (s *server) loginPage(w http.ResponseWriter, r *http.Request) {
	s.askToken(w, r, http.StatusOK, s.nextOf(r.URL.Query().Get("next")), "")
}

// login takes the operator token, and gives the cookie of the dashboard for it.
func (s *server) login(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		problem(w, http.StatusBadRequest, "No form", "Want the fields token and next of the page login: "+err.Error()+".")
		return
	}
	next := s.nextOf(r.PostForm.Get("next"))
	if !s.attempts.allow(address(r), s.Now()) {
		w.Header().Set("Retry-After", "10")
		s.askToken(w, r, http.StatusTooManyRequests, next, "Too many attempts from your address. Try again in 10 s.")
		return
	}
	if !same(strings.TrimSpace(r.PostForm.Get("token")), s.access.secret.Load().token) {
		s.Log.Warn("operator.refused", slog.String("actor", address(r)), slog.String("text", "a login with another token"))
		s.askToken(w, r, http.StatusUnauthorized, next, "This is not the operator token of this registrar.")
		return
	}
	http.SetCookie(w, s.access.cookieFor(r))
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// nextOf is where a login leads: to a path of the dashboard, or to its root.
func (s *server) nextOf(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.EscapedPath(), s.BasePath+"/") ||
		strings.HasPrefix(u.EscapedPath(), "//") || strings.Contains(path, "\\") {
		return s.BasePath + "/"
	}
	return u.RequestURI()
}

func (s *server) askToken(w http.ResponseWriter, r *http.Request, status int, next, fault string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin") // without a referrer a browser hides the form's origin
	w.WriteHeader(status)
	assets := ui.Assets{CSS: s.assets.url["app.css"], Icon: s.assets.url["icon.svg"]}
	if err := ui.Login(s.BasePath+"/", next, fault, assets).Render(r.Context(), w); err != nil {
		s.Log.Debug("page.unsent", slog.String("path", r.URL.Path), slog.Any("error", err))
	}
}

// welcome sends people who may not read a page to the login; programs are told why.
func (s *server) welcome(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := !strings.HasPrefix(chi.RouteContext(r.Context()).RoutePath, "/api/")
		if s.Private && page && strings.Contains(r.Header.Get("Accept"), "text/html") && !s.access.operator(r) {
			to := url.URL{Path: s.BasePath + "/login", RawQuery: url.Values{"next": {r.URL.RequestURI()}}.Encode()}
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, to.String(), http.StatusSeeOther)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// attempts limits logins by address.
type attempts struct {
	mu   sync.Mutex
	from map[string]*rate.Limiter
}

// allow reports whether an address may try now.
func (a *attempts) allow(from string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.from == nil {
		a.from = make(map[string]*rate.Limiter)
	}
	l := a.from[from]
	if l == nil && len(a.from) >= loginAddresses {
		for name, old := range a.from { // those that have not tried for long
			if old.TokensAt(now) >= loginBurst {
				delete(a.from, name)
			}
		}
		if len(a.from) >= loginAddresses {
			from = ""
			l = a.from[from]
		}
	}
	if l == nil {
		l = rate.NewLimiter(rate.Every(loginAgain), loginBurst)
		a.from[from] = l
	}
	return l.AllowN(now, 1)
}
