//go:build linux && !386

package kernel

import (
	"slices"

	"rserpool/registrar/transport"
)

// reassembly puts the pieces of one message together. The kernel does not let
// another come between them.
type reassembly struct {
	parts []byte
}

// add takes the next piece. whole says that m is a message; ok is false when the
// message is longer than any may be.
func (r *reassembly) add(p piece) (m transport.Message, whole, ok bool) {
	if len(r.parts)+len(p.data) > transport.MaxMessage {
		r.parts = nil
		return m, false, false
	}
	switch {
	case !p.last:
		r.parts = append(r.parts, p.data...)
		return m, false, true
	case r.parts == nil:
		m.Data = slices.Clone(p.data)
	default:
		m.Data = append(r.parts, p.data...)
		r.parts = nil
	}
	m.PPID, m.Stream = p.ppid, p.stream
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
func (r *reassembly) drop() { r.parts = nil }
