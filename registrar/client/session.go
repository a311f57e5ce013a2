package client

import (
	"context"
	"net"
	"sync"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// maxUnread is of how many elements a session keeps what they have sent, while
// nobody reads: 4 MB at most.
const maxUnread = 16

// Session is a connection with a pool: with one element at a time, and with the
// next one when that fails. It is a net.Conn, and all methods may be called
// concurrently.
//
// Read and Write wait while there is no element, and go on with the next one.
// What the old element had sent is read first. A Write that was not taken as a
// whole by the old element is written again, as a whole, to the new one. This is
// best effort (RFC 5352 section 6.5.5): what the transport had taken and the
// element had not read is lost, part of an answer may be lost, and a request may
// be carried out twice. The element's cookie, if it gave one, is echoed first of
// all; a protocol for which this is not enough repeats itself what matters, see
// OnFailover.
//
// Over SCTP one Write is one message, of 1 to 65,536 bytes, and over UDP one
// datagram, of 1 to 65,507 bytes; longer ones fail with a *SizeError. A Read gives
// no more than one message, and the next Read the rest of it where the buffer was
// too small. Over TCP there are only bytes. Data that is received waits in a
// bounded buffer: without a Read the element is held up, or UDP datagrams are
// dropped.
//
// An element that vanishes without a word is noticed in under a second over SCTP
// (Config.Heartbeat), after 4 s over an idle TCP connection, after 30 s where data
// is on its way there (on Linux), and over UDP only when its host is there to say
// so: then the datagram that has found that out is lost. Where the connection was
// ended in good order, the element is looked at, half a second at most: if it lives,
// that was the end of the session, and Read returns io.EOF; if not, it is replaced,
// as where its process was killed and the system has closed the connection.
//
// When there is no element left, Read and Write fail with the error that Dial
// would return, after Close with net.ErrClosed or ErrClosed, after a deadline
// with os.ErrDeadlineExceeded.
type Session struct {
	*flow
	client     *Client
	id         endpoint.SessionID
	pool       wire.PoolHandle
	onFailover func(Failover)
	once       sync.Once
	// owned: the client is for this session only.
	owned bool
	// first gets the outcome of Dial.
	first chan error

	mu sync.Mutex
	// arrivals are elements that OnFailover is to hear of first; telling: somebody
	// does that.
	arrivals []arrival
	telling  bool
	// latest is the channel that the endpoint has named last.
	latest *channel
	// to is the channel to write to, nil while there is none; from are those to
	// read from, oldest first.
	to   *channel
	from []*channel
	// shown is the element that the user knows of, via its connection.
	shown *channel
	// err is why there will be no other element.
	err error
	// changed is closed and replaced when any of these has changed.
	changed chan struct{}
}

// arrival is a new element of a session.
type arrival struct {
	channel *channel
	from    wire.PEIdentifier
	reason  string
}

// sessionUp is called by the client's goroutine.
func (c *Client) sessionUp(f endpoint.SessionUp) {
	s, ch := c.sessions[f.Session], c.channels[f.Channel]
	if s == nil || ch == nil {
		return
	}
	ch.session = s
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest = ch
	s.arrivals = append(s.arrivals, arrival{ch, f.From, f.Reason})
	if !s.telling {
		s.telling = true
		c.others.Go(s.tell)
	}
}

// tell makes one new element after the other the session's, when OnFailover has
// returned.
func (s *Session) tell() {
	for {
		s.mu.Lock()
		if len(s.arrivals) == 0 {
			s.telling = false
			s.wake()
			s.mu.Unlock()
			return
		}
		a := s.arrivals[0]
		s.arrivals = s.arrivals[1:]
		s.mu.Unlock()
		if a.from != 0 && s.onFailover != nil {
			s.onFailover(Failover{
				From: PEHandle{s.pool, a.from}, To: a.channel.peer, Reason: a.reason,
				Conn: writer{s, a.channel},
			})
		}
		s.mu.Lock()
		s.from, s.shown = append(s.from, a.channel), a.channel
		if len(s.from) > maxUnread {
			s.from = s.from[1:]
		}
		if s.latest == a.channel {
			s.to = a.channel
		}
		s.wake()
		s.mu.Unlock()
		select {
		case s.first <- nil:
		default: // Dial has returned
		}
	}
}

// writer writes to one element of a session.
type writer struct {
	session *Session
	channel *channel
}

// Write writes b to that element and to no other.
func (w writer) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	return w.channel.write(w.session.life, b)
}

// down is called by the client's goroutine when the element is lost.
func (s *Session) down() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to, s.latest = nil, nil
	s.wake()
}

// fail ends the session: with why when what is received has been read. It is the
// outcome of Dial where there has been no element.
func (s *Session) fail(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown == nil && !s.telling {
		select {
		case s.first <- why:
		default:
		}
	}
	if s.err == nil {
		s.err = why
	}
	s.to, s.latest = nil, nil
	s.wake()
}

// wake is called with mu held.
func (s *Session) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Close ends the session. It waits until the element has taken what was written,
// two seconds at most.
func (s *Session) Close() error {
	err := net.ErrClosed
	s.once.Do(func() {
		err = nil
		s.close(net.ErrClosed)
		var latest *channel
		s.client.do(func() {
			if s.client.sessions[s.id] == s {
				delete(s.client.sessions, s.id)
				s.client.step(endpoint.CloseSession{Session: s.id})
			}
			s.mu.Lock()
			latest = s.latest
			s.mu.Unlock()
		})
		if latest != nil {
			<-latest.ended
		}
		if s.owned {
			err = s.client.Close(context.Background())
		}
	})
	return err
}

// Element names the element that the session has, or had last.
func (s *Session) Element() PEHandle { return s.known().peer }

// LocalAddr is this end of the connection with Element.
func (s *Session) LocalAddr() net.Addr { return s.known().carrier.local() }

// RemoteAddr is the address of Element.
func (s *Session) RemoteAddr() net.Addr { return s.known().carrier.remote() }

func (s *Session) known() *channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown
}
