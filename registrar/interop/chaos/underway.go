//go:build linux

package main

import (
	"container/heap"
	"time"
)

// packet is one that is under way.
type packet struct {
	at     time.Time
	number uint64 // of two with the same time, who came first
	to     *host
	data   []byte
}

// underway are the packets under way, a heap by the time at which they arrive.
type underway struct {
	packets []packet
	number  uint64
}

func (u *underway) Len() int { return len(u.packets) }
func (u *underway) Less(i, j int) bool {
	a, b := u.packets[i], u.packets[j]
	return a.at.Before(b.at) || a.at.Equal(b.at) && a.number < b.number
}
func (u *underway) Swap(i, j int) { u.packets[i], u.packets[j] = u.packets[j], u.packets[i] }
func (u *underway) Push(p any)    { u.packets = append(u.packets, p.(packet)) }
func (u *underway) Pop() any {
	last := len(u.packets) - 1
	p := u.packets[last]
	u.packets[last] = packet{}
	u.packets = u.packets[:last]
	return p
}

// deliver is the goroutine that hands packets to their hosts when it is time.
func (n *network) deliver() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		due, next := n.due(time.Now())
		for _, p := range due {
			p.to.tun.Write(p.data) //nolint:errcheck // a packet that a host cannot take is lost
		}
		timer.Reset(next)
		select {
		case <-n.done:
			return
		case <-n.wake:
		case <-timer.C:
		}
	}
}

// due takes the packets out that arrive by now, and says when the next one does.
func (n *network) due(now time.Time) (due []packet, next time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for len(n.way.packets) > 0 {
		if wait := n.way.packets[0].at.Sub(now); wait > 0 {
			return due, wait
		}
		due = append(due, heap.Pop(&n.way).(packet))
	}
	return due, time.Hour
}
