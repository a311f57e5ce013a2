// Package engine is what the backends in user space ask of their SCTP engine,
// pion/sctp, in the same way, and bounds what it would not.
//
// It knows the engine's streams. It refuses to know how packets travel, who the peer
// is, and why an association ended: packages udp and dtls do.
package engine
