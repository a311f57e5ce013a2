// Package wire is the part of RSerPool's encoding that ASAP and ENRP share:
// the message header, the parameters and error causes of RFC 5354 and the
// policy parameters of RFC 5356.
//
// It knows bytes and nothing else: no procedure, no clock, no socket. Reading
// never panics, allocates in proportion to its input and never to what a
// length field claims; what it cannot use it classifies (see [Class]) together
// with the error cause that the sender should hear.
//
// Start with pool_element.go, then reader.go (how parameters are read and what
// the two action bits of an unknown one do) and writer.go (who counts padding).
// For speed, plain.go reads the usual layout of an element at once, and memory.go
// lets a reader use its memory again.
package wire
