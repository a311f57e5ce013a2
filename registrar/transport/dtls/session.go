package dtls

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3/pkg/protocol/alert"
	"github.com/pion/transport/v5/deadline"

	"rserpool/registrar/transport/datagram"
)

// stage is how far a session has come. It only grows.
type stage int

const (
	// doubtful: a ClientHello came from the address, which may be forged.
	doubtful stage = iota
	// attempting: the peer has returned the cookie, or was called from here.
	attempting
	// current: the association of this address.
	current
	// over: not in the tables any more.
	over
)

// session is one DTLS session and, as a net.PacketConn, the network as its
// engine sees it.
type session struct {
	mux  *mux
	path datagram.Path
	// credentials are those that were in use when it began.
	credentials credentials
	client      bool
	// method is how a client proves itself, others are the methods left to try; a
	// server is keyed when the client does so by a key.
	method method
	others []method
	keyed  atomic.Bool
	// hello is the ClientHello that began a session of the peer's.
	hello hello
	// cancel ends the handshake, with a reason.
	cancel context.CancelCauseFunc

	arrived  queue
	closed   chan struct{}
	once     sync.Once
	deadline *deadline.Deadline

	// The mux's mu guards stage and dial: the dial it belongs to, or has
	// become the answer of; nil for a stranger's.
	stage stage
	dial  *dial

	// real: the peer's address is, since it has returned the cookie.
	real atomic.Bool
	// deaf: what comes is still for another session.
	deaf atomic.Bool
	// served: the ServerHello came.
	served atomic.Bool
	// finished: this side's Finished was sent, or the peer's came.
	finished atomic.Bool
	// complete: the handshake is. confirmed: the peer knows, too.
	complete, confirmed atomic.Bool
	// fatal is 1 + the description of a fatal alert the peer sent in clear.
	fatal atomic.Uint32
	// identity is what the peer has proven to be, refusal why it is turned away.
	identity atomic.Pointer[string]
	refusal  atomic.Pointer[error]
}

// newSession returns a session that is in no table yet.
func newSession(m *mux, p datagram.Path, c credentials, client bool) *session {
	return &session{
		mux: m, path: p, credentials: c, client: client,
		cancel:   func(error) {},
		arrived:  queue{ready: make(chan struct{}, 1)},
		closed:   make(chan struct{}),
		deadline: deadline.New(),
	}
}

// push hands the engine what it may see of a datagram, or drops it when the
// engine is behind.
func (s *session) push(b []byte) {
	if s.deaf.Load() {
		return
	}
	kept := make([]byte, 0, len(b))
	for len(b) > 0 {
		var r record
		if r, b = nextRecord(b); r == nil {
			break
		}
		if s.wants(r) {
			kept = append(kept, r...)
		}
	}
	if len(kept) > 0 && len(kept) <= engineMTU {
		s.arrived.push(kept)
	}
}

// wants reports whether the engine may see a record. What is not protected means
// something during the handshake only; afterwards anybody could have sent it, and
// the engine answers some of it with a fatal alert to the peer.
func (s *session) wants(r record) bool {
	if r.epoch() != 0 {
		if r.epoch() == 1 && r.kind() == contentHandshake && !s.client && !s.complete.Load() {
			s.sawFinished()
		}
		return r.epoch() == 1
	}
	complete := s.complete.Load()
	switch r.kind() {
	case contentHandshake, contentChangeCipherSpec:
		if s.client && r.isHandshake(handshakeServerHello) {
			s.served.Store(true)
		}
		// A client whose peer's last flight was lost sends its own again.
		return !complete || !s.client && !s.confirmed.Load()
	case contentAlert:
		return !complete && s.hears(r.fragment())
	default:
		return false
	}
}

// hears reports whether the engine may see an alert that ends the handshake.
func (s *session) hears(fragment []byte) bool {
	if len(fragment) != 2 || alert.Level(fragment[0]) != alert.Fatal {
		return false
	}
	switch d := alert.Description(fragment[1]); {
	case s.client && d == alert.UserCanceled:
		return false // of a client, whose dial came to nothing while we dial
	case s.client && d == alert.AccessDenied && !s.served.Load():
		s.cancel(errStale)
		return false
	default:
		s.fatal.CompareAndSwap(0, 1+uint32(d))
		return true
	}
}

// ended is the alert the peer has ended the handshake with, if it has.
func (s *session) ended() (alert.Description, bool) {
	f := s.fatal.Load()
	return alert.Description(f - 1), f != 0
}

// sawFinished gives a client's Finished some time to prove that its key is the
// right one. The engine cannot read it otherwise, and says nothing.
func (s *session) sawFinished() {
	if s.finished.Swap(true) {
		return
	}
	time.AfterFunc(wrongKeyAfter, func() {
		if s.complete.Load() || !s.keyed.Load() {
			return
		}
		select {
		case <-s.closed: // ended otherwise
		default:
			why := s.wrongKey()
			s.refusal.CompareAndSwap(nil, &why)
			s.alert(alert.DecryptError)
			s.cancel(why)
		}
	})
}

// alert sends a fatal alert in clear.
func (s *session) alert(d alert.Description) { s.path.Send(fatalAlert(d)) }

// ReadFrom returns one datagram.
func (s *session) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		if d := s.arrived.pop(); d != nil {
			return copy(b, d), s.RemoteAddr(), nil
		}
		select {
		case <-s.arrived.ready:
		case <-s.deadline.Done():
			return 0, nil, os.ErrDeadlineExceeded
		case <-s.closed:
			return 0, nil, io.EOF
		}
	}
}

// WriteTo sends a datagram of the engine, unless it would be the first for
// which there is no room.
func (s *session) WriteTo(b []byte, _ net.Addr) (int, error) {
	r, _ := nextRecord(b)
	if r == nil {
		return 0, io.ErrShortWrite
	}
	if r.isHandshake(handshakeServerHello) && !s.client {
		s.real.Store(true)
		if err := s.mux.verified(s); err != nil {
			if errors.Is(err, errFull) {
				s.alert(alert.InternalError)
			}
			return 0, err
		}
	}
	if r.kind() == contentAlert && r.epoch() == 0 && !s.client && !s.says(r.fragment()) {
		return len(b), nil
	}
	if s.client && !s.finished.Load() && hasProtected(b) {
		s.finished.Store(true)
	}
	s.path.Send(b)
	return len(b), nil
}

// says takes an alert of the engine to a client, and reports whether the client
// gets it. Before its cookie is back it does not, since somebody else may have sent
// again what it sent once; but for that the cookie is wrong: then a client of this
// kind begins anew. What the engine says of the client's offer is behind the cookie.
func (s *session) says(fragment []byte) bool {
	if len(fragment) != 2 {
		return false
	}
	switch alert.Description(fragment[1]) {
	case alert.AccessDenied:
		return true
	case alert.InsufficientSecurity, alert.HandshakeFailure:
		s.real.Store(true)
	case alert.NoCertificate:
		_ = s.refuse(fmt.Errorf("%w: there is none", ErrCertificate))
	default: // why is known otherwise
	}
	return s.real.Load()
}

// hasProtected reports whether a datagram has a record under keys in it.
func hasProtected(b []byte) bool {
	for len(b) > 0 {
		var r record
		if r, b = nextRecord(b); r == nil {
			return false
		}
		if r.epoch() == 1 {
			return true
		}
	}
	return false
}

// Close ends the session's network; what was pushed is read no more.
func (s *session) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// LocalAddr is part of net.PacketConn.
func (s *session) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(s.path.Socket.Bound()) }

// RemoteAddr is where the peer is.
func (s *session) RemoteAddr() net.Addr { return net.UDPAddrFromAddrPort(s.path.Remote) }

// SetDeadline is part of net.PacketConn.
func (s *session) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// SetReadDeadline is part of net.PacketConn.
func (s *session) SetReadDeadline(t time.Time) error {
	s.deadline.Set(t)
	return nil
}

// SetWriteDeadline has nothing to do: WriteTo does not wait.
func (s *session) SetWriteDeadline(time.Time) error { return nil }
