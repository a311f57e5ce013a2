// Package handlespace holds pools and their elements: who is in which pool, at
// which home server, until when, and whose turn is next.
//
// It knows no message, association or peer, and reads no clock: the times in it
// are its caller's. An operation takes at most logarithmic time, and time in
// proportion to what it returns; the PE checksums (RFC 5353 section 3.6.2) are
// kept up to date by every change. The same calls give the same answers, by chance
// too: its source is handed in.
//
// An element is a number from 1 on, and what belongs to it lies under that number
// in pages that hold no pointers. So a million elements are a few milliseconds of
// work for the garbage collector, and in the steady state nothing is allocated.
// One with an IPv4 address in its user and its ASAP transport takes about 150 bytes:
//
//	record            40  identifier, pool, home, life, expiry, reports
//	blob              32  both transports as on the wire; 16 bytes each for IPv4,
//	                      28 for IPv6, in places of 16, 32, 48, ... bytes
//	policy values     12  weight, load and the like, and a counter
//	links             16  8 in its queue of expiry, 8 in that of its policy
//	tree of elements  15  by pool and identifier: finds it, walks the handle table
//	tree of its home  15  the same order: walks what one registrar owns
//	tree of expiry    15  less where several expire in the same nanosecond
//	policy             0  round robin; 4 to 8 in an urn, 15 under a load of its own,
//	                      about 90 under a weighted-round-robin weight of its own
//
// A pool takes 0.4 KB beside its elements, and 0.5 KB for a tree where its policy
// ranks them. `make bench` measures both.
//
// Start with handlespace.go and element.go; table.go has everything that walks,
// expiry.go what is due, home.go what belongs to one home server, resolve.go what
// users are told.
package handlespace
