// Package kernel is the SCTP of the operating system: multi-homed, and the only
// backend on whose paths no user-space program stands. It needs a Linux kernel with
// the sctp module.
//
// It knows sockets, what the kernel tells of an association, and the options that
// make it notice a lost peer in time. It refuses to know ASAP, ENRP and
// encapsulation in UDP beyond dialling a peer that uses it.
package kernel
