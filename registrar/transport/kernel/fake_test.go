//go:build linux && !386

package kernel

import (
	"encoding/binary"
	"net/netip"
	"os"
	"sync"
	"testing"

	"github.com/ishidawataru/sctp"
	"golang.org/x/sys/unix"

	"rserpool/registrar/transport"
)

// fakeSocket is a socket without a kernel: the test says what arrives.
type fakeSocket struct {
	arriving chan []piece
	closed   chan struct{}
	closing  sync.Once
	// gone is closed when the kernel has the association no more.
	gone  chan struct{}
	woken chan struct{}
	// late is the deadline of the send that waits.
	late chan struct{}
	peer transport.Peer

	mu     sync.Mutex
	sent   []sentMessage
	room   bool
	failed error
	// more is closed and replaced when room changes.
	more chan struct{}
}

type sentMessage struct {
	data string
	info sendInfo
}

func newFakeSocket(peerPort uint16) *fakeSocket {
	return &fakeSocket{
		arriving: make(chan []piece, 100),
		closed:   make(chan struct{}),
		gone:     make(chan struct{}),
		woken:    make(chan struct{}, 1),
		late:     make(chan struct{}, 1),
		more:     make(chan struct{}),
		room:     true,
		peer:     transport.Peer{Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.7")}, Port: peerPort},
	}
}

func (s *fakeSocket) receive(take func([]piece) bool) error {
	for {
		select {
		case <-s.closed:
			return os.ErrClosed
		case pieces := <-s.arriving:
			if pieces == nil {
				return unix.ENOMEM
			}
			if !take(pieces) {
				return nil
			}
		}
	}
}

func (s *fakeSocket) awaitEnd() bool {
	select {
	case <-s.gone:
		return true
	case <-s.woken:
		s.woken <- struct{}{}
	case <-s.closed:
	}
	return false
}

func (s *fakeSocket) woke() {}

func (s *fakeSocket) behind(reached func(int)) { reached(0) }
func (s *fakeSocket) wake()                    { s.woken <- struct{}{} }
func (s *fakeSocket) rearm()                   { <-s.woken }
func (s *fakeSocket) giveUp()                  { s.late <- struct{}{} }
func (s *fakeSocket) resume() {
	select {
	case <-s.late:
	default:
	}
}

func (s *fakeSocket) send(data []byte, info sendInfo, wait bool) error {
	for {
		s.mu.Lock()
		more := s.more
		switch {
		case s.failed != nil:
			defer s.mu.Unlock()
			return s.failed
		case s.room || info.flags&(sendAbort|sendEOF) != 0:
			defer s.mu.Unlock()
			s.sent = append(s.sent, sentMessage{string(data), info})
			return nil
		}
		s.mu.Unlock()
		if !wait {
			return os.NewSyscallError("sendmsg", unix.EAGAIN)
		}
		select {
		case <-more:
		case <-s.late:
			return os.ErrDeadlineExceeded
		case <-s.closed:
			return os.ErrClosed
		}
	}
}

// set changes what send finds.
func (s *fakeSocket) set(room bool, failed error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room, s.failed = room, failed
	close(s.more)
	s.more = make(chan struct{})
}

func (s *fakeSocket) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

func (s *fakeSocket) ends() ([]netip.AddrPort, transport.Peer, error) {
	select {
	case <-s.gone:
		return nil, transport.Peer{}, unix.EINVAL
	default:
		return []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:3863")}, s.peer, nil
	}
}

func (s *fakeSocket) close() { s.closing.Do(func() { close(s.closed) }) }

// fakeEndpoint is the endpoint of a listener, without a kernel.
type fakeEndpoint struct {
	*fakeSocket

	mu        sync.Mutex
	accepting bool
	next      associationID
	// peeled are the sockets that associations get; one without has ended already.
	peeled  map[associationID]*fakeSocket
	aborted map[associationID]string
	refuses error
}

func (e *fakeEndpoint) accept(on bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.accepting = on
	return nil
}

func (e *fakeEndpoint) accepts() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.accepting
}

func (e *fakeEndpoint) connect(transport.Address) (associationID, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.next++
	return e.next, e.refuses
}

func (e *fakeEndpoint) abort(id associationID, reason string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.aborted[id] = reason
}

func (e *fakeEndpoint) abortOf(id associationID) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.aborted[id]
}

func (e *fakeEndpoint) peelOff(id associationID) (conn, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, ok := e.peeled[id]
	if !ok {
		return nil, os.NewSyscallError("getsockopt", unix.EINVAL)
	}
	return s, nil
}

func (e *fakeEndpoint) addrs() ([]netip.Addr, uint16) {
	return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, 3863
}

// fakeListener is a listener whose kernel is the test.
func fakeListener(t *testing.T, c transport.Config) (*listener, *fakeEndpoint) {
	t.Helper()
	e := &fakeEndpoint{
		fakeSocket: newFakeSocket(0), next: 1000,
		peeled: make(map[associationID]*fakeSocket), aborted: make(map[associationID]string),
	}
	l, err := newListener(c.Defaults(), e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, e
}

// arrive lets a peer open an association.
func (e *fakeEndpoint) arrive(id associationID) *fakeSocket {
	s := newFakeSocket(uint16(id))
	e.mu.Lock()
	e.peeled[id] = s
	e.mu.Unlock()
	e.arriving <- []piece{change(sctp.SCTP_COMM_UP, id, "")}
	return s
}

// fakeAssociation is one that a peer has opened.
func fakeAssociation(t *testing.T) (*association, *fakeSocket) {
	t.Helper()
	l, e := fakeListener(t, transport.Config{})
	s := e.arrive(1)
	a, err := l.Accept(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	return a.(*association), s
}

// change is an SCTP_ASSOC_CHANGE; reason is that of an ABORT, if any.
func change(state sctp.SCTPState, id associationID, reason string) piece {
	b := make([]byte, 20)
	binary.NativeEndian.PutUint16(b, uint16(sctp.SCTP_ASSOC_CHANGE))
	binary.NativeEndian.PutUint16(b[8:], uint16(state))
	binary.NativeEndian.PutUint32(b[16:], uint32(id))
	if reason != "" {
		b = binary.BigEndian.AppendUint16(b, causeUserAbort)
		b = binary.BigEndian.AppendUint16(b, uint16(4+len(reason)))
		b = append(b, reason...)
	}
	return piece{data: b, notification: true, last: true}
}

// notice is a notification of the smallest kind.
func notice(kind sctp.SCTPNotificationType) piece {
	b := make([]byte, 16)
	binary.NativeEndian.PutUint16(b, uint16(kind))
	return piece{data: b, notification: true, last: true}
}

func message(text string) piece {
	return piece{data: []byte(text), last: true, ppid: transport.PPIDASAP, stream: 2}
}
