package dtls

import (
	"context"
	"fmt"

	"github.com/pion/sctp"

	"rserpool/registrar/transport"
)

// sendQueue bounds what the engine keeps until the peer has acknowledged it;
// the engine itself would keep anything.
type sendQueue struct {
	// turn is held by the one Send that looks for room.
	turn chan struct{}
	// room is signalled when the queue has shrunk to half.
	room   chan struct{}
	stream *sctp.Stream
	// sizes are those of the last messages sent, oldest first, and sum their
	// sum: as delivery is in order, what is not acknowledged is at the end.
	sizes []int
	sum   int
}

func (q *sendQueue) start(s *sctp.Stream) {
	q.turn, q.room, q.stream = make(chan struct{}, 1), make(chan struct{}, 1), s
	s.OnBufferedAmountLow(func() {
		select {
		case q.room <- struct{}{}:
		default:
		}
	})
}

// full reports whether a Send must wait, and if so arranges for the signal.
func (q *sendQueue) full() bool {
	for {
		bytes := int(q.stream.BufferedAmount())
		for len(q.sizes) > 0 && q.sum-q.sizes[0] >= bytes {
			q.sum -= q.sizes[0]
			q.sizes = q.sizes[1:]
		}
		if bytes < sendLimit && len(q.sizes) < sendMessages {
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
func (q *sendQueue) write(m transport.Message) error {
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

// Send is Association.Send.
func (a *association) Send(ctx context.Context, m transport.Message) error {
	if err := m.Validate(); err != nil {
		return err
	}
	if err := a.unsendable(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case a.queue.turn <- struct{}{}:
	case <-a.done:
		return a.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-a.queue.turn }()
	for a.queue.full() {
		select {
		case <-a.queue.room:
		case <-a.done:
			return a.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := a.queue.write(m)
	if err == nil {
		a.pulse.hurry(a)
		return nil
	}
	if ended := a.unsendable(); ended != nil {
		return ended
	}
	return fmt.Errorf("transport: send: %w", err)
}

// unsendable says why nothing can be sent any more.
func (a *association) unsendable() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return a.err
	}
	return a.closing
}
