package mixed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rserpool/registrar/transport"
)

// headStart is what the first transport has before the second is tried too: the
// Connection Attempt Delay of RFC 8305 section 5.
const headStart = 250 * time.Millisecond

// Dial is Listener.Dial. An address with a UDP port is the second transport's, and
// for any other the first one to answer has it.
func (l *listener) Dial(ctx context.Context, to transport.Address) (transport.Association, error) {
	switch {
	case l.split:
		return l.first.Dial(ctx, to)
	case to.UDPPort != 0:
		return l.second.Dial(ctx, to)
	}
	return l.race(ctx, to)
}

// attempt is how a dial, or an Accept, of one of the transports ended.
type attempt struct {
	association transport.Association
	err         error
}

// race dials over both, the second when the first has failed or had its head start.
// An association that the peer has opened meanwhile ends it: there is one already.
func (l *listener) race(ctx context.Context, to transport.Address) (transport.Association, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan attempt, 2)
	running := 0
	start := func(over transport.Listener) {
		running++
		go func() {
			a, err := over.Dial(ctx, to)
			results <- attempt{a, err}
		}()
	}
	start(l.first)
	late := time.NewTimer(headStart)
	defer late.Stop()
	var failed []error
	for second := l.second; running > 0; {
		select {
		case result := <-results:
			running--
			if result.err == nil || errors.Is(result.err, transport.ErrExists) {
				cancel()
				for range running {
					abandon(<-results)
				}
				return result.association, result.err
			}
			failed = append(failed, result.err)
		case <-late.C:
		}
		if second != nil {
			start(second)
			second = nil
		}
	}
	return nil, fmt.Errorf("%w; %w", failed[0], failed[1])
}

// abandon ends what came of a dial that was not the fastest.
func abandon(late attempt) {
	if late.association != nil {
		late.association.Abort("another way was faster")
	}
}
