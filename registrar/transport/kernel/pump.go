//go:build linux && !386

package kernel

import (
	"errors"
	"io"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// receive is conn.receive and endpoint.receive. What arrives is read, and handed to
// take, by the poller.
func (s *socket) receive(take func([]piece) bool) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return os.ErrClosed
	}
	s.take = take
	s.mu.Unlock()
	for s.pump(batchSize) { // what has arrived before
	}
	return <-s.received
}

// finish ends the receive that waits, with mu held.
func (s *socket) finish(err error) {
	s.take = nil
	s.received <- err // has room for one
}

// comesAgain reports whether the poller comes to s anyway, for what is unread; it sees to
// events then.
func (s *socket) comesAgain(events uint32) bool {
	if s.unread == 0 {
		return false
	}
	s.unread |= events
	return true
}

// takeUnread gives the events for which the poller has come again.
func (s *socket) takeUnread() uint32 {
	events := s.unread
	s.unread = 0
	return events
}

// happened is called by the poller. It reports whether there is more to read than share
// messages.
func (s *socket) happened(events uint32, share int) (more bool) {
	s.mu.Lock()
	if events&unix.EPOLLOUT != 0 && !s.closed { // else the descriptor may be another's
		s.poller.awaitRoom(s, false)
	}
	s.again = true
	s.tell()
	s.mu.Unlock()
	if s.pump(share) {
		return true
	}
	if events&unix.EPOLLERR == 0 {
		return false
	}
	// There was an error before anything to read: by now that was read.
	if err := s.failure(); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.take != nil && !s.reading {
			s.finish(err)
		}
	}
	return false
}

// pump reads share messages for the receive that waits, unless somebody does already. It
// reports whether there may be more.
func (s *socket) pump(share int) (more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reading {
		return false
	}
	s.reading = true
	for s.again && s.take != nil && !s.closed && !more {
		s.again = false
		take := s.take
		s.users++
		s.mu.Unlock()
		end, err := s.readShare(take, share)
		s.mu.Lock()
		s.users--
		switch end {
		case shareOver:
			s.again, more = true, true
		case nobodyTakes:
			s.again = true // there may be more
			s.finish(err)
		case allRead:
		}
	}
	s.reading = false
	if s.closed && s.take != nil {
		s.finish(os.ErrClosed)
	}
	s.closeUnused()
	return more
}

// end is why readShare has ended.
type end int

const (
	allRead end = iota
	// nobodyTakes what may still be there.
	nobodyTakes
	// shareOver: others are to be read before the rest.
	shareOver
)

// readShare hands on what is there, up to share messages or parts of some.
func (s *socket) readShare(take func([]piece) bool, share int) (end, error) {
	b := batches.Get().(*batch)
	defer batches.Put(b)
	var failed error
	limit := min(s.batch, share)
	for read := 0; read < share || failed != nil; read += limit {
		pieces, err := b.read(s.fd, limit)
		switch {
		case errors.Is(err, unix.EAGAIN) && failed != nil:
			return nobodyTakes, failed
		case errors.Is(err, unix.EAGAIN):
			return allRead, nil
		case err != nil && failed == nil:
			// recvmmsg tells of a lost association before it gives what has arrived of it.
			s.keep(err)
			failed = err
		case err != nil:
			return nobodyTakes, err
		case slices.ContainsFunc(pieces, func(p piece) bool { return len(p.data) == 0 }):
			return nobodyTakes, io.EOF // SCTP has no empty messages
		case !take(pieces):
			return nobodyTakes, nil
		case len(pieces) < limit && failed == nil:
			return allRead, nil
		}
	}
	return shareOver, nil
}
