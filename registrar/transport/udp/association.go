package udp

import (
	"context"
	"errors"
	"io"
	"math"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pion/logging"
	"github.com/pion/sctp"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
	"rserpool/registrar/transport/engine"
	"rserpool/registrar/transport/inbox"
)

// association is one established association.
type association struct {
	mux   *mux
	port  uint16 // the peer's, SCTP
	local initBody
	peer  initBody
	addrs []netip.Addr // the peer's
	// path is written with the mux's mu held.
	path   atomic.Pointer[datagram.Path]
	conn   *conn
	engine *sctp.Association
	stream *sctp.Stream // 0, for sending
	inbox  *inbox.Inbox
	pulse  heartbeat
	queue  *engine.Queue
	window window
	// acked is what the peer has of ours.
	acked acknowledged
	done  chan struct{}

	// violation is set when the engine has found one, drained when it has sent
	// SHUTDOWN ACK: then all data of both directions has arrived.
	violation, drained atomic.Bool
	// ending is set by the first call of end.
	ending atomic.Bool

	mu  sync.Mutex
	err error
	// closing is why nothing can be sent although err is nil still: a SHUTDOWN
	// is under way.
	closing error
}

// newAssociation is called with the mux's mu held: nothing reaches the engine
// before the association is in the tables.
func newAssociation(m *mux, p datagram.Path, port uint16, local, peer initBody, addrs []netip.Addr) (*association, error) {
	a := &association{
		mux: m, port: port, local: local, peer: peer,
		addrs: peerAddrs(p.Remote.Addr(), addrs),
		inbox: inbox.New(math.MaxInt), // the window bounds it,
		done:  make(chan struct{}),
	}
	a.setPath(p)
	a.acked.cumulative = local.tsn - 1
	a.window.highest.Store(peer.tsn - 1)
	a.conn = newConn(a)
	var err error
	a.engine, err = sctp.ClientContext(context.Background(),
		sctp.WithNetConn(a.conn),
		// The handshake is over: both halves of it are handed in.
		sctp.WithSNAP(engineInit(local), engineInit(peer)),
		// The mux has checked the CRC32c and will write it.
		sctp.WithEnableZeroChecksum(true),
		sctp.WithEnableInterleaving(false),
		sctp.WithMTU(mtu),
		sctp.WithMaxMessageSize(transport.MaxMessage),
		sctp.WithMaxReceiveBufferSize(receiveBuffer),
		sctp.WithMaxReassemblyQueueEntries(maxReassembly),
		sctp.WithRTOMax(float64(rtoMax.Milliseconds())),
		sctp.WithLoggerFactory(&logging.DefaultLoggerFactory{Writer: io.Discard}),
	)
	if err != nil {
		return nil, err
	}
	if a.stream, err = a.engine.OpenStream(0, 0); err != nil {
		a.conn.close()
		return nil, err
	}
	a.queue = engine.NewQueue(a.stream)
	go a.readAll()
	a.pulse.start(a)
	return a, nil
}

// setPath is called with the mux's mu held.
func (a *association) setPath(p datagram.Path) {
	p = p.Ready()
	a.path.Store(&p)
}

// engineInit is an INIT for the engine, with zero checksums accepted so that it
// leaves the CRC32c to the mux.
func engineInit(i initBody) []byte {
	value := appendParameter(i.append(nil), paramZeroChecksum, []byte{0, 0, 0, 1})
	return appendChunk(nil, chunkInit, 0, value)
}

// peerAddrs is where the peer's packets come from, and what it said of itself.
func peerAddrs(source netip.Addr, told []netip.Addr) []netip.Addr {
	return transport.NormalizeAddrs(append([]netip.Addr{source.WithZone("")}, told...))
}

// knows reports whether packets may come from ip.
func (a *association) knows(ip netip.Addr) bool {
	return slices.Contains(a.addrs, ip.WithZone(""))
}

// readAll moves messages of every stream to the inbox until the engine ends.
func (a *association) readAll() {
	var readers sync.WaitGroup
	readers.Go(func() { a.read(a.stream) })
	for {
		s, err := a.engine.AcceptStream()
		if err != nil {
			break
		}
		readers.Go(func() { a.read(s) })
	}
	readers.Wait()
	a.inbox.End()
}

// read starts with a small buffer: most messages are, and there may be
// thousands of associations.
func (a *association) read(s *sctp.Stream) {
	b := make([]byte, 2048)
	for {
		n, ppid, err := s.ReadSCTP(b)
		switch {
		case errors.Is(err, io.ErrShortBuffer):
			if len(b) >= transport.MaxMessage {
				a.violate("message longer than 65536 bytes")
				return
			}
			b = make([]byte, min(4*len(b), transport.MaxMessage))
		case err != nil:
			return
		default:
			m := transport.Message{PPID: uint32(ppid), Stream: s.StreamIdentifier(), Data: slices.Clone(b[:n])}
			if !a.inbox.TryPut(m) {
				return
			}
		}
	}
}

// Recv is Association.Recv.
func (a *association) Recv(ctx context.Context) (transport.Message, error) {
	m, err := a.inbox.Get(ctx)
	a.reopen()
	if errors.Is(err, inbox.ErrEnded) {
		return m, a.Err()
	}
	return m, err
}

// Peer is Association.Peer.
func (a *association) Peer() transport.Peer {
	return transport.Peer{Addrs: slices.Clone(a.addrs), Port: a.port, UDPPort: a.path.Load().Remote.Port()}
}

// Local is Association.Local.
func (a *association) Local() []netip.AddrPort {
	if ip := a.path.Load().Local; ip.IsValid() {
		return []netip.AddrPort{netip.AddrPortFrom(ip, a.mux.port)}
	}
	return a.mux.Addrs()
}

// Done is Association.Done.
func (a *association) Done() <-chan struct{} { return a.done }

// Err is Association.Err.
func (a *association) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}
