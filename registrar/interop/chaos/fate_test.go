package main

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestFate(t *testing.T) {
	const packets = 20_000
	for _, c := range []struct {
		name                 string
		faults               faults
		lost, twice, astray  float64
		earliest, afterwards time.Duration
	}{
		{"a good network", faults{}, 0, 0, 0, 0, 0},
		{"a dead one", faults{Drop: 1}, 1, 0, 0, 0, 0},
		{"slow", faults{Delay: time.Second, Jitter: time.Second}, 0, 0, 0, time.Second, 2 * time.Second},
		{"lossy", faults{Drop: 0.2}, 0.2, 0, 0, 0, 0},
		{"with an echo", faults{Duplicate: 0.3}, 0, 0.3, 0, 0, 0},
		{"out of order", faults{Reorder: 0.25}, 0, 0, 0.25, 0, hold},
	} {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			var lost, twice, astray int
			for range packets {
				fate := c.faults.fate(rng)
				switch len(fate) {
				case 0:
					lost++
				case 2:
					twice++
				}
				for _, copied := range fate {
					if copied.after < c.earliest || copied.after > c.afterwards {
						t.Fatalf("a packet comes after %v, want %v to %v", copied.after, c.earliest, c.afterwards)
					}
					if !copied.inOrder {
						astray++
					}
				}
			}
			for _, share := range []struct {
				what string
				have int
				want float64
			}{{"lost", lost, c.lost}, {"doubled", twice, c.twice}, {"out of order", astray, c.astray}} {
				if have := float64(share.have) / packets; have < share.want-0.02 || have > share.want+0.02 {
					t.Errorf("%.3f are %s, want %.2f", have, share.what, share.want)
				}
			}
		})
	}
}

// TestOrder: however late packets are, only those overtake others that are meant to.
func TestOrder(t *testing.T) {
	var o order
	rng := rand.New(rand.NewPCG(3, 4))
	now, last, overtaken := time.Unix(0, 0), time.Unix(0, 0), false
	f := faults{Delay: time.Millisecond, Jitter: 50 * time.Millisecond, Reorder: 0.1}
	for range 10_000 {
		now = now.Add(time.Millisecond)
		c := f.fate(rng)[0]
		switch at := o.release(now, c); {
		case c.inOrder && at.Before(last):
			t.Fatalf("a packet overtakes another one by %v", last.Sub(at))
		case c.inOrder:
			last = at
		case at.After(last):
			overtaken = true
		}
	}
	if !overtaken {
		t.Error("no packet is ever overtaken")
	}
}

func TestCuts(t *testing.T) {
	c := make(cuts)
	a, b := []int{1, 2}, []int{3}
	c.split(a, b, false, 1)
	c.split([]int{1}, b, true, 1)
	if c[[2]int{1, 3}] != 2 || c[[2]int{3, 1}] != 1 || c[[2]int{2, 3}] != 1 || c[[2]int{1, 2}] != 0 {
		t.Errorf("cuts are %v", c)
	}
	c.split(a, b, false, -1)
	if c[[2]int{1, 3}] != 1 || c[[2]int{3, 1}] != 0 {
		t.Errorf("after one has ended, cuts are %v", c)
	}
}
