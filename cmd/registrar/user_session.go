package main

import (
	"cmp"
	"errors"
	"io"
	"sync"

	"github.com/spf13/cobra"

	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
)

// readSize is the most that is read from an element at once: a whole message of
// SCTP.
const readSize = 64 << 10

// talk is a session with a pool, and what is told of it.
type talk struct {
	*userOptions
	*teller
	session *client.Session
	// received gets what the element sent; it belongs to the goroutine of receive.
	received func([]byte)
	// ended gets why receive ended; io.EOF is by the element.
	ended chan error

	mu        sync.Mutex
	failovers int
	requests
}

// errInterrupted is the end that a signal asked for.
var errInterrupted = fail(exitInterrupted, errors.New("interrupted"))

func runUser(cmd *cobra.Command, o *userOptions) (err error) {
	c, _, err := o.open(cmd, client.Config{})
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, closeClient(cmd, c)) }()
	t := &talk{
		userOptions: o, teller: newTeller(cmd),
		requests: requests{answered: make(chan struct{}, 1)},
		ended:    make(chan error, 1),
	}
	t.received = func(b []byte) {
		t.print(b)
		t.answer(b)
	}
	ctx := cmd.Context()
	if t.session, err = c.Dial(ctx, o.handle, client.OnFailover(t.failedOver)); err != nil {
		if ctx.Err() != nil {
			return errInterrupted
		}
		err = asapError("cannot open a session with pool "+handleText(o.handle), err)
		t.failed(err)
		return err
	}
	t.connected(t.session.Element(), t.session.RemoteAddr())
	defer t.session.Close()
	if o.send != "" {
		err = t.sendRequests(ctx)
	} else {
		err = t.pipe(ctx, cmd.InOrStdin())
	}
	if err != nil && !errors.Is(err, errInterrupted) {
		t.failed(err)
	}
	return err
}

// receive reads until the session ends.
func (t *talk) receive() {
	buffer := make([]byte, readSize)
	for {
		n, err := t.session.Read(buffer)
		if n > 0 {
			t.received(buffer[:n])
		}
		if err != nil {
			t.ended <- err
			return
		}
	}
}

// failedOver says that there is another element, and sends it what the one before
// has not answered.
func (t *talk) failedOver(f client.Failover) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failovers++
	t.movedOver(f, t.repeat(f.Conn))
}

// broken is the error of a session that ended before it should.
func (t *talk) broken(err error) error {
	if errors.Is(err, io.EOF) {
		err = endpoint.ErrEnded
	}
	return asapError("the session with pool "+handleText(t.handle)+" ended", err)
}
