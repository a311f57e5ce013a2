package load

import (
	"bytes"
	"context"
	"sync"

	"rserpool/registrar/transport"
)

// sender sends over one association.
type sender struct {
	association transport.Association
	// broken hears that it has ended, if that is found out later.
	broken func(error)

	mu sync.Mutex
	// unsent waits for room, in order, while flushing.
	unsent   [][]byte
	flushing bool
}

// send sends a message. Over an association that hands on what it reads by itself, it
// waits for room in another goroutine, for the caller may be who makes room.
func (s *sender) send(data []byte) error {
	m := transport.Message{PPID: transport.PPIDASAP, Data: data}
	d, ok := s.association.(transport.Direct)
	if !ok {
		return s.association.Send(context.Background(), m)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.flushing && d.TrySend(m) {
		return nil
	}
	s.unsent = append(s.unsent, bytes.Clone(data))
	if !s.flushing {
		s.flushing = true
		go s.flush()
	}
	return nil
}

// flush sends what waits.
func (s *sender) flush() {
	for {
		s.mu.Lock()
		waiting := s.unsent
		s.unsent, s.flushing = nil, len(waiting) > 0
		s.mu.Unlock()
		if len(waiting) == 0 {
			return
		}
		for _, data := range waiting {
			if err := s.association.Send(context.Background(), transport.Message{PPID: transport.PPIDASAP, Data: data}); err != nil {
				s.broken(err)
				return // still flushing: nothing is sent any more
			}
		}
	}
}

// receive hands what comes to t until the association ends.
func receive(a transport.Association, t transport.Tap) {
	if d, ok := a.(transport.Direct); ok {
		d.Tap(t)
		return
	}
	for {
		m, err := a.Recv(context.Background())
		if err != nil {
			t.End()
			return
		}
		t.Take([]transport.Message{m})
	}
}
