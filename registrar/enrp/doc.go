// Package enrp encodes and decodes the messages of the Endpoint Handlespace
// Redundancy Protocol, RFC 5353, one file each, on top of package wire, and
// computes the PE checksum by which registrars compare their handlespaces.
//
// It knows nothing of the procedures, which are in package registrar. Start
// with message.go, then presence.go and checksum.go; decoder.go reads without
// allocating.
package enrp
