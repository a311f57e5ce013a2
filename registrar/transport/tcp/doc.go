// Package tcp carries ASAP messages over TCP, for pool users (RFC 5352 section
// 2.1): pool elements and registrars need SCTP.
//
// It knows how messages follow one another in a stream, by the Message Length in
// their header, and what TCP leaves to its users: time limits, bounded queues, and
// an end that both sides agree on. It refuses to know anything else of a message.
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
// Open frame.go first (the stream), then association.go and ending.go.
package tcp
