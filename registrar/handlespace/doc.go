// Package handlespace holds pools and their elements: who is in which pool, at
// which home server, until when, and whose turn is next.
//
// It knows no message, association or peer, and reads no clock: the times in it
// are its caller's. An operation takes at most logarithmic time, and time in
// proportion to what it returns; the PE checksums (RFC 5353 section 3.6.2) are
// kept up to date by every change. All orders are those of the keys (handle
// bytes, then PE identifier), of expiry or of the pool's policy: the same calls
// give the same answers.
//
// Start with handlespace.go; table.go has everything that walks, expiry.go what
// is due, home.go what belongs to one home server.
package handlespace
