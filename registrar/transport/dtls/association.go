package dtls

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/protocol/alert"
	"github.com/pion/logging"
	"github.com/pion/sctp"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
	"rserpool/registrar/transport/engine"
	"rserpool/registrar/transport/inbox"
)

// association is the one association of a DTLS session.
type association struct {
	session  *session
	identity string
	conn     *conn
	engine   *sctp.Association
	stream   *sctp.Stream // 0, for sending
	inbox    *inbox.Inbox
	pulse    heartbeat
	queue    *engine.Queue
	done     chan struct{}

	// established is set when the SCTP handshake is over.
	established atomic.Bool
	// stalled counts the readers that wait for Recv, surplus the DATA chunks that
	// came meanwhile.
	stalled, surplus atomic.Int32
	// violation is set when the engine has found one, drained when it has sent
	// SHUTDOWN ACK or SHUTDOWN COMPLETE: then all data of both directions has arrived.
	violation, drained atomic.Bool
	// ending is set by the first call of end.
	ending atomic.Bool

	mu  sync.Mutex
	err error
	// closing is why nothing can be sent although err is nil still: a SHUTDOWN
	// is under way.
	closing error
}

// establish does the DTLS handshake, then the SCTP handshake inside. port is the
// peer's SCTP port, 0 to learn it from its INIT.
func (s *session) establish(ctx context.Context, d *dtls.Conn, port uint16) (*association, error) {
	err := d.HandshakeContext(ctx)
	if err == nil && s.identity.Load() == nil {
		err = s.refuse(errUnproven)
	}
	if err != nil {
		d.Close()
		s.Close()
		if _, alerted := s.ended(); s.client && !alerted && s.refusal.Load() == nil {
			// Else the peer repeats what it sent, and a next dial takes it for its own.
			s.alert(alert.UserCanceled)
		}
		return nil, s.explain(ctx, err)
	}
	s.complete.Store(true)
	a := &association{
		session:  s,
		identity: *s.identity.Load(),
		inbox:    inbox.New(inboxLimit),
		done:     make(chan struct{}),
	}
	a.pulse.begin = time.Now()
	a.conn = newConn(a, d, port)
	stop := context.AfterFunc(ctx, func() { a.end(transport.ErrLost) })
	err = a.start()
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		a.end(transport.ErrAborted)
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, fmt.Errorf("%w by %v behind the DTLS handshake: %w", transport.ErrRefused, s.path.Remote, err)
	}
	return a, nil
}

// start does the SCTP handshake and begins to read.
func (a *association) start() (err error) {
	options := []sctp.AssociationOption{
		sctp.WithNetConn(a.conn),
		sctp.WithEnableZeroChecksum(true), // DTLS protects better (RFC 9653)
		sctp.WithEnableInterleaving(false),
		sctp.WithMTU(mtu),
		sctp.WithMaxMessageSize(transport.MaxMessage),
		sctp.WithMaxReceiveBufferSize(receiveBuffer),
		sctp.WithMaxReassemblyQueueEntries(maxReassembly),
		sctp.WithRTOMax(float64(rtoMax.Milliseconds())),
		sctp.WithLoggerFactory(&logging.DefaultLoggerFactory{Writer: io.Discard}),
	}
	if a.session.client {
		var opts []sctp.ClientOption
		for _, o := range options {
			opts = append(opts, o)
		}
		a.engine, err = sctp.ClientWithOptions(opts...)
	} else {
		var opts []sctp.ServerOption
		for _, o := range options {
			opts = append(opts, o)
		}
		a.engine, err = sctp.ServerWithOptions(opts...)
	}
	if err != nil {
		return err
	}
	a.established.Store(true)
	if a.stream, err = a.engine.OpenStream(0, 0); err != nil {
		return err
	}
	a.queue = engine.NewQueue(a.stream)
	go a.readAll()
	a.pulse.start(a)
	return nil
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
		if s != a.stream { // the peer may have been the first to use it
			readers.Go(func() { a.read(s) })
		}
	}
	readers.Wait()
	a.end(fmt.Errorf("%w: protocol violation by the peer", transport.ErrAborted)) // unless it has
	<-a.done
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
			if !a.inbox.TryPut(m) && !a.stall(m) {
				return
			}
		}
	}
}

// stall waits until there is room for m, and reports whether there was. Flush
// at the end of the association wakes it.
func (a *association) stall(m transport.Message) bool {
	a.stalled.Add(1)
	defer func() {
		if a.stalled.Add(-1) == 0 {
			a.surplus.Store(0)
		}
	}()
	return a.inbox.Put(context.Background(), m) == nil
}

// Recv is Association.Recv.
func (a *association) Recv(ctx context.Context) (transport.Message, error) {
	m, err := a.inbox.Get(ctx)
	if errors.Is(err, inbox.ErrEnded) {
		return m, a.Err()
	}
	return m, err
}

// Peer is Association.Peer.
func (a *association) Peer() transport.Peer {
	remote := a.session.path.Remote
	return transport.Peer{
		Addrs:   transport.NormalizeAddrs([]netip.Addr{remote.Addr().WithZone("")}),
		Port:    uint16(a.conn.port.Load()),
		UDPPort: remote.Port(),
		Secured: true, Identity: a.identity, Generation: a.session.credentials.Generation,
	}
}

// Local is Association.Local.
func (a *association) Local() []netip.AddrPort {
	m := a.session.mux
	if ip := a.session.path.Local; ip.IsValid() {
		return []netip.AddrPort{netip.AddrPortFrom(ip, m.port)}
	}
	return datagram.Addrs(m.sockets, m.port)
}

// Done is Association.Done.
func (a *association) Done() <-chan struct{} { return a.done }

// Err is Association.Err.
func (a *association) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}
