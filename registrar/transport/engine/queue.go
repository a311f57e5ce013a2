package engine

import (
	"context"
	"fmt"

	"github.com/pion/sctp"

	"rserpool/registrar/transport"
)

const (
	// maxBytes is how many bytes wait to be sent or acknowledged before Send blocks:
	// half of the window that the backends offer keeps a peer of this kind busy.
	maxBytes = 256 << 10

	// maxMessages bounds their number: the engine needs some 300 bytes for each
	// besides its data.
	maxMessages = 2048
)

// Queue bounds what the engine keeps of one stream until the peer has acknowledged
// it; the engine itself would keep anything. Use NewQueue.
type Queue struct {
	stream *sctp.Stream
	// turn is held by the one Send that looks for room.
	turn chan struct{}
	// room is signalled when the queue has shrunk to half.
	room chan struct{}
	// sizes are those of the last messages sent, oldest first, and sum their
	// sum: as delivery is in order, what is not acknowledged is at the end.
	sizes []int
	sum   int
}

// NewQueue returns the queue of s, which nobody else writes to.
func NewQueue(s *sctp.Stream) *Queue {
	q := &Queue{stream: s, turn: make(chan struct{}, 1), room: make(chan struct{}, 1)}
	s.OnBufferedAmountLow(func() {
		select {
		case q.room <- struct{}{}:
		default:
		}
	})
	return q
}

// Send is Association.Send. done is closed with the association, and ended is why
// nothing can be sent, nil if something can.
func (q *Queue) Send(ctx context.Context, m transport.Message, done <-chan struct{}, ended func() error) error {
	if err := m.Validate(); err != nil {
		return err
	}
	if err := ended(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case q.turn <- struct{}{}:
	case <-done:
		return ended()
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-q.turn }()
	for q.full() {
		select {
		case <-q.room:
		case <-done:
			return ended()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := q.write(m)
	if err == nil {
		return nil
	}
	if why := ended(); why != nil {
		return why
	}
	return fmt.Errorf("transport: send: %w", err)
}

// TrySend is Prompt.TrySend.
func (q *Queue) TrySend(m transport.Message, ended func() error) bool {
	if m.Validate() != nil || ended() != nil {
		return false
	}
	select {
	case q.turn <- struct{}{}:
	default:
		return false
	}
	defer func() { <-q.turn }()
	return !q.full() && q.write(m) == nil
}

// full reports whether a Send must wait, and if so arranges for the signal.
func (q *Queue) full() bool {
	for {
		bytes := int(q.stream.BufferedAmount())
		for len(q.sizes) > 0 && q.sum-q.sizes[0] >= bytes {
			q.sum -= q.sizes[0]
			q.sizes = q.sizes[1:]
		}
		if bytes < maxBytes && len(q.sizes) < maxMessages {
			return false
		}
		q.stream.SetBufferedAmountLowThreshold(uint64(bytes / 2))
		if int(q.stream.BufferedAmount()) > bytes/2 {
			return true
		}
	}
}

// write hands a message to the engine. What needs no order goes on the same stream:
// the U flag of its chunks is all there is to it (RFC 9260 section 6.6), so that it
// costs no second stream. That the order of acknowledgement is then another only
// blurs how many messages are counted as waiting; their bytes are exact.
func (q *Queue) write(m transport.Message) error {
	if m.Unordered {
		q.stream.SetReliabilityParams(true, sctp.ReliabilityTypeReliable, 0)
		defer q.stream.SetReliabilityParams(false, sctp.ReliabilityTypeReliable, 0)
	}
	if _, err := q.stream.WriteSCTP(m.Data, sctp.PayloadProtocolIdentifier(m.PPID)); err != nil {
		return err
	}
	q.sizes = append(q.sizes, len(m.Data))
	q.sum += len(m.Data)
	return nil
}
