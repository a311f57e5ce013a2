package client

import (
	"context"
	"errors"
	"io"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/inbox"
)

// Read gives data of the element; see Session.
func (s *Session) Read(b []byte) (int, error) {
	ctx := s.read.context()
	if err := enter(ctx, s.reading); err != nil {
		return 0, err
	}
	defer func() { <-s.reading }()
	if len(b) == 0 {
		return 0, nil
	}
	for {
		if len(s.rest) > 0 {
			return s.copyOut(b, transport.Message{Data: s.rest}), nil
		}
		ch, err := s.source(ctx)
		if err != nil {
			return 0, err
		}
		m, err := ch.in.Get(ctx)
		switch {
		case errors.Is(err, inbox.ErrEnded):
			s.drop(ch)
		case err != nil:
			return 0, context.Cause(ctx)
		case m.PPID != transport.PPIDASAP:
			s.rest = m.Data
		}
	}
}

// source waits for a channel to read from.
func (s *Session) source(ctx context.Context) (*channel, error) {
	for {
		s.mu.Lock()
		from, err, changed := s.from, s.err, s.changed
		waiting := s.telling
		s.mu.Unlock()
		switch {
		case len(from) > 0:
			return from[0], nil
		case err != nil && !waiting:
			if errors.Is(err, endpoint.ErrEnded) {
				err = io.EOF
			}
			return nil, err
		}
		if err := wait(ctx, changed); err != nil {
			return nil, err
		}
	}
}

func wait(ctx context.Context, changed <-chan struct{}) error {
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// drop removes a channel that has been read to its end.
func (s *Session) drop(ch *channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.from) > 0 && s.from[0] == ch {
		s.from = s.from[1:]
	}
}

// Write sends b to the element; see Session. When the element fails before it has
// taken all of b, all of b goes to the next one.
func (s *Session) Write(b []byte) (int, error) {
	ctx := s.write.context()
	if err := enter(ctx, s.writing); err != nil {
		return 0, err
	}
	defer func() { <-s.writing }()
	if len(b) == 0 {
		return 0, nil
	}
	var failed *channel
	for {
		ch, err := s.target(ctx, failed)
		if err != nil {
			return 0, err
		}
		n, err := ch.write(ctx, b)
		var size *SizeError
		if err == nil || ctx.Err() != nil || errors.As(err, &size) {
			return n, err
		}
		failed = ch
	}
}

// target waits for a channel to write to, other than one that has failed.
func (s *Session) target(ctx context.Context, failed *channel) (*channel, error) {
	for {
		s.mu.Lock()
		to, err, changed := s.to, s.err, s.changed
		s.mu.Unlock()
		switch {
		case err != nil:
			return nil, err
		case to != nil && to != failed:
			return to, nil
		}
		if err := wait(ctx, changed); err != nil {
			return nil, err
		}
	}
}
