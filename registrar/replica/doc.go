// Package replica is a read-only copy of what a registrar holds, kept in step by
// the messages of package feed: pools and elements, peers, checksums and events.
// The page, the commands and the web server read the same one.
//
// It knows no socket, no clock and no procedure of RFC 5353: it believes its
// registrar in everything but the checksums, which it adds up itself, so that
// a reader can tell a copy that has gone astray.
//
// Start with replica.go; snapshot.go makes the frames from which another
// replica starts, digest.go the fingerprint that two registrars compare.
package replica
