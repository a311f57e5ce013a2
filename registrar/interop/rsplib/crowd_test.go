package rsplib

import (
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// crowdLife is the registration life of a crowd's elements, in RSPLIB's milliseconds.
const crowdLife = wire.RegistrationLife(time.Hour / time.Millisecond)

// crowd is elements of the test's own at one registrar, over one association, each
// with its keep-alives answered.
type crowd struct {
	*host
	talk     *talk
	asked    int32        // registrations and deregistrations
	answered atomic.Int32 // of them
	refused  atomic.Int32
	ended    chan struct{}
}

// crowd makes an empty one, which is there until the end of the test.
func (h *host) crowd(m *member) *crowd {
	h.Helper()
	t, err := h.talk(m.host)
	if err != nil {
		h.Fatal(err)
	}
	c := &crowd{host: h, talk: t, ended: make(chan struct{})}
	go c.listen()
	h.Cleanup(func() {
		t.conn.Close()
		<-c.ended
	})
	return c
}

// listen takes what the registrar says.
func (c *crowd) listen() {
	defer close(c.ended)
	for {
		message, err := c.talk.receive()
		switch m := message.(type) {
		case asap.RegistrationResponse:
			if m.Reject {
				c.refused.Add(1)
			}
			c.answered.Add(1)
		case asap.DeregistrationResponse:
			c.answered.Add(1)
		case asap.EndpointKeepAlive:
			err = c.talk.send(asap.EndpointKeepAliveAck{Handle: m.Handle, ID: m.ID})
		}
		if err != nil && !errors.Is(err, unix.EAGAIN) {
			return
		}
	}
}

// register registers elements of a pool without waiting for the answers.
func (c *crowd) register(pool string, p wire.Policy, ids ...uint32) {
	c.Helper()
	for _, id := range ids {
		c.ask(asap.Registration{Handle: wire.PoolHandle(pool), Element: wire.PoolElement{
			ID: wire.PEIdentifier(id), Life: crowdLife, Policy: p,
			UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 7000, Use: wire.DataAndControl, Addresses: c.addrs[:1]},
		}})
	}
}

// deregister is the opposite.
func (c *crowd) deregister(pool string, ids ...uint32) {
	c.Helper()
	for _, id := range ids {
		c.ask(asap.Deregistration{Handle: wire.PoolHandle(pool), ID: wire.PEIdentifier(id)})
	}
}

func (c *crowd) ask(m asap.Message) {
	c.Helper()
	c.asked++
	if err := c.talk.send(m); err != nil {
		c.Fatalf("crowd: %v", err)
	}
}

// settle returns when all is answered.
func (c *crowd) settle() {
	c.Helper()
	c.await("answers to a crowd", func() bool { return c.answered.Load() == c.asked })
	if n := c.refused.Load(); n > 0 {
		c.Fatalf("%d elements of a crowd are refused", n)
	}
}

// from gives n identifiers.
func from(first uint32, n int) []uint32 {
	ids := make([]uint32, n)
	for i := range ids {
		ids[i] = first + uint32(i)
	}
	return ids
}
