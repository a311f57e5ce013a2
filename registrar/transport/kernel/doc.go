// Package kernel is the SCTP of the operating system: multi-homed, and without a
// program of ours between a peer and the association. It needs a Linux kernel with
// the sctp module; elsewhere it compiles, and Listen says what is missing.
//
// It knows sockets, what the kernel tells of an association, and the options with
// which the kernel finds a lost peer in time. It refuses to know ASAP, ENRP, and how
// the kernel does it.
//
// Open seam.go first: what the rest needs of the kernel. A listener is one
// one-to-many socket (endpoint.go), from which each association is peeled off into a
// socket of its own (socket.go). One goroutine of the process waits for all sockets and
// reads them in rounds (poller.go, pump.go), association by association (reading.go);
// marks.go tells how long what arrives waits for that. tuning.go is
// about time; sockopt.go, batch.go, send.go and notification.go are how the kernel
// wants it written.
package kernel
