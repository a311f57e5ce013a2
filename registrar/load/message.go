package load

import (
	"bytes"
	"context"

	"rserpool/registrar/transport"
)

// send sends a message. Over an association that hands on what it reads by itself, it
// waits for room in another goroutine, for the caller may be who makes room; broken
// hears of an error then.
func send(a transport.Association, data []byte, broken func(error)) error {
	m := transport.Message{PPID: transport.PPIDASAP, Data: data}
	d, ok := a.(transport.Direct)
	if !ok {
		return a.Send(context.Background(), m)
	}
	if d.TrySend(m) {
		return nil
	}
	m.Data = bytes.Clone(data)
	go func() {
		if err := a.Send(context.Background(), m); err != nil {
			broken(err)
		}
	}()
	return nil
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
