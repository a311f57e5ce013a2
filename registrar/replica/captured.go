package replica

import "rserpool/registrar/feed"

const (
	// maxCaptured and maxCapturedBytes bound the captured messages that are kept.
	maxCaptured      = 1000
	maxCapturedBytes = 4 << 20
)

// Message is a captured message, and what whoever shows it has made of it: a
// message does not change, so that need not be made again.
type Message struct {
	feed.Captured
	Memo any
}

// captured are the latest captured messages, the oldest first.
type captured struct {
	list   []*Message
	bytes  int
	missed uint64
}

func (c *captured) add(m feed.Captured) {
	if last := c.last(); last > 0 {
		if m.Number <= last {
			return // it came before
		}
		c.missed += m.Number - last - 1
	}
	c.list = append(c.list, &Message{Captured: m})
	c.bytes += len(m.Data)
	drop := 0
	for len(c.list)-drop > maxCaptured || c.bytes > maxCapturedBytes {
		c.bytes -= len(c.list[drop].Data)
		c.list[drop] = nil
		drop++
	}
	c.list = c.list[drop:]
}

func (c *captured) last() uint64 {
	if len(c.list) == 0 {
		return 0
	}
	return c.list[len(c.list)-1].Number
}

// Captured gives the latest captured messages, the oldest first. They are the
// replica's: only Memo may be changed.
func (r *Replica) Captured() []*Message { return r.captured.list }

// LastCaptured is the number of the newest of them, 0 where there is none.
func (r *Replica) LastCaptured() uint64 { return r.captured.last() }

// Missed counts the messages that were captured but did not come here, since the
// first that did.
func (r *Replica) Missed() uint64 { return r.captured.missed }
