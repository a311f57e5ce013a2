package policy

import (
	"errors"

	"rserpool/registrar/wire"
)

// Member is an element with its place in a pool's circle. Whoever embeds it may
// change Element at any time, but not copy a Member that has joined.
type Member struct {
	Element    wire.PoolElement
	next, prev *Member
}

// Circle is the circular list of round robin (RFC 5356 section 4.1.2). The zero
// value is an empty one; every operation but Select takes constant time.
type Circle struct {
	head *Member
	size int
}

// Len is how many members have joined.
func (c *Circle) Len() int { return c.size }

// Join puts m behind all others: it is at the head after one whole turn.
func (c *Circle) Join(m *Member) {
	if c.head == nil {
		c.head, m.next, m.prev = m, m, m
	} else {
		m.next, m.prev = c.head, c.head.prev
		m.prev.next, m.next.prev = m, m
	}
	c.size++
}

// Leave takes m out, which must have joined. The head moves on where it was m.
func (c *Circle) Leave(m *Member) {
	switch {
	case c.size == 1:
		c.head = nil
	case c.head == m:
		c.head = m.next
	}
	m.prev.next, m.next.prev = m.next, m.prev
	m.next, m.prev = nil, nil
	c.size--
}

// Advance moves the head by one, as each handle resolution does.
func (c *Circle) Advance() {
	if c.head != nil {
		c.head = c.head.next
	}
}

// Select gives up to limit elements from the head on, none of them twice; 0 asks
// for all. It takes time in proportion to what it returns.
func (c *Circle) Select(limit int) []wire.PoolElement {
	if limit <= 0 || limit > c.size {
		limit = c.size
	}
	list := make([]wire.PoolElement, limit)
	for i, m := 0, c.head; i < limit; i, m = i+1, m.next {
		list[i] = m.Element
	}
	return list
}

// Joined reports whether m stands in a circle.
func (m *Member) Joined() bool { return m.next != nil }

// Verify checks that the links agree with each other and with the size.
func (c *Circle) Verify() error {
	if (c.head == nil) != (c.size == 0) {
		return errors.New("policy: circle has a head or a size, not both")
	}
	m := c.head
	for range c.size {
		if m.next == nil || m.next.prev != m {
			return errors.New("policy: circle is not linked both ways")
		}
		m = m.next
	}
	if m != c.head {
		return errors.New("policy: circle does not close after its size")
	}
	return nil
}
