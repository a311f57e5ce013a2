package endpoint_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// withKey is an endpoint with element 2 of EchoPool, and its entropy.
func withKey(t *testing.T, key string, seed byte) *scene {
	cfg := endpoint.DefaultConfig()
	cfg.Rand = rand.New(rand.NewChaCha8([32]byte{seed}))
	cfg.Servers = []endpoint.Address{server(1)}
	cfg.CookieKey = key
	s := newSceneWith(t, cfg, 2)
	s.register(2)
	s.accept(true, "HR EchoPool", "c1 < BUSINESS_CARD EchoPool 2")
	return s
}

// issue gives the cookie for a state.
func (s *scene) issue(state string) string {
	s.t.Helper()
	s.step(endpoint.SendCookie{Channel: 1, State: state})
	s.out = nil
	m, ok := s.parse(s.raw[len(s.raw)-1]).(asap.Cookie)
	if !ok {
		s.t.Fatalf("%x is no cookie", s.raw[len(s.raw)-1])
	}
	return m.Cookie
}

// ASAP-5.8-02, SEC-25: another element with the same key takes the state; any
// change of the cookie, another key and another pool make it void.
// ASAP-5.8-03: CookieEchoed comes at once, before any later data.
func TestCookieSignature(t *testing.T) {
	const bad = `c1 cookie "": the cookie was not signed with the key of this element`
	s := withKey(t, "secret", 1)
	cookie := s.issue("line 3")
	if want := 32 + len("line 3"); len(cookie) != want {
		t.Fatalf("cookie of %d bytes, want %d", len(cookie), want)
	}
	other := withKey(t, "secret", 2)
	other.receive(1, asap.CookieEcho{Cookie: cookie}, `c1 cookie "line 3"`)
	for i := range cookie {
		for bit := range 8 {
			flipped := []byte(cookie)
			flipped[i] ^= 1 << bit
			other.receive(1, asap.CookieEcho{Cookie: string(flipped)}, bad)
		}
		other.receive(1, asap.CookieEcho{Cookie: cookie[:i]}, bad)
	}
	other.step(endpoint.Forget{Element: 1}) // users come nevertheless
	other.do(endpoint.ChannelUp{Channel: 9, Element: 1, Handle: "EchoPool", Control: true})
	other.receive(9, asap.CookieEcho{Cookie: cookie}, `c9 cookie "line 3"`)
	withKey(t, "secret2", 1).receive(1, asap.CookieEcho{Cookie: cookie}, bad)

	pool := withKey(t, "secret", 3)
	pool.pools["PoolEcho"] = roundRobin(2)
	pool.do(endpoint.Register{Element: 2, Spec: endpoint.Spec{
		Handle: "PoolEcho", ID: 2, Life: 300, User: wire.Transport{Type: wire.TypeSCTPTransport, Port: 7},
	}})
	pool.do(endpoint.ChannelUp{Channel: 2, Element: 2, Control: true}, "HR PoolEcho", "c2 < BUSINESS_CARD PoolEcho 2")
	pool.receive(2, asap.CookieEcho{Cookie: cookie}, strings.Replace(bad, "c1", "c2", 1))
}

// Without a key there is a random one for the life of the endpoint.
func TestRandomCookieKey(t *testing.T) {
	a, b := withKey(t, "", 1), withKey(t, "", 2)
	cookie := a.issue("state")
	a.receive(1, asap.CookieEcho{Cookie: cookie}, `c1 cookie "state"`)
	b.receive(1, asap.CookieEcho{Cookie: cookie}, `c1 cookie "": the cookie was not signed with the key of this element`)
	unsigned := asap.CookieEcho{Cookie: "0123456789abcdef0123456789abcdefstate"}
	a.receive(1, unsigned, `c1 cookie "": the cookie was not signed with the key of this element`)
}

// ASAP-5.8-01: a cookie goes over a control channel at any time, not over data
// alone. The longest state fits, one byte more is refused.
func TestSendCookie(t *testing.T) {
	s := withKey(t, "secret", 1)
	for _, state := range []string{"", strings.Repeat("x", endpoint.MaxState)} {
		cookie := s.issue(state)
		s.receive(1, asap.CookieEcho{Cookie: cookie}, "c1 cookie "+`"`+state+`"`)
	}
	s.do(endpoint.SendCookie{Channel: 1, State: strings.Repeat("x", endpoint.MaxState+1)},
		"c1 refused: a state of 65493 bytes does not fit into a cookie; it holds 65492")
	s.accept(false)
	s.do(endpoint.SendCookie{Channel: 2, State: "x"}, "c2 refused: the channel carries data only, no cookies and no business cards")
	s.do(open, "connect 2")
	s.up(2, "session 1 up c3 2")
	s.do(endpoint.SendCookie{Channel: 3, State: "x"}) // a user has none to give
}

// A session carries a state from one element to the next, through machines that
// share nothing but the key.
func TestStateMoves(t *testing.T) {
	first, second := withKey(t, "secret", 1), withKey(t, "secret", 2)
	cookie := first.issue("line 3")

	user := newScene(t, 1, 2)
	user.do(open, "HR EchoPool", "connect 1")
	user.up(1, "session 1 up c1 1")
	user.receive(1, asap.Cookie{Cookie: cookie})
	user.down(1, "session 1 down 1 (lost)", "UNREACH EchoPool 1", "connect 2")
	user.up(2, "c2 < COOKIE_ECHO "+cookie, "session 1 up c2 2 from 1 (lost)")
	echo := user.raw[len(user.raw)-1]
	if diff := cmp.Diff(asap.Message(asap.CookieEcho{Cookie: cookie}), user.parse(echo)); diff != "" {
		t.Errorf("echo (-want +got):\n%s", diff)
	}
	second.do(endpoint.ControlReceived{Channel: 1, Data: echo}, `c1 cookie "line 3"`)
}
