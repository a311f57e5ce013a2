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
	s.pump() // what has arrived before
	return <-s.received
}

// finish ends the receive that waits, with mu held.
func (s *socket) finish(err error) {
	s.take = nil
	s.received <- err // has room for one
}

// happened is called by the poller.
func (s *socket) happened(events uint32) {
	s.mu.Lock()
	if events&unix.EPOLLOUT != 0 {
		s.poller.awaitRoom(s, false)
	}
	s.again = true
	s.tell()
	s.mu.Unlock()
	s.pump()
	if events&unix.EPOLLERR == 0 {
		return
	}
	// There was an error before anything to read: by now that was read.
	if err := s.failure(); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.take != nil && !s.reading {
			s.finish(err)
		}
	}
}

// pump reads for the receive that waits, unless somebody does already.
func (s *socket) pump() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reading {
		return
	}
	s.reading = true
	for s.again && s.take != nil && !s.closed {
		s.again = false
		take := s.take
		s.users++
		s.mu.Unlock()
		done, err := s.readAll(take)
		s.mu.Lock()
		s.users--
		if done {
			s.again = true // there may be more
			s.finish(err)
		}
	}
	s.reading = false
	if s.closed && s.take != nil {
		s.finish(os.ErrClosed)
	}
	s.closeUnused()
}

// readAll hands on what is there. done is false when more may come.
func (s *socket) readAll(take func([]piece) bool) (done bool, err error) {
	b := batches.Get().(*batch)
	defer batches.Put(b)
	for {
		pieces, rerr := b.read(s.fd, s.batch)
		switch {
		case errors.Is(rerr, unix.EAGAIN):
			return err != nil, err
		case rerr != nil && err == nil:
			// recvmmsg tells of a lost association before it gives what has arrived of it.
			s.keep(rerr)
			err = rerr
		case rerr != nil:
			return true, rerr
		case slices.ContainsFunc(pieces, func(p piece) bool { return len(p.data) == 0 }):
			return true, io.EOF // SCTP has no empty messages
		case !take(pieces):
			return true, nil
		case len(pieces) < s.batch && err == nil:
			return false, nil
		}
	}
}
