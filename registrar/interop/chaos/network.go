//go:build linux

package main

import (
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"sync"
	"time"
)

// network is a switch between hosts: it reads the packets that each sends from the
// host's TUN device, and writes them to another one's, or does not.
type network struct {
	seed  uint64
	wake  chan struct{} // has room for one
	done  chan struct{}
	tasks sync.WaitGroup

	mu     sync.Mutex
	hosts  map[netip.Addr]*host
	now    faults
	cuts   cuts
	pairs  map[[2]int]*pair
	way    underway
	passed traffic
}

// pair is what is kept for one direction between two hosts.
type pair struct {
	order
	rng *rand.Rand
}

// traffic counts packets.
type traffic struct{ Passed, Dropped, Cut, Duplicated, Reordered int }

// maxUnderway bounds the packets under way: whoever sends more loses them, as on any
// network.
const maxUnderway = 1 << 16

func newNetwork(seed uint64, now faults) *network {
	n := &network{
		seed: seed, now: now, wake: make(chan struct{}, 1), done: make(chan struct{}),
		hosts: make(map[netip.Addr]*host), cuts: make(cuts), pairs: make(map[[2]int]*pair),
	}
	n.tasks.Go(n.deliver)
	return n
}

// address is that of a host by its number.
func address(number int) netip.Addr { return netip.AddrFrom4([4]byte{10, 77, 0, byte(number)}) }

// join makes a host of the network.
func (n *network) join(number int) (*host, error) {
	h, err := newHost(number)
	if err != nil {
		return nil, fmt.Errorf("host %d: %w", number, err)
	}
	n.mu.Lock()
	n.hosts[h.addr] = h
	n.mu.Unlock()
	n.tasks.Go(func() { n.read(h) })
	return h, nil
}

// close ends the network and its hosts; their programs must have ended.
func (n *network) close() {
	n.mu.Lock()
	for _, h := range n.hosts {
		h.close()
	}
	n.mu.Unlock()
	close(n.done)
	n.tasks.Wait()
}

// change alters the faults.
func (n *network) change(do func(*network)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	do(n)
}

// traffic is what has passed so far.
func (n *network) traffic() traffic {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.passed
}

// read takes what a host sends until its device is closed.
func (n *network) read(h *host) {
	buffer := make([]byte, 1<<16)
	for {
		size, err := h.tun.Read(buffer)
		if err != nil {
			if !errors.Is(err, os.ErrClosed) {
				fmt.Fprintln(os.Stderr, "chaos: read from the network:", err)
			}
			return
		}
		if to, ok := destination(buffer[:size]); ok {
			n.take(h, to, buffer[:size])
		}
	}
}

// destination of an IPv4 packet.
func destination(p []byte) (netip.Addr, bool) {
	if len(p) < 20 || p[0]>>4 != 4 || int(binary.BigEndian.Uint16(p[2:])) != len(p) {
		return netip.Addr{}, false
	}
	return netip.AddrFrom4([4]byte(p[16:20])), true
}

// take decides on a packet.
func (n *network) take(from *host, dst netip.Addr, p []byte) {
	now := time.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	to, ok := n.hosts[dst]
	if !ok {
		return
	}
	if n.cuts[[2]int{from.number, to.number}] > 0 {
		n.passed.Cut++
		return
	}
	way := n.pair(from.number, to.number)
	fate := n.now.fate(way.rng)
	if len(fate) == 0 || n.way.Len() >= maxUnderway {
		n.passed.Dropped++
		return
	}
	n.passed.Passed++
	n.passed.Duplicated += len(fate) - 1
	own := append([]byte(nil), p...)
	for _, c := range fate {
		if !c.inOrder {
			n.passed.Reordered++
		}
		n.way.number++
		heap.Push(&n.way, packet{at: way.release(now, c), number: n.way.number, to: to, data: own})
	}
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// pair is called with mu held.
func (n *network) pair(from, to int) *pair {
	p := n.pairs[[2]int{from, to}]
	if p == nil {
		p = &pair{rng: rand.New(rand.NewPCG(n.seed, uint64(from)<<32|uint64(to)))}
		n.pairs[[2]int{from, to}] = p
	}
	return p
}
