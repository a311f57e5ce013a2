//go:build linux

package main

import (
	"errors"
	"net"
	"testing"
	"time"
)

// TestNetwork sends datagrams from one host to another: none is lost but by a fault.
func TestNetwork(t *testing.T) {
	n := newNetwork(1, faults{})
	defer n.close()
	a, err := n.join(1)
	if errors.Is(err, errPrivileges) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := n.join(2)
	if err != nil {
		t.Fatal(err)
	}
	var to net.PacketConn
	var from net.Conn
	err = errors.Join(b.inside(func() (err error) {
		to, err = net.ListenPacket("udp", b.addr.String()+":7")
		return err
	}), a.inside(func() (err error) {
		from, err = net.Dial("udp", b.addr.String()+":7")
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	defer from.Close()
	come := make(chan byte, 10)
	go func() {
		for {
			buffer := make([]byte, 10)
			if _, _, err := to.ReadFrom(buffer); err != nil {
				close(come)
				return
			}
			come <- buffer[0]
		}
	}()
	send := func(number byte, want int) {
		t.Helper()
		if _, err := from.Write([]byte{number}); err != nil {
			t.Fatal(err)
		}
		for range want {
			select {
			case have := <-come:
				if have != number {
					t.Fatalf("datagram %d comes, want %d", have, number)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("datagram %d does not come", number)
			}
		}
	}
	send(1, 1)
	n.change(func(n *network) { n.now.Drop = 1 })
	send(2, 0)
	for n.traffic().Dropped == 0 {
		time.Sleep(time.Millisecond)
	}
	n.change(func(n *network) { n.now = faults{Duplicate: 1} })
	send(3, 2)
	n.change(func(n *network) { n.now, n.cuts[[2]int{1, 2}] = faults{}, 1 })
	send(4, 0)
	for n.traffic().Cut == 0 {
		time.Sleep(time.Millisecond)
	}
	n.change(func(n *network) { n.cuts[[2]int{1, 2}]-- })
	send(5, 1)
}
