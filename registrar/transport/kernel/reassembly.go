//go:build linux && !386

package kernel

import (
	"slices"
	"sync"

	"rserpool/registrar/transport"
)

// reassembly puts the pieces of one message together. The kernel does not let
// another come between them.
type reassembly struct {
	// parts is one of whole, nil while no part waits for the rest.
	parts *[]byte
}

// whole are buffers for the longest message, so that those that come in pieces are
// not copied each time one more piece has come.
var whole = sync.Pool{New: func() any {
	b := make([]byte, 0, transport.MaxMessage)
	return &b
}}

// add takes the next piece. complete says that m is a message; ok is false when the
// message is longer than any may be.
func (r *reassembly) add(p piece) (m transport.Message, complete, ok bool) {
	if r.parts == nil && p.last {
		return transport.Message{PPID: p.ppid, Stream: p.stream, Data: slices.Clone(p.data)}, true, true
	}
	if r.parts == nil {
		r.parts = whole.Get().(*[]byte)
	}
	if len(*r.parts)+len(p.data) > transport.MaxMessage {
		r.drop()
		return m, false, false
	}
	*r.parts = append(*r.parts, p.data...)
	if !p.last {
		return m, false, true
	}
	m = transport.Message{PPID: p.ppid, Stream: p.stream, Data: slices.Clone(*r.parts)}
	r.drop()
	return m, true, true
}

// notices tells the beginnings of notifications from the rest of those that are
// longer than one piece. All that matters is in the beginning.
type notices struct{ within bool }

func (n *notices) begins(p piece) bool {
	begins := !n.within
	n.within = !p.last
	return begins
}

// drop forgets a message of which the rest will not come.
func (r *reassembly) drop() {
	if r.parts != nil {
		*r.parts = (*r.parts)[:0]
		whole.Put(r.parts)
		r.parts = nil
	}
}
