// Package tcp carries ASAP messages over TCP, or over TLS, for pool users (RFC 5352
// sections 2.1 and 9.2): pool elements and registrars need SCTP.
//
// It knows how messages follow one another in a stream, by the Message Length in
// their header, and what TCP leaves to its users: time limits, bounded queues, and
// an end that both sides agree on. With TLS it knows when a certificate is good, and
// not what its holder may do. It refuses to know anything else of a message.
//
// What a TCP connection cannot do, an association of this package cannot either:
//
//   - its payload protocol identifier is always that of ASAP, its stream always 0;
//   - a dial leaves from a free port, so there may be many between two listeners;
//   - a listener above its limits takes a connection before it resets it: the dial
//     succeeds and the association ends with transport.ErrAborted;
//   - a peer that reads nothing for as long as a silent one may live is lost (Linux);
//   - Abort resets the connection, which has no room for the reason.
//
// With TLS the handshake is done before Accept, in time and in bounded number. Only
// the peer ends TLS: an association whose connection just ends is aborted, even
// between two messages. A caller's certificate may be refused when its dial has
// succeeded already: then the association ends with transport.ErrAborted.
//
// Open frame.go first (the stream), then association.go and ending.go; for TLS
// secure.go, then verify.go (who is there) and socket.go (how it ends).
package tcp
