package main

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"

	"rserpool/registrar/client"
	"rserpool/registrar/wire"
)

// maxDatagram is the most that UDP carries.
const maxDatagram = 65507

// datagrams answers datagrams on one socket. Use newDatagrams.
type datagrams struct {
	socket  *net.UDPConn
	answer  func([]byte, wire.PEIdentifier) []byte
	id      atomic.Uint32
	running sync.WaitGroup
}

func newDatagrams(socket *net.UDPConn, answer func([]byte, wire.PEIdentifier) []byte) *datagrams {
	d := &datagrams{socket: socket, answer: answer}
	d.running.Go(d.serve)
	return d
}

// serve answers until close. Errors of one datagram, such as that nobody listens
// any more where the last answer went, are none of the socket.
func (d *datagrams) serve() {
	buffer := make([]byte, maxDatagram)
	for {
		n, from, err := d.socket.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		if reply := d.answer(buffer[:n], wire.PEIdentifier(d.id.Load())); reply != nil {
			d.socket.WriteToUDPAddrPort(reply, from) //nolint:errcheck // UDP promises nothing either
		}
	}
}

func (d *datagrams) offer(e *client.Element) { e.PacketConn = d.socket }

func (d *datagrams) named(id wire.PEIdentifier) { d.id.Store(uint32(id)) }

// ended: it serves until it is closed.
func (d *datagrams) ended() <-chan error { return nil }

func (d *datagrams) close() {
	d.socket.Close()
	d.running.Wait()
}
