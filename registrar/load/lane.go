package load

import (
	"fmt"
	"sync"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// answer names the message that answers a request.
type answer struct {
	kind   asap.MessageType
	handle wire.PoolHandle
	id     wire.PEIdentifier // 0 in resolutions
}

// request is one that waits for its answer.
type request struct {
	answer
	at time.Time
}

// source gives the next request of a lane and what answers it, false when there is
// none any more. It is asked by one goroutine at a time.
type source func() (asap.Message, answer, bool)

// lane is one association with what is asked over it.
type lane struct {
	listener    transport.Listener
	association transport.Association
	// elements are those registered over it, by pool.
	elements map[wire.PoolHandle][]wire.PEIdentifier

	mu       sync.Mutex
	recorder *recorder
	next     source
	// paced: requests begin when they are due, not with the answer to another.
	paced   bool
	waiting []request
	done    chan struct{} // closed when nothing waits and nothing is to come; nil between phases
	ended   error
	buf     []byte
	decoder asap.Decoder
	sender  sender
	// asked are the pools whose elements are to acknowledge keep-alives soon.
	asked map[wire.PoolHandle]bool
}

// begin lets the lane ask until next has no more. The channel is closed when all is
// answered, or the association has ended.
func (l *lane) begin(r *recorder, next source, depth int) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	done := make(chan struct{})
	l.recorder, l.next, l.paced, l.done = r, next, depth == 0, done
	now := time.Now()
	for range depth {
		l.ask(now)
	}
	l.settle()
	return done
}

// due sends one request that was to begin at a moment; its latency counts from then.
func (l *lane) due(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ask(at)
}

// last says that nothing more is to be asked in this phase.
func (l *lane) last() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = nil
	l.settle()
}

// finish ends a phase and counts what was not answered.
func (l *lane) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = nil
	l.lose("no answer")
}

// ask sends the next request, with mu held.
func (l *lane) ask(now time.Time) {
	if l.next == nil || l.ended != nil {
		return
	}
	m, by, ok := l.next()
	if !ok {
		l.next = nil
		return
	}
	l.waiting = append(l.waiting, request{by, now})
	l.send(m)
}

// send sends m, with mu held.
func (l *lane) send(m asap.Message) {
	data, err := asap.Append(l.buf[:0], m)
	if err != nil {
		l.fail(fmt.Errorf("encode a %v: %w", m.Type(), err))
		return
	}
	l.buf = data
	if err := l.sender.send(data); err != nil {
		l.fail(err)
	}
}

// broke is fail without mu held.
func (l *lane) broke(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail(err)
}

// fail is the end of the association.
func (l *lane) fail(err error) {
	if l.ended == nil {
		l.ended = err
	}
	l.next = nil
	l.lose(err.Error())
}

// lose counts all that waits as failed.
func (l *lane) lose(why string) {
	if l.recorder != nil {
		l.recorder.failed(why, len(l.waiting))
	}
	l.waiting = l.waiting[:0]
	l.settle()
}

// settle closes done when the phase is over for this lane.
func (l *lane) settle() {
	if l.done != nil && l.next == nil && len(l.waiting) == 0 {
		close(l.done)
		l.done = nil
	}
}

// Take implements transport.Tap.
func (l *lane) Take(messages []transport.Message) (more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range messages {
		l.take(m.Data)
	}
	return true
}

// End implements transport.Tap.
func (l *lane) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail(l.association.Err())
}

// take handles one message, with mu held.
func (l *lane) take(data []byte) {
	d, err := l.decoder.Decode(data)
	if err != nil {
		l.recorder.failed("answer cannot be read: "+err.Error(), 1)
		return
	}
	switch m := d.Message.(type) {
	case *asap.HandleResolutionResponse:
		l.recorder.found(len(m.Elements))
		l.answered(answer{m.Type(), m.Handle, 0}, m.Causes)
	case *asap.RegistrationResponse:
		causes := m.Causes
		if !m.Reject {
			causes = nil // a warning
		}
		l.answered(answer{m.Type(), m.Handle, m.ID}, causes)
	case *asap.DeregistrationResponse:
		l.answered(answer{m.Type(), m.Handle, m.ID}, m.Causes)
	case *asap.EndpointKeepAlive:
		l.keepAlive(m)
	default:
		l.recorder.failed("unexpected "+asap.MessageType(d.Header.Type).String(), 1)
	}
}

// answered ends the wait of a request and begins the next.
func (l *lane) answered(by answer, causes []wire.Cause) {
	at := 0
	for at < len(l.waiting) && l.waiting[at].answer != by {
		at++
	}
	if at == len(l.waiting) {
		l.recorder.failed("unexpected "+by.kind.String(), 1)
		return
	}
	now := time.Now()
	if len(causes) == 0 {
		l.recorder.answered(now.Sub(l.waiting[at].at))
	} else {
		l.recorder.failed(fmt.Sprintf("refused: %v", causes[0].Code), 1)
	}
	l.waiting = append(l.waiting[:at], l.waiting[at+1:]...)
	if !l.paced {
		l.ask(now)
	}
	l.settle()
}
