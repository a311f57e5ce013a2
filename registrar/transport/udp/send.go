package udp

import (
	"context"

	"rserpool/registrar/transport"
)

// Send is Association.Send.
func (a *association) Send(ctx context.Context, m transport.Message) error {
	err := a.queue.Send(ctx, m, a.done, a.unsendable)
	if err == nil {
		a.pulse.hurry(a)
	}
	return err
}

// TrySend is Prompt.TrySend.
func (a *association) TrySend(m transport.Message) bool {
	if !a.queue.TrySend(m, a.unsendable) {
		return false
	}
	a.pulse.hurry(a)
	return true
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
