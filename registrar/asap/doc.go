// Package asap encodes and decodes the messages of the Aggregate Server Access
// Protocol, RFC 5352, one file each, on top of package wire.
//
// It knows what the bytes mean and nothing of the procedures: those are in
// package registrar (the ENRP server's side) and package endpoint (pool
// elements and users). Start with message.go, then registration.go;
// decoder.go reads without allocating.
package asap
