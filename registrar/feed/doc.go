// Package feed is the language in which a registrar tells a dashboard, a
// browser or a command what it holds: frames of ENRP messages, decoded by the
// codec that registrars use among themselves, plus private messages of the same
// format for what ENRP has no message for.
//
// A frame is a run of messages, each padded to 4 bytes. The first frame starts
// with Hello and brings the snapshot (LIST_RESPONSE, HANDLE_TABLE_RESPONSEs,
// private states), and between its frames what has changed meanwhile of what they
// brought; later frames bring HANDLE_UPDATEs, PRESENCEs and private messages. A frame
// after which the state is not complete ends with the zero Sequence. Every frame ends with Sequence, which its receiver sends back as
// Applied: the sender's credit. By Want it asks for the ASAP and ENRP messages on
// the wire, which come as Captured. The private types (0xf0 and up) are accepted
// from no SCTP association.
//
// In a feed, a PRESENCE from X carries the checksum that the registrar itself
// computes over the elements whose home X is; what X told is in PeerState.
//
// Start with message.go; package replica applies what is read here.
package feed
