package endpoint

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// What a cookie is made of: the signature, then the state.
const (
	signatureLen = sha256.Size
	// MaxState is the longest state of a session, in bytes: what is left of a
	// message beside its header, that of the parameter, and the signature.
	MaxState = (wire.MaxMessage &^ 3) - 4 - 4 - signatureLen
)

// sendCookie signs a state for the user at the other end (RFC 5352 section 3.8).
// Only an element has one to give.
func (e *Endpoint) sendCookie(ev SendCookie) {
	c, ok := e.peers.channels[ev.Channel]
	if !ok || c.owner != nil {
		return
	}
	err := ErrNoControl
	switch {
	case !c.control:
	case len(ev.State) > MaxState:
		err = fmt.Errorf("a state of %d bytes does not fit into a cookie; it holds %d", len(ev.State), MaxState)
	default:
		err = e.sendControl(c, asap.Cookie{Cookie: string(e.sign(c.pool, ev.State)) + ev.State})
	}
	if err != nil {
		e.do(ControlRefused{Channel: c.id, Err: err})
	}
}

// cookieEchoed verifies what a user brings from another element.
func (e *Endpoint) cookieEchoed(c *channel, m asap.CookieEcho) {
	n := min(signatureLen, len(m.Cookie))
	signature, state := m.Cookie[:n], m.Cookie[n:]
	if !hmac.Equal([]byte(signature), e.sign(c.pool, state)) {
		e.do(CookieEchoed{Channel: c.id, Err: ErrCookie})
		return
	}
	e.do(CookieEchoed{Channel: c.id, State: state})
}

// sign gives the HMAC-SHA256 of a state. The pool is signed too, so that a state
// of one does not pass in another that has the same key.
func (e *Endpoint) sign(pool wire.PoolHandle, state string) []byte {
	if len(e.peers.cookieKey) == 0 {
		for range sha256.Size / 8 {
			e.peers.cookieKey = binary.BigEndian.AppendUint64(e.peers.cookieKey, e.cfg.Rand.Uint64())
		}
	}
	mac := hmac.New(sha256.New, e.peers.cookieKey)
	mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(pool))))
	mac.Write([]byte(pool))
	mac.Write([]byte(state))
	return mac.Sum(nil)
}
