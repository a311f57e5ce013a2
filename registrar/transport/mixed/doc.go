// Package mixed makes one SCTP endpoint of two transports: a registrar that is
// reached by the kernel's SCTP and in UDP at once, or by DTLS and, for plain pool
// users, without.
//
// It knows which transport serves and dials what. It refuses to know what its
// transports do, and passes the contract suite only where one of them is used:
// two ways to one peer may well carry two associations.
//
// Open transport.go first, then dial.go.
package mixed
