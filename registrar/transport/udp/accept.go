package udp

import (
	"errors"
	"fmt"
	"net/netip"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
)

// Error causes of RFC 9260 section 3.3.10.
const (
	causeStaleCookie       = 3
	causeOutOfResource     = 4
	causeUserAbort         = 12
	causeProtocolViolation = 13
)

// handleInit answers an INIT and keeps nothing.
func (m *mux) handleInit(p datagram.Path, h header, c chunk) {
	init, err := parseInit(c.value())
	if err != nil {
		return
	}
	ck := cookie{issued: m.now(), remote: p.Remote, port: h.source, peer: init.initBody, addrs: init.addrs}
	m.mu.Lock()
	if own := m.dials[init.tag]; own != nil && h.source == m.port {
		m.mu.Unlock()
		own.fail(errSelf)
		return
	}
	existing := m.byPeer[keyOf(p.Remote, h.source)]
	switch d := m.dialTo(p.Remote, h.source); {
	case d != nil:
		// Both sides dial: offer what our own INIT offered, so that the two
		// handshakes are about one association (RFC 9260 section 5.2.1).
		ck.local = d.offer
	case existing != nil:
		ck.local = m.offer(m.newTag())
		ck.tieLocal, ck.tiePeer = existing.local.tag, existing.peer.tag
	case m.full():
		m.mu.Unlock()
		m.refuse(p, h.source, init.tag)
		return
	default:
		ck.local = m.offer(m.newTag())
	}
	m.mu.Unlock()

	value := append(ck.local.append(nil), init.unrecognized...)
	value = appendParameter(value, paramCookie, ck.appendSealed(nil, m.secret[:]))
	m.reply(p, h.source, init.tag, chunkInitAck, 0, value)
}

// full reports whether a stranger must be refused, and tells so. It is called with mu
// held.
func (m *mux) full() bool {
	halfOpen := len(m.backlog) == cap(m.backlog)
	full := halfOpen || len(m.byTag)+len(m.dials) >= m.config.MaxAssociations
	if full {
		m.config.TellFull(halfOpen)
	}
	return full
}

func (m *mux) refuse(p datagram.Path, port uint16, tag uint32) {
	m.reply(p, port, tag, chunkAbort, 0, appendParameter(nil, causeOutOfResource, nil))
}

// handleCookieEcho makes the association a valid cookie describes, or finds the
// one it made before, and answers COOKIE ACK. It returns the association for
// what is bundled behind, else nil. The cases are those of the table in
// RFC 9260 section 5.2.4.
func (m *mux) handleCookieEcho(p datagram.Path, h header, c chunk) *association {
	ck, err := openCookie(c.value(), m.secret[:], m.now())
	if errors.Is(err, errCookie) || h.tag != ck.local.tag || h.source != ck.port || keyOf(p.Remote, 0) != keyOf(ck.remote, 0) {
		return nil
	}
	if err != nil {
		m.reply(p, h.source, ck.peer.tag, chunkError, 0, appendParameter(nil, causeStaleCookie, make([]byte, 4)))
		return nil
	}
	m.mu.Lock()
	a, old, err := m.admit(p, ck)
	m.mu.Unlock()
	if old != nil {
		old.end(fmt.Errorf("%w: the peer restarted", transport.ErrAborted))
	}
	if errors.Is(err, transport.ErrRefused) {
		m.refuse(p, h.source, ck.peer.tag)
	}
	if a == nil {
		return nil
	}
	m.reply(p, h.source, a.peer.tag, chunkCookieAck, 0)
	return a
}

// admit finds or makes the association of a cookie; old is the one it
// replaces. It is called with mu held.
func (m *mux) admit(p datagram.Path, ck cookie) (a, old *association, err error) {
	if d := m.dialTo(p.Remote, ck.port); d != nil {
		if d.offer.tag != ck.local.tag {
			return nil, nil, nil // our own INIT is under way and will do
		}
		// Action B or D: the peer's handshake was the faster one.
		a, err = m.establish(p, ck.port, ck.local, ck.peer, ck.addrs)
		d.finish(a, err)
		return a, nil, err
	}
	old = m.byPeer[keyOf(p.Remote, ck.port)]
	if old == nil && m.full() {
		return nil, nil, transport.ErrRefused
	}
	if old != nil {
		sameLocal, samePeer := old.local.tag == ck.local.tag, old.peer.tag == ck.peer.tag
		if sameLocal && samePeer {
			return old, nil, nil // action D: our COOKIE ACK was lost
		}
		tied := old.local.tag == ck.tieLocal && old.peer.tag == ck.tiePeer
		if sameLocal || samePeer || !tied || len(m.backlog) == cap(m.backlog) {
			return nil, nil, nil // action C, or nothing in the table
		}
		m.forget(old) // action A: the peer restarted
	}
	if a, err = m.establish(p, ck.port, ck.local, ck.peer, ck.addrs); err == nil {
		m.backlog <- a // has room: only admit sends, with mu held
	}
	return a, old, err
}

// establish makes an association and its engine. It is called with mu held.
func (m *mux) establish(p datagram.Path, port uint16, local, peer initBody, addrs []netip.Addr) (*association, error) {
	select {
	case <-m.closed:
		return nil, transport.ErrClosed
	default:
	}
	a, err := newAssociation(m, p, port, local, peer, addrs)
	if err != nil {
		return nil, err
	}
	m.byTag[local.tag] = a
	m.byPeer[keyOf(p.Remote, port)] = a
	return a, nil
}

// forget takes an association out of the tables. It is called with mu held.
func (m *mux) forget(a *association) {
	if m.byTag[a.local.tag] == a {
		delete(m.byTag, a.local.tag)
	}
	if k := keyOf(a.path.Load().Remote, a.port); m.byPeer[k] == a {
		delete(m.byPeer, k)
	}
}

// move follows a peer whose UDP port has changed (RFC 6951 section 5.4). The
// caller has checked the verification tag.
func (m *mux) move(a *association, p datagram.Path) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byTag[a.local.tag] != a {
		return
	}
	m.forget(a)
	a.setPath(p)
	m.byTag[a.local.tag] = a
	m.byPeer[keyOf(p.Remote, a.port)] = a
}
