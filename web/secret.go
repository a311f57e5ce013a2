package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// secret is an operator token, with what is made of it.
type secret struct {
	token string
	// cookie is named after the token, so that two registrars on one host do not
	// overwrite each other's: cookies know no ports. session is what it holds: the
	// token itself never leaves by one.
	cookie, session string
	// over ends when another token takes this one's place.
	over context.Context
	end  context.CancelFunc
}

func newSecret(token string) *secret {
	name := sha256.Sum256([]byte("name " + token))
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("dashboard session"))
	s := &secret{
		token: token, cookie: "registrar-" + hex.EncodeToString(name[:4]), session: hex.EncodeToString(mac.Sum(nil)),
	}
	s.over, s.end = context.WithCancel(context.Background())
	return s
}

// operator reports whether the request carries the token, or the page's cookie.
func (s *secret) operator(r *http.Request) bool {
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return same(strings.TrimSpace(bearer), s.token)
	}
	c, err := r.Cookie(s.cookie)
	return err == nil && same(c.Value, s.session)
}

// untilOver gives a request that ends with the token that let it in: a feed goes on
// for days. done frees what that takes.
func (s *secret) untilOver(r *http.Request) (_ *http.Request, done func()) {
	ctx, cancel := context.WithCancel(r.Context())
	stop := context.AfterFunc(s.over, cancel)
	return r.WithContext(ctx), func() {
		stop()
		cancel()
	}
}
